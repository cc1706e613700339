import { describe, expect, it } from 'vitest';
import { StepSchema } from '../../lambdas/shared/contracts/closing.ts';
import { buildCohort, incident, runWith } from './machines.ts';

const inputOf = (profile: string, kind = 'clock-offset') => ({
  incident: { ...incident, signal: { kind } },
  cohort: buildCohort(['securityRisk'], { profile, byProfile: true }),
});
const trading = ['StopService stop-service', 'KillConnections kill-connections', 'ResyncClock resync-clock', 'Restore'];

describe('cut-by-profile.asl.json', () => {
  it.each([
    ['trading', trading],
    [
      'medical',
      [
        'StopService stop-service',
        'KillConnections kill-connections',
        'HoldTask hold-task',
        'ResyncClock resync-clock',
      ],
    ],
    ['logistics', ['KillSessions kill-sessions']],
    ['surveillance', ['KillConnections kill-connections']],
  ])('takes the steps of %s in their order', async (profile, wanted) => {
    const { called, execution } = await runWith('cut-by-profile', { input: inputOf(profile) });

    const steps = execution.output as unknown[];
    expect(called).toEqual(wanted);
    expect(steps).toHaveLength(wanted.length);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('brings port and service back by themselves, and nothing else, when the clock is right again', async () => {
    const { calls, execution } = await runWith('cut-by-profile', { input: inputOf('trading') });

    expect(calls.at(-1)?.payload).toEqual({
      incidentId: incident.id,
      cohortId: 'c1',
      actions: ['kill-connections', 'stop-service'],
      automatic: true,
      requestedBy: 'connection-fuse',
      reason: 'The clock is back under the limit and stays there',
    });
    expect((execution.output as unknown[]).at(-1)).toMatchObject({ action: 'restore', status: 'restored' });
  });

  it.each(['partial', 'failed', 'planned', 'refused', 'unchanged'])(
    'leaves the cut where the clock ended "%s"',
    async (status) => {
      const answers = { ResyncClock: { action: 'resync-clock', cohortId: 'c1', status, summary: '' } };

      const { called } = await runWith('cut-by-profile', { input: inputOf('trading'), answers });

      expect(called).not.toContain('Restore');
    },
  );

  it('leaves the cut where the clock was not the cause', async () => {
    const { called } = await runWith('cut-by-profile', { input: inputOf('trading', 'abnormal-orders') });

    expect(called).toEqual(trading.slice(0, 3));
  });

  it.each(['StopService', 'KillConnections', 'ResyncClock', 'Restore'])(
    'goes on when %s is lost, and reports the loss as failed',
    async (lost) => {
      const { called, execution } = await runWith('cut-by-profile', { input: inputOf('trading'), lost: [lost] });

      const steps = execution.output as { status: string }[];
      expect(called).toEqual(expect.arrayContaining(trading.slice(0, 3)));
      expect(called.includes('Restore')).toBe(lost !== 'ResyncClock');
      expect(steps.filter(({ status }) => status === 'failed')).toHaveLength(1);
      expect(execution.status).toBe('SUCCEEDED');
    },
  );

  it('answers only steps that the closing understands', async () => {
    const { execution } = await runWith('cut-by-profile', {
      input: inputOf('trading'),
      lost: ['Restore', 'StopService'],
    });

    const lost = (execution.output as { status: string }[]).filter(({ status }) => status === 'failed');
    expect(lost.map((step) => StepSchema.safeParse(step).success)).toEqual([true, true]);
  });
});
