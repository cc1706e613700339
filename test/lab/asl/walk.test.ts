import { describe, expect, it } from 'vitest';

import { listBranches, runState } from '../../../lab/asl/walk.ts';
import type { StateOutcome, StateSituation } from '../../../lab/asl/walk.ts';
import { CALLBACK, buildMachine, buildTask, buildWorkflow } from './build-machine.ts';

const end = { Type: 'Pass', End: true };

const machine = buildMachine({
  Ask: buildTask({
    Resource: CALLBACK,
    Arguments: { QueueUrl: 'q', MessageBody: { who: '{% $who %}', token: '{% $states.context.Task.Token %}' } },
    Retry: [
      { ErrorEquals: ['Busy'], IntervalSeconds: 2, JitterStrategy: 'FULL' },
      { ErrorEquals: ['States.Timeout'], MaxAttempts: 0 },
    ],
    Catch: [
      { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Silent' },
      {
        ErrorEquals: ['States.ALL'],
        Assign: { e: '{% $states.errorOutput %}' },
        Output: '{% $states.input %}',
        Next: 'Failed',
      },
    ],
    Assign: { answer: '{% $states.result.yes %}' },
    Output: '{% $states.result.yes ? "yes" : "no" %}',
    End: undefined,
    Next: 'Which?',
  }),
  'Which?': {
    Type: 'Choice',
    Choices: [
      { Condition: '{% $answer %}', Next: 'Each' },
      { Condition: '{% $states.input = "wait" %}', Assign: { waited: true }, Next: 'Wait' },
    ],
    Default: 'Both',
  },
  Wait: { Type: 'Wait', Seconds: 3600, Next: 'Each' },
  Each: {
    Type: 'Map',
    Items: '{% $states.input.servers %}',
    ItemSelector: { n: '{% $states.context.Map.Item.Index %}' },
    ItemProcessor: buildWorkflow({ Cut: buildTask({ Catch: [{ ErrorEquals: ['E'], Next: 'Kept' }] }), Kept: end }),
    Next: 'Silent',
  },
  Both: {
    Type: 'Parallel',
    Branches: [buildWorkflow({ One: end }), buildWorkflow({ Two: end })],
    Arguments: { a: 1 },
    Next: 'Silent',
  },
  Silent: { Type: 'Succeed' },
  Failed: { Type: 'Fail', Error: 'AskFailed', Cause: '{% $e.Error %}' },
});

describe('listBranches', () => {
  it('lists every rule, Default, retrier and catcher, nested ones included', () => {
    expect(
      listBranches(machine).map(({ state, kind, index, target }) => `${state} ${kind} ${index} -> ${target}`),
    ).toEqual([
      'Ask retry 0 -> Ask',
      'Ask retry 1 -> Ask',
      'Ask catch 0 -> Silent',
      'Ask catch 1 -> Failed',
      'Which? rule 0 -> Each',
      'Which? rule 1 -> Wait',
      'Which? default 0 -> Both',
      'Cut catch 0 -> Kept',
    ]);
  });

  it('tells what each asks for', () => {
    expect(listBranches(machine)[0]).toMatchObject({ errorEquals: ['Busy'] });
    expect(listBranches(machine)[5]).toMatchObject({ condition: '{% $states.input = "wait" %}' });
  });
});

describe('runState', () => {
  const who = { variables: { who: 'doctor' } };
  const given = { QueueUrl: 'q', MessageBody: { who: 'doctor', token: 'task-token' } };

  it.each<[string, string, StateSituation, StateOutcome]>([
    [
      'a mocked result',
      'Ask',
      { ...who, mock: { result: { yes: true } } },
      { status: 'SUCCEEDED', next: 'Which?', output: 'yes', assigned: { answer: true }, arguments: given },
    ],
    [
      'an error to be retried, with the longest delay its jitter allows',
      'Ask',
      { ...who, mock: { error: { error: 'Busy', cause: 'c' } }, retries: [1] },
      { status: 'RETRIABLE', index: 0, error: 'Busy', cause: 'c', retryDelaySeconds: 4, arguments: given },
    ],
    [
      'an error whose retrier is used up',
      'Ask',
      { ...who, input: 'in', mock: { error: { error: 'Busy', cause: 'c' } }, retries: [3] },
      {
        status: 'CAUGHT_ERROR',
        index: 1,
        error: 'Busy',
        cause: 'c',
        next: 'Failed',
        output: 'in',
        assigned: { e: { Error: 'Busy', Cause: 'c' } },
        arguments: given,
      },
    ],
    [
      'a missed heartbeat',
      'Ask',
      { ...who, mock: { error: { error: 'States.Timeout', cause: '', missedHeartbeat: true } } },
      {
        status: 'CAUGHT_ERROR',
        index: 0,
        error: 'States.Timeout',
        cause: '',
        next: 'Silent',
        output: { Error: 'States.Timeout', Cause: '' },
        assigned: {},
        arguments: given,
      },
    ],
    [
      'a rule',
      'Which?',
      { variables: { answer: true } },
      { status: 'SUCCEEDED', next: 'Each', output: {}, assigned: {} },
    ],
    [
      'a later rule',
      'Which?',
      { variables: { answer: false }, input: 'wait' },
      { status: 'SUCCEEDED', next: 'Wait', output: 'wait', assigned: { waited: true } },
    ],
    [
      'Default',
      'Which?',
      { variables: { answer: false } },
      { status: 'SUCCEEDED', next: 'Both', output: {}, assigned: {} },
    ],
    ['a wait, without waiting', 'Wait', {}, { status: 'SUCCEEDED', next: 'Each', output: {}, assigned: {} }],
    [
      'a Map, with what each iteration would get',
      'Each',
      { input: { servers: ['a', 'b'] }, mock: { result: [1, 2] } },
      { status: 'SUCCEEDED', next: 'Silent', output: [1, 2], assigned: {}, arguments: [{ n: 0 }, { n: 1 }] },
    ],
    [
      'a Parallel',
      'Both',
      { mock: { result: [1, 2] } },
      { status: 'SUCCEEDED', next: 'Silent', output: [1, 2], assigned: {}, arguments: { a: 1 } },
    ],
    [
      'a nested state',
      'Cut',
      { mock: { error: { error: 'E' } } },
      {
        status: 'CAUGHT_ERROR',
        index: 0,
        error: 'E',
        cause: undefined,
        next: 'Kept',
        output: { Error: 'E', Cause: null },
        assigned: {},
        arguments: { FunctionName: 'f' },
      },
    ],
    [
      'an error nobody takes',
      'Cut',
      { mock: { error: { error: 'F', cause: 'c' } } },
      { status: 'FAILED', error: 'F', cause: 'c' },
    ],
    ['an end', 'Silent', { input: 1 }, { status: 'SUCCEEDED', next: undefined, output: 1, assigned: {} }],
    ['a failure', 'Failed', { variables: { e: { Error: 'X' } } }, { status: 'FAILED', error: 'AskFailed', cause: 'X' }],
  ])('runs %s', async (_name, state, situation, outcome) => {
    await expect(runState(machine, state, situation)).resolves.toEqual(outcome);
  });

  it('evaluates Arguments although the result is mocked', async () => {
    const outcome = await runState(machine, 'Ask', { mock: { result: {} } });

    expect(outcome).toMatchObject({ status: 'CAUGHT_ERROR', next: 'Failed', error: 'States.QueryEvaluationError' });
  });

  it('takes parts of the context object', async () => {
    const definition = buildMachine({ A: { ...end, Output: '{% $states.context.Execution.Name %}' } });

    await expect(runState(definition, 'A', { context: { Execution: { Name: 'n' } } })).resolves.toMatchObject({
      output: 'n',
    });
  });

  it.each([
    ['a state the machine does not have', 'Nowhere', {}, 'the machine has no such state'],
    ['work without a mock', 'Ask', who, 'a Task wants a mock'],
  ])('refuses %s', async (_name, state, situation, message) => {
    await expect(runState(machine, state, situation)).rejects.toThrow(message);
  });
});
