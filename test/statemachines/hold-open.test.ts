import { describe, expect, it } from 'vitest';
import { approval, buildCohort, incident, runWith } from './machines.ts';

const clearing = buildCohort(['lifeline', 'securityRisk', 'spreads']);
const lifeSupport = buildCohort(['lifeline'], { approval: { ...approval, reason: 'Bypass' } });
const held = { action: 'hold-open', cohortId: 'c1', status: 'verified', summary: 'switched' };

describe('hold-open.asl.json', () => {
  it('looks to the time sources and tells how they stand, and starts nothing else', async () => {
    const { calls, execution } = await runWith('hold-open', {
      input: { incident, cohort: clearing },
      answers: { HoldOpen: held },
    });

    expect(calls).toEqual([
      { name: 'HoldOpen hold-open', payload: { action: 'hold-open', incident, cohort: clearing } },
    ]);
    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: [held] });
  });

  it('asks a person about life support after it looked to the clock, and does not wait for the answer', async () => {
    const { called, calls, execution } = await runWith('hold-open', {
      input: { incident, cohort: lifeSupport },
      answers: { HoldOpen: held },
    });

    expect(called).toEqual(['HoldOpen hold-open', 'Approve']);
    expect(calls[1]?.payload).toEqual({ incident, cohort: lifeSupport });
    expect(execution.output).toEqual([
      held,
      { action: 'ask-person', cohortId: 'c1', status: 'asked', summary: 'Bypass' },
    ]);
  });

  it.each([
    ['nobody', clearing, ['HoldOpen hold-open']],
    ['a person', lifeSupport, ['HoldOpen hold-open', 'Approve']],
  ])('reports a lost look at the clock as failed, and still asks %s', async (_, cohort, wanted) => {
    const { called, execution } = await runWith('hold-open', { input: { incident, cohort }, lost: ['HoldOpen'] });

    expect([...new Set(called)]).toEqual(wanted);
    expect(execution).toMatchObject({
      status: 'SUCCEEDED',
      output: expect.arrayContaining([expect.objectContaining({ action: 'hold-open', status: 'failed' })]) as unknown,
    });
  });

  it('reports a question that got lost as failed, beside what was held', async () => {
    const { execution } = await runWith('hold-open', {
      input: { incident, cohort: lifeSupport },
      answers: { HoldOpen: held },
      lost: ['Approve'],
    });

    expect(execution.output).toMatchObject([held, { action: 'ask-person', status: 'failed', summary: 'Boom: lost' }]);
  });
});
