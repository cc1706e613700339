import { describe, expect, it } from 'vitest';

import { StoppedError } from '../../../lab/asl/failure.ts';
import { toApiEvent } from '../../../lab/asl/history.ts';
import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { TaskHandler } from '../../../lab/asl/run.ts';
import { CALLBACK, INVOKE, buildMachine, buildTask, buildWorkflow, failWith, script, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };
const fail = { Type: 'Fail', Error: 'E', Cause: 'c' };

/** Event types with the id of the event before, as `type<previous`. */
async function trace(definition: Definition, input: unknown, handler: TaskHandler): Promise<string[]> {
  const handlers = { [INVOKE]: handler, [CALLBACK]: handler };
  const { history } = await runMachine(definition, input, { clock: new VirtualClock(), handlers });
  return history.map(({ type, previousEventId }) => `${type}<${previousEventId}`);
}

describe('history', () => {
  // Types and previous ids as in histories recorded on AWS for the same machines (public snapshot tests of LocalStack).
  it.each<[string, Definition, TaskHandler, string[]]>([
    [
      'a Task that retries and is caught',
      buildMachine({
        T: buildTask({
          Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'P' }],
        }),
        P: end,
      }),
      () => Promise.reject(failWith('Exception')),
      [
        'ExecutionStarted<0',
        'TaskStateEntered<0',
        'TaskScheduled<2',
        'TaskStarted<3',
        'TaskFailed<4',
        'TaskScheduled<5',
        'TaskStarted<6',
        'TaskFailed<7',
        'TaskStateExited<8',
        'PassStateEntered<9',
        'PassStateExited<10',
        'ExecutionSucceeded<11',
      ],
    ],
    [
      'a Task that times out',
      buildMachine({ T: buildTask({ TimeoutSeconds: 5 }) }),
      silent,
      [
        'ExecutionStarted<0',
        'TaskStateEntered<0',
        'TaskScheduled<2',
        'TaskStarted<3',
        'TaskTimedOut<4',
        'ExecutionFailed<5',
      ],
    ],
    [
      'a Task that misses its heartbeat while it waits for its token',
      buildMachine({ T: buildTask({ Resource: CALLBACK, TimeoutSeconds: 600, HeartbeatSeconds: 5 }) }),
      async () => ({}),
      [
        'ExecutionStarted<0',
        'TaskStateEntered<0',
        'TaskScheduled<2',
        'TaskStarted<3',
        'TaskSubmitted<4',
        'TaskTimedOut<5',
        'ExecutionFailed<6',
      ],
    ],
    [
      'a Map of one iteration',
      buildMachine({ M: { Type: 'Map', Items: [1], ItemProcessor: buildWorkflow({ P: end }), End: true } }),
      silent,
      [
        'ExecutionStarted<0',
        'MapStateEntered<0',
        'MapStateStarted<2',
        'MapIterationStarted<3',
        'PassStateEntered<4',
        'PassStateExited<5',
        'MapIterationSucceeded<6',
        'MapStateSucceeded<7',
        'MapStateExited<8',
        'ExecutionSucceeded<9',
      ],
    ],
    [
      'a Parallel that is caught',
      buildMachine({
        P: {
          Type: 'Parallel',
          Branches: [buildWorkflow({ F: fail })],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C' }],
          End: true,
        },
        C: end,
      }),
      silent,
      [
        'ExecutionStarted<0',
        'ParallelStateEntered<0',
        'ParallelStateStarted<2',
        'FailStateEntered<3',
        'ParallelStateFailed<4',
        'ParallelStateExited<5',
        'PassStateEntered<6',
        'PassStateExited<7',
        'ExecutionSucceeded<8',
      ],
    ],
    [
      'a Parallel that retries twice',
      buildMachine({
        P: {
          Type: 'Parallel',
          Branches: [buildWorkflow({ F: fail })],
          Retry: [{ ErrorEquals: ['E'], MaxAttempts: 2 }],
          End: true,
        },
      }),
      silent,
      [
        'ExecutionStarted<0',
        'ParallelStateEntered<0',
        'ParallelStateStarted<2',
        'FailStateEntered<3',
        'ParallelStateStarted<4',
        'FailStateEntered<5',
        'ParallelStateStarted<6',
        'FailStateEntered<7',
        'ParallelStateFailed<8',
        'ExecutionFailed<9',
      ],
    ],
  ])('of %s is the one of AWS', async (_name, definition, handler, expected) => {
    // Every state that retries or catches here may also carry End: the failing way never uses it.
    await expect(trace(definition, {}, handler)).resolves.toEqual(expected);
  });
});

describe('a stop', () => {
  it('records why, and no event for each state that ends with it', async () => {
    const stop = new AbortController();
    const branch = (name: string): Definition => ({
      StartAt: name,
      States: { [name]: { Type: 'Wait', Seconds: 9, End: true } },
    });
    const definition = buildMachine({ P: { Type: 'Parallel', Branches: [branch('A'), branch('B')], End: true } });
    const running = runMachine(definition, {}, { signal: stop.signal, handlers: {} });

    stop.abort(new StoppedError('timed-out', { error: 'Operator', cause: 'enough' }));
    const execution = await running;

    expect(execution).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'enough' });
    expect(execution.history.filter(({ type }) => type.endsWith('Aborted'))).toMatchObject([
      { type: 'ExecutionAborted', previousEventId: 0, details: { error: 'Operator', cause: 'enough' } },
    ]);
  });
});

describe('toApiEvent', () => {
  it('writes events as GetExecutionHistory answers them', async () => {
    const definition = buildMachine({
      A: { Type: 'Pass', Assign: { x: [1] }, Next: 'T' },
      T: buildTask({ TimeoutSeconds: 9 }),
    });
    const clock = new VirtualClock('2026-01-01T00:00:00.500Z');

    const { history } = await runMachine(definition, { a: 1 }, { clock, handlers: script([{ Payload: 1 }]) });

    expect(history.map(toApiEvent).slice(1, 7)).toEqual([
      expect.objectContaining({
        id: 2,
        previousEventId: 0,
        type: 'PassStateEntered',
        timestamp: 1_767_225_600.5,
        stateEnteredEventDetails: { name: 'A', input: '{"a":1}', inputDetails: { truncated: false } },
      }),
      expect.objectContaining({
        stateExitedEventDetails: {
          name: 'A',
          output: '{"a":1}',
          outputDetails: { truncated: false },
          assignedVariables: { x: '[1]' },
          assignedVariablesDetails: { truncated: false },
        },
      }),
      expect.objectContaining({ type: 'TaskStateEntered' }),
      expect.objectContaining({
        taskScheduledEventDetails: {
          resourceType: 'lambda',
          resource: 'invoke',
          parameters: '{"FunctionName":"f"}',
          timeoutInSeconds: 9,
        },
      }),
      expect.objectContaining({ taskStartedEventDetails: { resourceType: 'lambda', resource: 'invoke' } }),
      expect.objectContaining({
        taskSucceededEventDetails: {
          resourceType: 'lambda',
          resource: 'invoke',
          output: '{"Payload":1}',
          outputDetails: { truncated: false },
        },
      }),
    ]);
  });

  it.each([
    ['ParallelStateStarted', {}],
    ['TaskStateAborted', { name: 'T' }],
    ['ExecutionFailed', { error: undefined, cause: undefined }],
  ])('gives %s no details', (type, details) => {
    const event = { id: 1, previousEventId: 0, timestamp: '2026-01-01T00:00:00Z', type, details };

    expect(Object.keys(toApiEvent(event))).toEqual(['id', 'previousEventId', 'type', 'timestamp']);
  });

  it.each([
    ['arn:aws:states:::dynamodb:putItem', 'dynamodb', 'putItem'],
    ['arn:aws:states:::states:startExecution.sync:2', 'states', 'startExecution.sync:2'],
    ['arn:aws:states:::aws-sdk:ec2:describeInstances', 'aws-sdk:ec2', 'describeInstances'],
  ])('splits %s as AWS does', async (Resource, resourceType, resource) => {
    const handlers = { [Resource]: async () => ({}) };

    const { history } = await runMachine(buildMachine({ T: buildTask({ Resource }) }), {}, { handlers });

    expect(history[2]?.details).toMatchObject({ resourceType, resource });
  });
});
