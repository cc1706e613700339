import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { runMachine, VirtualClock } from '../../lab/asl/interpreter.ts';
import { lintMachine } from '../../lab/asl/lint.ts';
import { listBranches, runState } from '../../lab/asl/walk.ts';
import type { Branch } from '../../lab/asl/walk.ts';
import { questions } from '../../lambdas/shared/contracts/incident.ts';
import type { Question } from '../../lambdas/shared/contracts/incident.ts';
import { LostActionSchema } from '../../lambdas/shared/contracts/action.ts';
import { buildPass, readMachine } from './machines.ts';

const respond = readMachine('respond');
const branches = listBranches(respond);
const ofKind = (kind: Branch['kind']) => branches.filter((branch) => branch.kind === kind);

/** Runs the machine with one cohort; `fail` names the functions that are lost for good. */
async function run(pass: ReturnType<typeof buildPass>, fail: readonly string[] = [], error = 'Boom') {
  const calls: { name: string; payload: Record<string, unknown> }[] = [];
  const execution = await runMachine(
    respond,
    { source: 'test' },
    {
      clock: new VirtualClock(),
      handlers: {
        'arn:aws:states:::lambda:invoke': async ({ arguments: given }) => {
          const { FunctionName, Payload } = given as { FunctionName: string; Payload: Record<string, unknown> };
          const name = `${FunctionName.replace(/\$\{(\w+)FunctionArn\}/, '$1')}${
            typeof Payload['action'] === 'string' ? ` ${Payload['action']}` : ''
          }`;
          calls.push({ name, payload: Payload });
          if (fail.some((lost) => name.startsWith(lost))) throw Object.assign(new Error('lost'), { name: error });
          if (name === 'Assess')
            return { Payload: { outcome: 'incident', incident: pass.incident, cohorts: [pass.cohort] } };
          if (name === 'CloseIncident') return { Payload: { outcome: 'done' } };
          return { Payload: { action: Payload['action'], cohortId: 'c1', status: 'verified', summary: name } };
        },
      },
    },
  );
  return { execution, calls, acted: calls.map(({ name }) => name).filter((name) => name.includes(' ')) };
}

describe('respond.asl.json', () => {
  it('is clean for the validator and for our own linter', () => {
    expect(lintMachine(respond)).toEqual([]);
  });

  it('asks exactly the questions of the contract', () => {
    const asked = ofKind('rule').flatMap(({ condition }) =>
      [...String(condition).matchAll(/answers\.(\w+)/g)].map(([, name]) => name),
    );

    expect(new Set(asked)).toEqual(new Set(questions));
  });

  it.each(ofKind('rule'))(
    'takes the way $state → $target when its rule $index holds',
    async ({ state, index, target, condition }) => {
      const yes = [...String(condition).matchAll(/answers\.(\w+)/g)].map(
        ([, name]) => name,
      ) as (typeof questions)[number][];

      const outcome = await runState(respond, state, { input: buildPass(...yes), variables: {} });

      expect(index).toBeGreaterThanOrEqual(0);
      expect(outcome).toMatchObject({ status: 'SUCCEEDED', next: target });
    },
  );

  it.each(ofKind('default'))('takes the harmless way $state → $target by default', async ({ state, target }) => {
    const outcome = await runState(respond, state, { input: buildPass(), variables: {} });

    expect(outcome).toMatchObject({ status: 'SUCCEEDED', next: target });
  });

  it.each(ofKind('catch'))('catches any loss of $state and goes to $target', async ({ state, target, errorEquals }) => {
    const outcome = await runState(respond, state, {
      input: { ...buildPass('securityRisk'), cohorts: [buildPass().cohort] },
      variables: { assessment: { incident: {} }, failure: null, event: {} },
      mock: { error: { error: 'MessageInvalidError', cause: 'gone' } },
    });

    expect(errorEquals).toEqual(['States.ALL']);
    expect(outcome).toMatchObject({ status: 'CAUGHT_ERROR', next: target, error: 'MessageInvalidError' });
  });

  it.each(ofKind('retry').flatMap(({ state, errorEquals = [] }) => errorEquals.map((error) => ({ state, error }))))(
    'tries $state again after $error',
    async ({ state, error }) => {
      const outcome = await runState(respond, state, {
        input: buildPass('securityRisk'),
        variables: { assessment: null, failure: null, event: {} },
        mock: { error: { error, cause: 'for now' } },
      });

      expect(outcome).toMatchObject({ status: 'RETRIABLE', retryDelaySeconds: 1 });
    },
  );

  it('covers every Task by retry and catch, and every branch of the file by the tables above', () => {
    const walked = [...ofKind('rule'), ...ofKind('default'), ...ofKind('catch'), ...ofKind('retry')];

    expect(walked).toHaveLength(branches.length);
    expect(new Set(ofKind('retry').map(({ state }) => state)).size).toBe(8);
  });

  const bothCuts = ['RevokeSecurityGroups revoke-security-groups', 'KillConnections kill-connections'];
  it.each<{ title: string; yes: Question[]; wanted: string[] }>([
    { title: 'R0: holds a lifeline open and cuts nothing', yes: [...questions], wanted: ['HandOver hold-open'] },
    { title: 'fails core business over', yes: ['coreBusiness', 'securityRisk'], wanted: ['HandOver fail-over'] },
    {
      title: 'R1: cuts and fails over together where it spreads',
      yes: ['coreBusiness', 'spreads', 'securityRisk'],
      wanted: [...bothCuts, 'HandOver fail-over'],
    },
    { title: 'isolates on a security risk', yes: ['securityRisk'], wanted: bothCuts },
    { title: 'isolates rather than sheds', yes: ['securityRisk', 'overloaded'], wanted: bothCuts },
    { title: 'sheds on overload', yes: ['overloaded'], wanted: ['HandOver shed-connections'] },
    { title: 'observes and intervenes nowhere', yes: [], wanted: [] },
  ])('$title', async ({ yes, wanted }) => {
    const { execution, acted } = await run(buildPass(...yes));

    expect(acted).toEqual(wanted);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('never cuts a lifeline, whatever the other answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...questions]), async (yes) => {
        const { acted } = await run(buildPass('lifeline', ...yes));

        expect(acted).toEqual(['HandOver hold-open']);
      }),
      { numRuns: 32 },
    );
  });

  it.each([
    ['RevokeSecurityGroups', ['KillConnections kill-connections']],
    ['KillConnections', ['RevokeSecurityGroups revoke-security-groups']],
  ])('goes on with the other layer when %s is lost, and reports the loss as failed', async (lost, others) => {
    const { calls, acted, execution } = await run(buildPass('securityRisk'), [lost]);

    const [steps = []] = (calls.at(-1)?.payload['steps'] ?? []) as unknown[][];
    expect(acted).toEqual(expect.arrayContaining(others));
    expect(steps.map((step) => LostActionSchema.safeParse(step).success)).toContain(true);
    expect(steps).toHaveLength(3);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('tries a throttled cut three more times before it counts as lost', async () => {
    const { calls } = await run(buildPass('securityRisk'), ['RevokeSecurityGroups'], 'ThrottledError');

    expect(calls.filter(({ name }) => name.startsWith('RevokeSecurityGroups'))).toHaveLength(4);
  });

  it('ends in Incident failed, after closing, when the event is rejected', async () => {
    const { calls, execution } = await run(buildPass(), ['Assess'], 'SignalRejectedError');

    expect(calls.map(({ name }) => name)).toEqual(['Assess', 'CloseIncident']);
    expect(calls[1]?.payload).toMatchObject({
      assessment: null,
      event: { source: 'test' },
      failure: { error: 'SignalRejectedError' },
    });
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('ends red with the error of Close incident', async () => {
    const { execution } = await run(buildPass('securityRisk'), ['CloseIncident'], 'IncidentFailedError');

    expect(execution).toMatchObject({ status: 'FAILED', error: 'IncidentFailedError' });
    expect(execution.path.at(-1)).toBe('Incident failed');
  });

  it('asks two functions, and no more, before the first blocking one', async () => {
    const { calls } = await run(buildPass('securityRisk'));

    expect(calls.slice(0, 2).map(({ name }) => name)).toEqual([
      'Assess',
      'RevokeSecurityGroups revoke-security-groups',
    ]);
  });
});
