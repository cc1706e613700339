import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listBranches, runState } from '../../lab/asl/walk.ts';
import { questions } from '../../lambdas/shared/contracts/incident.ts';
import type { Question } from '../../lambdas/shared/contracts/incident.ts';
import { approval, buildCohort, incident, readMachine, runWith } from './machines.ts';

const respond = readMachine('respond');
const rules = listBranches(respond).filter(({ kind }) => kind === 'rule');
const answersIn = (condition: unknown) =>
  [...String(condition).matchAll(/answers\.(\w+)/g)].map(([, name]) => name) as Question[];

const switched = { action: 'fail-over', cohortId: 'c1', status: 'verified', summary: '' };
const held = { action: 'hold-open', cohortId: 'c1', status: 'verified', summary: '' };
const cut = { action: 'kill-connections', cohortId: 'c1', status: 'verified', summary: '' };

/** One cohort through the flowchart; `acted` leaves out the two functions around it. */
async function run(
  yes: readonly Question[],
  over: Parameters<typeof buildCohort>[1] = {},
  more: { lost?: string[]; error?: string } = {},
) {
  const answers = {
    Assess: { outcome: 'incident', incident, cohorts: [buildCohort(yes, over)] },
    CloseIncident: { outcome: 'done' },
    Isolate: [cut],
    CutByProfile: [cut],
    Approve: {},
    FailOver: [switched],
    HoldOpen: [held],
    LockBorder: [cut],
  };
  const { execution, calls, called } = await runWith('respond', { input: { source: 'test' }, answers, ...more });
  return { execution, calls, called, acted: called.filter((name) => name !== 'Assess' && name !== 'CloseIncident') };
}

describe('respond.asl.json', () => {
  it('asks exactly the questions of the contract', () => {
    expect(new Set(rules.flatMap(({ condition }) => answersIn(condition)))).toEqual(new Set(questions));
  });

  it.each(rules)('takes the way $state → $target when its rule $index holds', async ({ state, target, condition }) => {
    const cohort = buildCohort(answersIn(condition), {
      approval: String(condition).includes('approval') ? approval : null,
      byProfile: String(condition).includes('byProfile'),
    });

    const outcome = await runState(respond, state, { input: cohort, variables: {} });

    expect(outcome).toMatchObject({ status: 'SUCCEEDED', next: target });
  });

  it.each<{ title: string; yes: Question[]; over?: object; wanted: string[] }>([
    { title: 'R0: holds a lifeline open and cuts nothing', yes: [...questions], wanted: ['HoldOpen'] },
    { title: 'fails core business over', yes: ['coreBusiness', 'securityRisk'], wanted: ['FailOver'] },
    {
      title: 'R1: isolates core business at once where it spreads',
      yes: ['coreBusiness', 'spreads', 'securityRisk'],
      wanted: ['Isolate'],
    },
    { title: 'isolates on a security risk', yes: ['securityRisk'], wanted: ['Isolate'] },
    {
      title: 'cuts a red line by its profile',
      yes: ['securityRisk'],
      over: { byProfile: true },
      wanted: ['CutByProfile'],
    },
    { title: 'asks a person where one must agree', yes: ['securityRisk'], over: { approval }, wanted: ['Approve'] },
    {
      title: 'asks a person before it cuts core business',
      yes: ['coreBusiness', 'spreads', 'securityRisk'],
      over: { approval },
      wanted: ['Approve'],
    },
    {
      title: 'asks before a red line is cut',
      yes: ['securityRisk'],
      over: { approval, byProfile: true },
      wanted: ['Approve'],
    },
    { title: 'isolates rather than sheds', yes: ['securityRisk', 'overloaded'], wanted: ['Isolate'] },
    { title: 'isolates rather than locks a border', yes: ['securityRisk', 'underReview'], wanted: ['Isolate'] },
    { title: 'R3: locks the border under review', yes: ['underReview', 'overloaded'], wanted: ['LockBorder'] },
    { title: 'sheds on overload', yes: ['overloaded'], wanted: ['ShedConnections shed-connections'] },
    { title: 'observes and intervenes nowhere', yes: [], wanted: [] },
  ])('$title', async ({ yes, over, wanted }) => {
    const { execution, acted } = await run(yes, { ...over });

    expect(acted).toEqual(wanted);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('never cuts a lifeline, and asks nobody to, whatever the other answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...questions]), fc.boolean(), fc.boolean(), async (yes, byProfile, asks) => {
        const { acted } = await run(['lifeline', ...yes], { byProfile, approval: asks ? approval : null });

        expect(acted).toEqual(['HoldOpen']);
      }),
      { numRuns: 40 },
    );
  });

  it('closes with what the child machine did, one list a cohort', async () => {
    const { calls } = await run(['securityRisk']);

    expect(calls.at(-1)?.payload).toMatchObject({ steps: [[cut]], failure: null, cohortId: null });
  });

  it('closes without waiting for the person it asked', async () => {
    const { calls } = await run(['securityRisk'], { approval });

    const asked = { action: 'ask-person', cohortId: 'c1', status: 'asked', summary: 'Budget is used up' };
    expect(calls.at(-1)?.payload).toMatchObject({ steps: [[asked]] });
  });

  it.each([
    ['Isolate', {}, 'revoke-security-groups'],
    ['CutByProfile', { byProfile: true }, 'kill-connections'],
    ['Approve', { approval }, 'ask-person'],
  ])('reports a lost %s as failed', async (lost, over, action) => {
    const { calls } = await run(['securityRisk'], over, { lost: [lost] });

    expect(calls.at(-1)?.payload['steps']).toMatchObject([[{ action, cohortId: 'c1', status: 'failed' }]]);
  });

  it('starts a child under a name of its own, so that a retry starts none beside it', () => {
    const names = ['Isolate', 'Cut by profile', 'Ask a person', 'Hold open', 'Fail over', 'Lock border'].map(
      (state) => {
        const text = JSON.stringify(respond);
        return text.slice(text.indexOf(`"${state}":`)).match(/"Name":"([^"]+)"/)?.[1];
      },
    );

    expect(new Set(names)).toEqual(new Set(["{% $assessment.incident.id & '-' & $states.input.id %}"]));
  });

  it('ends in Incident failed, after closing, when the event is rejected', async () => {
    const { calls, execution } = await run([], {}, { lost: ['Assess'], error: 'SignalRejectedError' });

    expect(calls.map(({ name }) => name)).toEqual(['Assess', 'CloseIncident']);
    expect(calls[1]?.payload).toMatchObject({
      assessment: null,
      event: { source: 'test' },
      failure: { error: 'SignalRejectedError' },
    });
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('ends red with the error of Close incident', async () => {
    const { execution } = await run(['securityRisk'], {}, { lost: ['CloseIncident'], error: 'IncidentFailedError' });

    expect(execution).toMatchObject({ status: 'FAILED', error: 'IncidentFailedError' });
    expect(execution.path.at(-1)).toBe('Incident failed');
  });

  it('waits out a storm that EC2 asks to slow down, and tries other trouble three times', async () => {
    const throttled = await run([], {}, { lost: ['Assess'], error: 'ThrottledError' });
    const broken = await run([], {}, { lost: ['Assess'], error: 'LookupFailedError' });

    const tries = ({ called }: typeof throttled) => called.filter((name) => name === 'Assess').length;
    expect([tries(throttled), tries(broken)]).toEqual([15, 4]);
  });

  it('asks one function, and no more, before the cut begins', async () => {
    const { called } = await run(['securityRisk']);

    expect(called.slice(0, 2)).toEqual(['Assess', 'Isolate']);
  });
});
