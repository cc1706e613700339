import { describe, expect, it } from 'vitest';
import { restore } from '../../../lambdas/restore/restore.ts';
import { RestoreIncompleteError } from '../../../lambdas/shared/errors.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const entry = { incidentId: 'inc-1', action: 'revoke-security-groups', cohortId: 'c1' };

describe('restore', () => {
  it.each(['kept', 'refused', 'drifted', 'failed'])(
    'ends red, recorded and published, when an entry is %s',
    async (status) => {
      const published: unknown[] = [];
      const { audit } = new FakeTable();
      const step = { step: 'close-restore', request: {}, failure: null, executionId: 'restore-1' } as const;

      const closing = restore(
        { ...step, results: [{ entry, status, summary: 'stays as it is' }] },
        {
          audit,
          bus: { publish: async (...event) => Promise.resolve(void published.push(event)) },
          findAction: () => undefined,
          now: () => '2026-05-06T08:00:00.000Z',
        },
      );

      await expect(closing).rejects.toThrow(RestoreIncompleteError);
      expect(published).toHaveLength(1);
      expect(await audit.readIncident('inc-1')).toHaveLength(1);
    },
  );
});
