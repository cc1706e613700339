import { describe, expect, it } from 'vitest';

import type { Json } from '../../../lab/asl/json.ts';
import { walkMachine } from '../../../lab/asl/walk-machine.ts';
import type { StepAnswer, Walk, WalkOptions, WalkStep } from '../../../lab/asl/walk-machine.ts';
import { INVOKE, buildMachine, buildTask } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const START = 'arn:aws:states:::states:startExecution';
const CHILD = 'arn:aws:states:us-east-1:123456789012:stateMachine:child';
const end = { Type: 'Pass', End: true };

function starting(fields: Definition = {}): Definition {
  return buildTask({
    Resource: `${START}.sync:2`,
    Arguments: { StateMachineArn: CHILD, Input: { of: '{% $states.input %}' } },
    ...fields,
  });
}

const asking = buildTask({
  Resource: `${INVOKE}.waitForTaskToken`,
  Arguments: { FunctionName: 'ask', Payload: { token: '{% $states.context.Task.Token %}' } },
});

function walk(states: Record<string, Definition>, child: unknown, options: Partial<WalkOptions> = {}): Promise<Walk> {
  return walkMachine(buildMachine(states), 'in', {
    answer: () => ({ result: null }),
    resolveMachine: (arn) => (arn === CHILD ? child : undefined),
    ...options,
  });
}

const show = ({ path }: Walk): string[] => path.map(({ within, state }) => [...within, state].join(' > '));

describe('walkMachine', () => {
  it('walks into the machine a task waits for and goes on with its output', async () => {
    const child = buildMachine({ C: { ...end, Output: { was: '{% $states.input.of %}' } } });

    const walked = await walk(
      { T: { ...starting(), Output: '{% $states.result.Output.was %}', End: undefined, Next: 'A' }, A: end },
      child,
    );

    expect(show(walked)).toEqual(['T', 'T > C', 'A']);
    expect(walked).toMatchObject({
      status: 'SUCCEEDED',
      output: 'in',
      children: [{ within: [], state: 'T', stateMachineArn: CHILD, status: 'SUCCEEDED', output: { was: 'in' } }],
    });
  });

  it('asks for every task in either machine, and for what waits for a token once', async () => {
    const steps: WalkStep[] = [];
    const answer = (step: WalkStep): StepAnswer => {
      steps.push(step);
      return { result: { approved: step.resource.endsWith('Token') } };
    };

    const walked = await walk({ T: starting() }, buildMachine({ Ask: asking }), { answer });

    expect(steps).toMatchObject([
      { within: ['T'], state: 'Ask', resource: `${INVOKE}.waitForTaskToken`, arguments: { FunctionName: 'ask' } },
    ]);
    expect(walked.output).toMatchObject({ Output: { approved: true }, Input: { of: 'in' }, Status: 'SUCCEEDED' });
  });

  it.each<[string, StepAnswer, Json]>([
    ['an error', { error: { error: 'Declined', cause: 'c' } }, { Error: 'Declined', Cause: 'c' }],
    ['silence', { error: { error: 'States.Timeout', cause: '' } }, { Error: 'States.Timeout', Cause: '' }],
  ])('takes %s for an answer to a token', async (_name, answered, output) => {
    const states = { Ask: { ...asking, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'A' }] }, A: end };

    await expect(walk(states, undefined, { answer: () => answered })).resolves.toMatchObject({ output });
  });

  it('knows a missed heartbeat', async () => {
    const states = { Ask: { ...asking, Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'A' }] }, A: end };
    const answer = (): StepAnswer => ({ error: { error: 'States.Timeout', cause: '', missedHeartbeat: true } });

    expect(show(await walk(states, undefined, { answer }))).toEqual(['Ask', 'A']);
  });

  it('asks for a task whose machine it does not get, or whose token somebody else has', async () => {
    const asked: string[] = [];
    const answer = ({ state }: WalkStep): StepAnswer => {
      asked.push(state);
      return { result: {} };
    };
    const Arguments = { StateMachineArn: CHILD, Input: { token: '{% $states.context.Task.Token %}' } };
    const states = {
      T: starting({ Arguments: { StateMachineArn: 'other' }, End: undefined, Next: 'W' }),
      W: starting({ Resource: `${START}.waitForTaskToken`, Arguments }),
    };

    const walked = await walk(states, buildMachine({ C: end }), { answer });

    expect([asked, walked.children]).toEqual([['T', 'W'], []]);
  });

  it('has the failure of a child as States.TaskFailed, with its description as cause', async () => {
    const states = { T: starting({ Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'A' }] }), A: end };

    const walked = await walk(states, buildMachine({ F: { Type: 'Fail', Error: 'Boom', Cause: 'why' } }));

    const { Cause } = walked.output as { Cause: string };
    expect(JSON.parse(Cause)).toMatchObject({ Error: 'Boom', Cause: 'why', Status: 'FAILED', StateMachineArn: CHILD });
    expect(walked.children).toMatchObject([{ status: 'FAILED', error: 'Boom', cause: 'why' }]);
  });

  it('gives up a child that takes longer than its task may', async () => {
    const states = {
      T: starting({ TimeoutSeconds: 60, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'A' }] }),
      A: end,
    };
    const child = buildMachine({ W: { Type: 'Wait', Seconds: 61, Next: 'Never' }, Never: end });

    const walked = await walk(states, child);

    expect(show(walked)).toEqual(['T', 'T > W', 'A']);
    expect(walked.children).toMatchObject([{ status: 'ABORTED' }]);
  });

  it('goes on beside a machine it only starts, however that ends and however long it takes', async () => {
    const states = {
      T: starting({ Resource: START, TimeoutSeconds: 1, Output: '{% $states.result.ExecutionArn %}' }),
    };
    const child = buildMachine({ W: { Type: 'Wait', Seconds: 9, Next: 'F' }, F: { Type: 'Fail', Error: 'Boom' } });

    const walked = await walk(states, child);

    expect(show(walked)).toEqual(['T', 'T > W', 'T > F']);
    expect(walked).toMatchObject({
      status: 'SUCCEEDED',
      output: 'arn:aws:states:us-east-1:123456789012:execution:child:child-1',
      children: [{ status: 'FAILED', error: 'Boom' }],
    });
  });

  it('refuses a name a second time, as the service does', async () => {
    const Arguments = { StateMachineArn: CHILD, Name: 'same', Input: {} };
    const states = { T: starting({ Arguments, End: undefined, Next: 'U' }), U: starting({ Arguments }) };

    await expect(walk(states, buildMachine({ C: end }))).resolves.toMatchObject({
      status: 'FAILED',
      error: 'StepFunctions.ExecutionAlreadyExistsException',
    });
  });

  it('refuses text that is no JSON as input', async () => {
    const states = { T: starting({ Arguments: { StateMachineArn: CHILD, Input: 'text' } }) };

    await expect(walk(states, buildMachine({ C: end }))).resolves.toMatchObject({
      error: 'StepFunctions.InvalidExecutionInputException',
    });
  });

  const caught = { T: starting({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'A' }] }), A: end };

  it.each<[string, unknown, Partial<WalkOptions>, string]>([
    [
      'a caller that cannot answer',
      buildMachine({ C: buildTask() }),
      { answer: () => Promise.reject(new Error('lost')) },
      'lost',
    ],
    ['a child that cannot be run', { StartAt: 'Nowhere' }, {}, 'Could not load the state machine'],
    ['a machine that starts itself', buildMachine({ T: starting() }), {}, 'Could not walk deeper than 8 machines'],
  ])('rejects for %s, whatever the machine catches', async (_name, child, options, message) => {
    await expect(walk(caught, child, options)).rejects.toThrow(message);
  });

  it('shows the child whose child it is', async () => {
    const child = buildMachine({ C: { ...end, Output: '{% $states.context.Execution.Id %}' } });

    const walked = await walk({ T: { ...starting(), Output: '{% $states.result.Output %}' } }, child);

    expect(walked.output).toBe('arn:aws:states:us-east-1:123456789012:execution:child:child-1');
  });
});
