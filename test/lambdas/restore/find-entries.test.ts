import { describe, expect, it } from 'vitest';
import { findEntries } from '../../../lambdas/restore/find-entries.ts';
import type { ActionId } from '../../../lambdas/shared/contracts/action.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const server = 'i-0000000000000000a';
const [older, newer] = ['inc-00000000000000000001', 'inc-00000000000000000002'] as const;
const network = 'revoke-security-groups';

describe('findEntries', () => {
  it('puts the network before the hosts and traffic last, and the newest first in each', async () => {
    const table = new FakeTable();
    const entries: [string, ActionId, string][] = [
      [older, 'fail-over', '2026-05-06T07:05:34.000Z'],
      [newer, 'fail-over', '2026-05-06T08:05:34.000Z'],
      [older, 'kill-connections', '2026-05-06T07:05:33.000Z'],
      [older, network, '2026-05-06T07:05:32.000Z'],
      [newer, 'kill-connections', '2026-05-06T08:05:32.000Z'],
      [newer, network, '2026-05-06T08:05:32.000Z'],
    ];
    for (const id of [older, newer]) {
      const incident = buildIncident({ id, executionId: id });
      await table.audit.openIncident({ incident, assessment: buildAssessment({ incident }), now: 'now' });
      await table.audit.pointFrom([server], id, 'now');
    }
    for (const [incidentId, action, at] of entries) {
      const changes = [{ target: server, server, before: {}, intended: {} }];
      const intended = { changes, leftAlone: [], unable: [], mode: 'armed', at };
      await table.audit.putStep({ incidentId, action, cohortId: 'c1' }, '1-intended', intended);
    }

    const found = await findEntries(
      { server, requestedBy: 'me', reason: 'false alarm' },
      table.audit,
      '2026-01-01T00:00:00Z',
    );

    expect(found.entries.map(({ incidentId, action }) => [incidentId, action])).toEqual([
      [newer, network],
      [older, network],
      [newer, 'kill-connections'],
      [older, 'kill-connections'],
      [newer, 'fail-over'],
      [older, 'fail-over'],
    ]);
  });
});
