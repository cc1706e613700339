import { describe, expect, it } from 'vitest';
import { CohortSchema } from '../../../../lambdas/shared/contracts/incident.ts';
import { AuditWriteError } from '../../../../lambdas/shared/errors.ts';
import { buildAssessment, buildCohort, buildIncident } from '../../../builders/action-request.ts';
import { FakeTable } from '../../../builders/fake-table.ts';
import { buildManualSignal } from '../../../builders/signal.ts';

const now = '2026-05-06T07:05:31.200Z';
const incident = buildIncident();
const assessment = buildAssessment();
const nextDay = '2026-05-07T07:05:31.000Z';
const other = buildIncident({ executionId: 'arn:aws:states:eu-central-1:123456789012:execution:Respond:second' });

/** A table with one attempt that ended so, each step of it with one of the given statuses. */
async function closeFirst(outcome: string, statuses: readonly string[]) {
  const table = new FakeTable();
  await table.audit.openIncident({ incident, assessment, now });
  const steps = [statuses.map((status) => ({ status }))];
  await table.audit.putInIncident(incident.id, 'closed#01', { outcome, steps, at: '2026-05-06T07:05:35.000Z' });
  return { table };
}

describe('openIncident', () => {
  it('opens a new incident with one write depth and no read', async () => {
    const table = new FakeTable();

    const opening = await table.audit.openIncident({ incident, assessment, now });

    expect(opening).toEqual({ kind: 'opened', attempt: 1, assessment });
    expect(table.calls.every((call) => call.startsWith('PutItem'))).toBe(true);
    expect(table.items.map(({ pk, sk }) => `${pk} ${sk}`)).toEqual([
      `execution#${incident.executionId} incident#${incident.id}`,
      `incident#${incident.id} opened#01`,
    ]);
  });

  it('fails only once no write of it is under way any more', async () => {
    const table = new FakeTable();
    table.onCall = async (call) => {
      if (call.includes('execution#')) throw new Error('table is gone');
      for (let pause = 0; pause < 50 && call.includes('opened#'); pause += 1) await Promise.resolve();
    };

    await expect(table.audit.openIncident({ incident, assessment, now })).rejects.toThrow(AuditWriteError);

    // A write that lands after the failure was told would pass for an execution that still acts.
    expect(table.items.map(({ sk }) => sk)).toContain('opened#01');
  });

  it('goes on with the recorded assessment when its own first try was there before', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    const changed = buildAssessment({ cohorts: [buildCohort({ servers: ['i-0000000000000000b'] })] });

    const opening = await table.audit.openIncident({ incident, assessment: changed, now });

    expect(opening).toEqual({ kind: 'resumed', attempt: 1, assessment, isReserved: false });
  });

  it('calls another execution of the same event a repeat', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });

    const opening = await table.audit.openIncident({ incident: other, assessment, now });

    expect(opening.kind).toBe('repeated');
  });

  it('makes one incident of ten executions at once', async () => {
    const table = new FakeTable();
    const executions = Array.from({ length: 10 }, (_, index) => buildIncident({ executionId: `execution-${index}` }));

    const openings = await Promise.all(
      executions.map(async (one) => table.audit.openIncident({ incident: one, assessment, now })),
    );

    expect(openings.filter(({ kind }) => kind === 'opened')).toHaveLength(1);
    expect(openings.filter(({ kind }) => kind === 'repeated')).toHaveLength(9);
  });

  it('tries again after a failed attempt, with cohort ids of its own', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    await table.audit.putInIncident(incident.id, 'failed#01', {});

    const opening = await table.audit.openIncident({ incident: other, assessment, now });

    expect(opening).toMatchObject({ kind: 'opened', attempt: 2, assessment: { cohorts: [{ id: 'c1001' }] } });
    expect(table.stepsOf(incident.id)).toEqual(['failed#01', 'opened#01', 'opened#02']);
  });

  it.each([
    ['an execution that vanished twenty minutes ago', '2026-05-06T07:25:31.300Z', 'opened'],
    ['one that may still run', '2026-05-06T07:25:31.100Z', 'repeated'],
  ])('takes over from %s: %s', async (_, later, kind) => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });

    const opening = await table.audit.openIncident({ incident: other, assessment, now: later });

    expect(opening.kind).toBe(kind);
  });

  it.each([
    ['contained', [], 'repeated'],
    ['observed', [], 'repeated'],
    // Nothing is left to do here either, and a second switch could lead back.
    ['failed-over', ['verified'], 'repeated'],
    ['held-open', ['verified'], 'repeated'],
    ['locked', ['verified'], 'repeated'],
    ['handed-over', ['handed-over', 'verified'], 'repeated'],
    ['planned', ['planned'], 'opened'],
    ['refused', ['refused'], 'opened'],
    ['failed', ['failed'], 'opened'],
    ['partly-contained', ['partial'], 'opened'],
    ['handed-over', ['handed-over', 'planned'], 'opened'],
    ['handed-over', ['handed-over', 'not-asked', 'refused'], 'opened'],
  ])('meets an incident that closed as %s with steps %j: %s', async (outcome, statuses, kind) => {
    const { table } = await closeFirst(outcome, statuses);

    const opening = await table.audit.openIncident({ incident: other, assessment, now: nextDay });

    expect(opening.kind).toBe(kind);
    expect(table.stepsOf(incident.id).includes('opened#02')).toBe(kind === 'opened');
  });

  it('counts attempts past 99, and takes the latest by number', async () => {
    const { table } = await closeFirst('planned', ['planned']);
    for (const attempt of ['02', '99', '100']) {
      await table.audit.putInIncident(incident.id, `opened#${attempt}`, { executionId: attempt, openedAt: now });
      await table.audit.putInIncident(incident.id, `closed#${attempt}`, { outcome: 'planned', steps: [], at: now });
    }

    const opening = await table.audit.openIncident({ incident: other, assessment, now: nextDay });

    expect(opening).toMatchObject({ kind: 'opened', attempt: 101 });
    if (opening.kind === 'repeated') throw new Error('Expected an opening');
    expect(opening.assessment.cohorts.map((cohort) => CohortSchema.parse(cohort).id)).toEqual(['c100001']);
  });

  it('goes on with what an earlier try of its own came to under the budget', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    const reserved = buildAssessment({ reason: 'under the budget' });
    await table.audit.putInIncident(incident.id, 'reserved#01', { at: now, assessment: reserved });

    const opening = await table.audit.openIncident({ incident, assessment, now });

    expect(opening).toEqual({ kind: 'resumed', attempt: 1, assessment: reserved, isReserved: true });
  });

  it.each(['contained', 'partly-contained', 'planned'])(
    'asks before it cuts again what closed as %s and a person restored',
    async (outcome) => {
      const { table } = await closeFirst(outcome, []);
      await table.audit.putInIncident(incident.id, 'restored#1', { at: '2026-05-06T08:00:00.000Z' });

      const opening = await table.audit.openIncident({
        incident: other,
        assessment,
        now: nextDay,
        approvals: { timeoutMinutes: 10, onTimeout: 'cut' },
      });

      const reason = 'A person restored this incident at 2026-05-06T08:00:00.000Z; cutting again is theirs to decide';
      expect(opening).toMatchObject({ kind: 'opened', attempt: 2, assessment: { reason: `finding; ${reason}` } });
      if (opening.kind === 'repeated') throw new Error('Expected an opening');
      // What was found stays as it is: the flowchart asks by the approval alone.
      expect(opening.assessment.cohorts).toEqual([
        {
          ...buildCohort(),
          id: 'c1001',
          approval: { reason, timeoutSeconds: 600, remindAfterSeconds: 300, onTimeout: 'cut' },
        },
      ]);
      expect(table.items.find(({ sk }) => sk === 'opened#02')?.['assessment']).toEqual(opening.assessment);
    },
  );

  it('waits half an hour for a person, and then leaves alone, where it is not told otherwise', async () => {
    const { table } = await closeFirst('contained', []);
    await table.audit.putInIncident(incident.id, 'restored#1', { at: '2026-05-06T08:00:00.000Z' });

    const opening = await table.audit.openIncident({ incident: other, assessment, now: nextDay });

    expect(opening).toMatchObject({
      assessment: { cohorts: [{ approval: { timeoutSeconds: 1800, remindAfterSeconds: 900, onTimeout: 'leave' } }] },
    });
  });

  it('asks nobody about a lifeline, nor about what is not cut', async () => {
    const { table } = await closeFirst('contained', []);
    await table.audit.putInIncident(incident.id, 'restored#1', { at: '2026-05-06T08:00:00.000Z' });
    const lifeline = buildCohort({ answers: { ...buildCohort().answers, lifeline: true } });
    const probed = buildCohort({ id: 'c2', answers: { ...buildCohort().answers, securityRisk: false } });
    const found = buildAssessment({ cohorts: [lifeline, probed] });

    const opening = await table.audit.openIncident({ incident: other, assessment: found, now: nextDay });

    expect(opening).toMatchObject({ assessment: { cohorts: [{ approval: null }, { approval: null }] } });
  });

  it('cuts again what a person restored where one breaks the glass, and says so', async () => {
    const { table } = await closeFirst('contained', []);
    await table.audit.putInIncident(incident.id, 'restored#1', { at: '2026-05-06T08:00:00.000Z' });
    const broken = buildIncident({ signal: buildManualSignal({ breakGlass: true }), executionId: 'second' });

    const opening = await table.audit.openIncident({ incident: broken, assessment, now: nextDay });

    expect(opening).toMatchObject({
      kind: 'opened',
      assessment: { reason: expect.stringMatching(/^finding; A person restored/), cohorts: [{ approval: null }] },
    });
  });

  it('is a repeat while the latest attempt still runs, restored or not', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    await table.audit.putInIncident(incident.id, 'restored#1', { at: now });

    const opening = await table.audit.openIncident({ incident: other, assessment, now });

    expect(opening.kind).toBe('repeated');
  });

  it('fails when its pointer cannot be written, so that no failure goes without its incident', async () => {
    const table = new FakeTable();
    table.onCall = (call) => {
      if (call.includes('execution#')) throw new Error('lost');
    };

    await expect(table.audit.openIncident({ incident, assessment, now })).rejects.toThrow(AuditWriteError);
  });

  it('lets a failure find the incident of its execution', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });

    expect(await table.audit.findIncidentOf(incident.executionId)).toBe(incident.id);
    expect(await table.audit.findIncidentOf('another')).toBeNull();
  });
});
