import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/asl/json.ts';
import { LostActionSchema } from '../../lambdas/shared/contracts/action.ts';
import { StepSchema } from '../../lambdas/shared/contracts/closing.ts';
import { approval, buildCohort, incident, runWith } from './machines.ts';

const withoutStandby = {
  reason: 'No standby is healthy',
  timeoutSeconds: 1800,
  remindAfterSeconds: 900,
  onTimeout: 'leave',
};
const threat = ['coreBusiness', 'securityRisk'] as const;
const outage = ['coreBusiness'] as const;

/** What the function answers of the standby. */
const told = (status: string) => ({ action: 'fail-over', cohortId: 'c1', status, summary: `is ${status}` });

const childSteps = { Output: [{ action: 'kill-connections', cohortId: 'c1', status: 'verified', summary: 'cut' }] };

async function play(
  status: string,
  yes: readonly (typeof threat)[number][],
  over: JsonObject = {},
  lost: string[] = [],
) {
  const answers = { FailOver: told(status), Isolate: childSteps.Output, CutByProfile: childSteps.Output };
  return runWith('fail-over', { input: { incident, cohort: buildCohort(yes, over) }, answers, lost });
}

describe('fail-over.asl.json', () => {
  it.each(['verified', 'planned', 'unchanged', 'refused', 'handed-over'])(
    'cuts nothing when the fail-over is %s, threat or not',
    async (status) => {
      const { called, execution } = await play(status, threat);

      expect(called).toEqual(['FailOver fail-over']);
      expect(execution.output).toEqual([told(status)]);
    },
  );

  it.each(['no-standby', 'failed', 'partial'])(
    'cuts nothing when the fail-over is %s and nobody threatens',
    async (status) => {
      const { called, execution } = await play(status, outage, { withoutStandby });

      expect(called).toEqual(['FailOver fail-over']);
      expect(execution.output).toEqual([told(status)]);
    },
  );

  describe.each(['no-standby', 'failed', 'partial'])('with a threat and a fail-over that is %s', (status) => {
    it.each([
      ['isolates where the policy says cut', {}, 'Isolate'],
      ['cuts in the shape of the profile', { byProfile: true }, 'CutByProfile'],
      ['asks where the policy says ask', { withoutStandby }, 'Approve'],
      ['asks where the policy says ask, in whatever shape', { withoutStandby, byProfile: true }, 'Approve'],
      ['asks where the budget is used up', { approval }, 'Approve'],
      ['asks once where both want it', { approval, withoutStandby }, 'Approve'],
    ])('%s', async (_case, over, child) => {
      const { called } = await play(status, threat, over);

      expect(called).toEqual(['FailOver fail-over', child]);
    });
  });

  it.each([
    [{ withoutStandby }, withoutStandby],
    [{ approval }, approval],
    [{ approval, withoutStandby }, approval],
  ])('gives the question its reason and its end: %j', async (over, wanted) => {
    const { calls, execution } = await play('no-standby', threat, over);

    expect(calls.at(-1)?.payload).toMatchObject({ incident, cohort: { id: 'c1', approval: wanted } });
    expect(execution.output).toEqual([
      told('no-standby'),
      { action: 'ask-person', cohortId: 'c1', status: 'asked', summary: wanted.reason },
    ]);
  });

  it('tells the fail-over beside the steps of the profile', async () => {
    const { execution } = await play('no-standby', threat, { byProfile: true });

    expect(execution.output).toEqual([told('no-standby'), ...childSteps.Output]);
  });

  it('tells what isolate tells: it tries the standby once more itself', async () => {
    const { calls, execution } = await play('no-standby', threat);

    expect(execution.output).toEqual(childSteps.Output);
    expect(calls.at(-1)?.payload).toMatchObject({ cohort: { id: 'c1', withoutStandby: null } });
  });

  it('counts a lost function as no standby: with a threat the policy decides', async () => {
    const { called, execution } = await play('verified', threat, { withoutStandby }, ['FailOver']);

    expect(called.at(-1)).toBe('Approve');
    expect(execution.output).toMatchObject([
      { action: 'fail-over', status: 'failed', summary: 'Boom: lost' },
      { status: 'asked' },
    ]);
  });

  it('tells a lost function as failed, where nobody threatens', async () => {
    const { called, execution } = await play('verified', outage, {}, ['FailOver']);

    expect(called).toEqual(['FailOver fail-over']);
    expect((execution.output as unknown[]).map((step) => LostActionSchema.safeParse(step).success)).toEqual([true]);
  });

  it.each([
    ['Isolate', {}],
    ['CutByProfile', { byProfile: true }],
    ['Approve', { withoutStandby }],
  ])('tells the fail-over and the loss when %s is lost', async (child, over) => {
    const { execution } = await play('no-standby', threat, over, [child]);

    const steps = execution.output as unknown[];
    expect(steps).toMatchObject([told('no-standby'), { status: 'failed', summary: 'Boom: lost' }]);
    expect(StepSchema.safeParse(steps.at(-1)).success).toBe(true);
    expect(execution.status).toBe('SUCCEEDED');
  });
});
