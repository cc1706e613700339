import { describe, expect, it } from 'vitest';
import { AuditWriteError } from '../../../../lambdas/shared/errors.ts';
import { buildAssessment, buildCohort, buildIncident } from '../../../builders/action-request.ts';
import { FakeTable } from '../../../builders/fake-table.ts';

const now = '2026-05-06T07:05:31.200Z';
const incident = buildIncident();
const assessment = buildAssessment();
const other = buildIncident({ executionId: 'arn:aws:states:eu-central-1:123456789012:execution:Respond:second' });

describe('openIncident', () => {
  it('opens a new incident with one write depth and no read', async () => {
    const table = new FakeTable();

    const opening = await table.audit.openIncident({ incident, assessment, now });

    expect(opening).toEqual({ kind: 'opened', attempt: 1, assessment });
    expect(table.calls.every((call) => call.startsWith('PutItem'))).toBe(true);
    expect(table.items.map(({ pk, sk }) => `${pk} ${sk}`)).toEqual([
      `execution#${incident.executionId} incident#${incident.id}`,
      `incident#${incident.id} opened#01`,
      `server#i-0000000000000000a incident#${incident.id}`,
    ]);
  });

  it('goes on with the recorded assessment when its own first try was there before', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    const changed = buildAssessment({ cohorts: [buildCohort({ servers: ['i-0000000000000000b'] })] });

    const opening = await table.audit.openIncident({ incident, assessment: changed, now });

    expect(opening).toEqual({ kind: 'resumed', attempt: 1, assessment });
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

  it('never takes over from one that was closed', async () => {
    const table = new FakeTable();
    await table.audit.openIncident({ incident, assessment, now });
    await table.audit.putInIncident(incident.id, 'closed#01', {});

    const opening = await table.audit.openIncident({ incident: other, assessment, now: '2026-05-07T07:05:31.000Z' });

    expect(opening.kind).toBe('repeated');
  });

  it('fails when a pointer cannot be written, so that no server is cut without one', async () => {
    const table = new FakeTable();
    table.onCall = (call) => {
      if (call.includes('server#')) throw new Error('lost');
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
