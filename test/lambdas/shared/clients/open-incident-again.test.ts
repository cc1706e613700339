import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { requireApproval } from '../../../../lambdas/shared/answers/ask-first.ts';
import { LookupFailedError } from '../../../../lambdas/shared/errors.ts';
import { buildAssessment, buildCohort, buildIncident } from '../../../builders/action-request.ts';
import { FakeTable } from '../../../builders/fake-table.ts';

const now = '2026-05-06T07:05:31.200Z';
const nextDay = '2026-05-07T07:05:31.000Z';
const incident = buildIncident();
const assessment = buildAssessment();
const other = buildIncident({ executionId: 'second' });
const third = buildIncident({ executionId: 'third' });

/** A table with one attempt that failed. */
async function failFirst(): Promise<FakeTable> {
  const table = new FakeTable();
  await table.audit.openIncident({ incident, assessment, now });
  await table.audit.putInIncident(incident.id, 'failed#01', {});
  return table;
}

/** Does something once, in the moment before an item is put. */
function before(table: FakeTable, sk: string, work: () => Promise<unknown>): void {
  let done = false;
  table.onCall = async (call) => {
    if (done || call !== `PutItem incident#${incident.id} ${sk}`) return;
    done = true;
    await work();
  };
}

describe('openIncident of a later attempt', () => {
  it.each([1, 2])(
    'goes on with attempt %i when the answer to its opening is lost and the SDK asks again',
    async (attempt) => {
      const table = attempt === 1 ? new FakeTable() : await failFirst();
      const own = { executionId: other.executionId, openedAt: now, assessment };
      before(table, `opened#0${attempt}`, async () =>
        table.audit.putInIncident(incident.id, `opened#0${attempt}`, own),
      );

      const opening = await table.audit.openIncident({ incident: other, assessment, now });

      expect(opening).toMatchObject({ kind: 'resumed', attempt, isReserved: false });
      expect(table.stepsOf(incident.id).filter((step) => step.startsWith('opened#'))).toHaveLength(attempt);
    },
  );

  it('leaves it to another execution that was faster', async () => {
    const table = await failFirst();

    const openings = await Promise.all(
      [other, third].map(async (one) => table.audit.openIncident({ incident: one, assessment, now: nextDay })),
    );

    expect(openings.map(({ kind }) => kind)).toEqual(['opened', 'repeated']);
  });

  it('leaves it to others even where the one that was faster has failed by then', async () => {
    const table = await failFirst();
    before(table, 'opened#02', async () => {
      await table.audit.openIncident({ incident: third, assessment, now: nextDay });
      await table.audit.putInIncident(incident.id, 'failed#02', {});
    });

    const opening = await table.audit.openIncident({ incident: other, assessment, now: nextDay });

    expect(opening.kind).toBe('repeated');
    expect(table.stepsOf(incident.id)).not.toContain('opened#03');
  });

  it('asks again only about those who were not approved, and cuts the rest', async () => {
    const [quick, asked] = [buildCohort({ id: 'c1', servers: ['i-1'] }), buildCohort({ id: 'c2', servers: ['i-2'] })];
    const waiting = requireApproval(asked, 'budget', { timeoutMinutes: 10, onTimeout: 'leave' });
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment: buildAssessment({ cohorts: [quick, waiting] }), now });
    const steps = [[{ status: 'failed', cohortId: 'c1' }], [{ status: 'asked', cohortId: 'c2' }]];
    await table.audit.putInIncident(incident.id, 'closed#01', { outcome: 'awaiting-approval', steps, at: now });
    const declined = { outcome: 'declined', steps: [{ action: 'ask-person', status: 'declined' }], at: now };
    await table.audit.putInIncident(incident.id, 'closed#c2', declined);

    const again = buildAssessment({ cohorts: [quick, asked] });
    const opening = await table.audit.openIncident({ incident: other, assessment: again, now: nextDay });

    expect(opening).toMatchObject({
      kind: 'opened',
      attempt: 2,
      assessment: {
        cohorts: [
          { id: 'c1001', servers: ['i-1'], approval: null },
          { id: 'c1002', servers: ['i-2'], approval: { reason: expect.stringContaining('c2 was not approved') } },
        ],
      },
    });
  });

  it('fails where its opening is there and cannot be read, or not understood', async () => {
    const gone = new FakeTable();
    gone.onCall = (call) => {
      if (call === `PutItem incident#${incident.id} opened#01`) {
        throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
      }
    };
    const strange = new FakeTable();
    const opened = { executionId: incident.executionId, openedAt: now, assessment: { cohorts: 'all' } };
    await strange.audit.putInIncident(incident.id, 'opened#01', opened);

    for (const [table, words] of [
      [gone, 'its opening is gone'],
      [strange, 'its assessment is malformed'],
    ] as const) {
      const opening = table.audit.openIncident({ incident, assessment, now });
      await expect(opening).rejects.toThrow(LookupFailedError);
      await expect(opening).rejects.toThrow(words);
    }
  });
});
