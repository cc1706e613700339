import { beforeEach, describe, expect, it } from 'vitest';
import { restore } from '../../../lambdas/restore/restore.ts';
import { MessageInvalidError } from '../../../lambdas/shared/errors.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { buildChange, FakeRestore, keyOf } from '../../builders/fake-restore.ts';

const key = keyOf(1);
const request = { incidentId: key.incidentId, requestedBy: 'ada', reason: 'false alarm' };

describe('restore, step by step', () => {
  let fake: FakeRestore;
  beforeEach(async () => {
    fake = new FakeRestore();
    const incident = buildIncident({ id: key.incidentId });
    await fake.table.audit.openIncident({ incident, assessment: buildAssessment({ incident }), now: 'now' });
    await fake.add(key, { changes: [buildChange('a')] });
  });

  const published: string[] = [];
  const run = async (step: Parameters<typeof restore>[0]) =>
    restore(step, {
      audit: fake.table.audit,
      bus: { publish: async (type) => Promise.resolve(void published.push(type)) },
      findAction: () => fake.action() as never,
      now: () => fake.clock,
    });

  it('finds what there is to undo', async () => {
    expect(await run({ step: 'find-entries', request })).toEqual({ entries: [key] });
  });

  it('undoes one entry', async () => {
    expect(await run({ step: 'undo-entry', request, entry: key })).toMatchObject({ entry: key, status: 'undone' });
    expect(fake.asked).toHaveLength(1);
  });

  it('closes, and is content where everything came back', async () => {
    const results = [{ entry: key, status: 'undone', summary: '' }];

    const closed = await run({ step: 'close-restore', request, results, failure: null, executionId: 'restore-1' });

    expect(closed).toMatchObject({ outcome: 'restored' });
    expect(published).toEqual(['Restore closed']);
  });

  it('passes on that nothing can be found', async () => {
    await expect(run({ step: 'find-entries', request: { ...request, incidentId: 'inc-9' } })).rejects.toThrow(
      MessageInvalidError,
    );
  });
});
