import { describe, expect, it } from 'vitest';

import { sleep } from '../../../lab/asl/clock.ts';
import { StateFailure } from '../../../lab/asl/failure.ts';
import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution } from '../../../lab/asl/interpreter.ts';
import type { TaskHandler, TaskRequest } from '../../../lab/asl/run.ts';
import { INVOKE, buildMachine, buildTask, failWith, script, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };

function runTask(
  fields: Definition,
  handlers: Record<string, TaskHandler>,
  clock = new VirtualClock(),
): Promise<Execution> {
  const definition = buildMachine({ T: buildTask(fields), Caught: end, 'Caught too': end });
  return runMachine(definition, { in: 1 }, { handlers, clock, random: () => 0.5 });
}

/** Seconds from the start at which the handler was called. */
function callTimes({ history }: Execution): number[] {
  const start = Date.parse(history[0]?.timestamp ?? '');
  return history
    .filter(({ type }) => type === 'TaskStarted')
    .map(({ timestamp }) => (Date.parse(timestamp) - start) / 1000);
}

describe('Task', () => {
  it('hands evaluated arguments to the handler of its resource and the result to Output and Assign', async () => {
    const calls: TaskRequest[] = [];
    const definition = buildMachine({
      T: buildTask({
        Arguments: { FunctionName: 'f', Payload: { of: '{% $states.input.in %}' } },
        Output: { was: '{% $states.result.Payload %}', in: '{% $states.input.in %}' },
        Assign: { kept: '{% $states.result.StatusCode %}' },
        End: undefined,
        Next: 'A',
      }),
      A: { ...end, Output: ['{% $states.input %}', '{% $kept %}'] },
    });

    const execution = await runMachine(
      definition,
      { in: 1 },
      { handlers: script([{ Payload: 'p', StatusCode: 200 }], calls) },
    );

    expect(calls[0]).toMatchObject({ resource: INVOKE, arguments: { FunctionName: 'f', Payload: { of: 1 } } });
    expect(execution.output).toEqual([{ was: 'p', in: 1 }, 200]);
  });

  it('has its result as output by default', async () => {
    await expect(runTask({}, script([{ Payload: 1 }]))).resolves.toMatchObject({ output: { Payload: 1 } });
  });

  it('reports what the handler throws under its own name', async () => {
    const execution = await runTask({}, script([failWith('Lambda.TooManyRequestsException', 'Rate exceeded')]));

    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.TooManyRequestsException',
      cause: 'Rate exceeded',
    });
  });

  it.each<[string, TaskHandler]>([
    ['answers with nothing', async () => undefined],
    ['answers with what JSON cannot hold', async () => ({ at: new Date() })],
    ['throws something else than an error', () => Promise.reject('text')],
  ])('fails for good when the handler %s', async (_name, handler) => {
    const fields = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] };

    await expect(runTask(fields, { [INVOKE]: handler })).resolves.toMatchObject({
      error: 'States.Runtime',
      path: ['T'],
    });
  });

  it('retries and catches an expression that fails', async () => {
    const fields = {
      Output: '{% $states.result.missing %}',
      Retry: [{ ErrorEquals: ['States.QueryEvaluationError'], MaxAttempts: 1 }],
      Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught' }],
    };

    const execution = await runTask(fields, script([{}]));

    expect(callTimes(execution)).toEqual([0, 1]);
    expect(execution.path).toEqual(['T', 'Caught']);
  });
});

describe('a job that is waited for', () => {
  const JOB = 'arn:aws:states:::states:startExecution.sync:2';
  const trace = ({ history }: Execution): string[] => history.map(({ type }) => type).slice(2);

  it('is recorded as submitted with the answer to its start, and succeeds with the end', async () => {
    const job: TaskHandler = async ({ submitted }) => {
      submitted({ JobId: 'j' });
      return { Output: 1 };
    };

    const execution = await runTask({ Resource: JOB }, { [JOB]: job });

    expect(trace(execution)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(execution.history[4]?.details).toEqual({
      resourceType: 'states',
      resource: 'startExecution.sync:2',
      output: { JobId: 'j' },
    });
  });

  it('fails with the failure its handler throws, cause and all', async () => {
    const job: TaskHandler = async () =>
      Promise.reject(new StateFailure({ error: 'States.TaskFailed', cause: '{"Status":"FAILED"}' }));

    await expect(runTask({ Resource: JOB }, { [JOB]: job })).resolves.toMatchObject({
      status: 'FAILED',
      error: 'States.TaskFailed',
      cause: '{"Status":"FAILED"}',
    });
  });
});

describe('timeouts', () => {
  const caught = [{ ErrorEquals: ['States.Timeout'], Next: 'Caught' }];

  it('ends a silent task with States.Timeout and an empty cause, and aborts its handler', async () => {
    const signals: AbortSignal[] = [];
    const handler: TaskHandler = async (request) => {
      signals.push(request.signal);
      return silent(request);
    };

    const execution = await runTask({ TimeoutSeconds: 5, Catch: caught }, { [INVOKE]: handler });

    expect(execution).toMatchObject({ output: { Error: 'States.Timeout', Cause: '' } });
    expect(execution.history.map(({ type }) => type)).toContain('TaskTimedOut');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('leaves no timer behind when the answer comes in time', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');

    await runTask({ TimeoutSeconds: 60, HeartbeatSeconds: 30 }, script(['ok']), clock);
    await sleep(clock, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));

    expect(clock.now()).toBe(Date.parse('2026-01-01T00:00:01Z'));
  });

  it('counts anew for every attempt', async () => {
    const Retry = [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 2 }];

    const execution = await runTask({ TimeoutSeconds: 5, Retry }, { [INVOKE]: silent });

    expect(callTimes(execution)).toEqual([0, 6, 13]);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.Timeout', cause: undefined });
  });

  it('is not caught by States.TaskFailed', async () => {
    const Catch = [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }];

    await expect(runTask({ TimeoutSeconds: 5, Catch }, { [INVOKE]: silent })).resolves.toMatchObject({ path: ['T'] });
  });

  it.each<[string, Definition, number, string[]]>([
    ['answers in time', { TimeoutSeconds: 10 }, 9, ['T']],
    ['answers late', { TimeoutSeconds: 10, Catch: caught }, 11, ['T', 'Caught']],
    ['has an evaluated limit', { TimeoutSeconds: '{% $states.input.in + 1 %}', Catch: caught }, 3, ['T', 'Caught']],
    ['has no limit', {}, 100_000, ['T']],
  ])('leaves the task alone or not when it %s', async (_name, fields, seconds, path) => {
    const clock = new VirtualClock();
    const slow: TaskHandler = async () => {
      await sleep(clock, seconds);
      return 'ok';
    };

    await expect(runTask(fields, { [INVOKE]: slow }, clock)).resolves.toMatchObject({ path });
  });

  it.each([
    [{ TimeoutSeconds: '{% 0 %}' }, 'must be between 1 and 99999999, but was 0'],
    [{ TimeoutSeconds: '{% "5" %}' }, "Expected 'integer', but was 'string'"],
    [{ TimeoutSeconds: 5, HeartbeatSeconds: '{% 5 %}' }, 'must be less than TimeoutSeconds 5, but was 5'],
  ])('refuses %j', async (fields, cause) => {
    await expect(runTask(fields, script(['ok']))).resolves.toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(cause) as string,
    });
  });
});

describe('heartbeats', () => {
  function beating(clock: VirtualClock, times: number): TaskHandler {
    return async ({ heartbeat }) => {
      for (let beat = 0; beat < times; beat += 1) {
        await sleep(clock, 4);
        heartbeat();
      }
      await sleep(clock, 6);
      return 'ok';
    };
  }

  it.each([
    ['5 seconds are too short for a pause of 6', { HeartbeatSeconds: 5 }, ['T', 'Caught']],
    ['7 seconds are enough', { HeartbeatSeconds: 7 }, ['T']],
    ['beats do not stretch the time limit', { HeartbeatSeconds: 7, TimeoutSeconds: 10 }, ['T', 'Caught too']],
  ])('%s', async (_name, fields, path) => {
    const clock = new VirtualClock();
    const Catch = [
      { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Caught' },
      { ErrorEquals: ['States.Timeout'], Next: 'Caught too' },
    ];

    await expect(runTask({ ...fields, Catch }, { [INVOKE]: beating(clock, 3) }, clock)).resolves.toMatchObject({
      path,
    });
  });

  it('reports a missed heartbeat as States.Timeout, as AWS was recorded to', async () => {
    await expect(runTask({ HeartbeatSeconds: 5 }, { [INVOKE]: silent })).resolves.toMatchObject({
      error: 'States.Timeout',
    });
  });
});
