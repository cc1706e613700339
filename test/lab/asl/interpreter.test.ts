import { describe, expect, it } from 'vitest';

import { ExecutionNotStartedError, VirtualClock, runMachine, startMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution, RunOptions } from '../../../lab/asl/interpreter.ts';
import { MAX_PAYLOAD_BYTES } from '../../../lab/asl/json.ts';
import { InvalidDefinitionError } from '../../../lab/asl/machine.ts';
import type { TaskRequest } from '../../../lab/asl/run.ts';
import { INVOKE, buildMachine, buildTask, failWith, script, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

function run(definition: unknown, input: unknown = {}, options: Partial<RunOptions> = {}): Promise<Execution> {
  return runMachine(definition, input, { handlers: {}, clock: new VirtualClock('2026-01-01T00:00:00Z'), ...options });
}

const end = { Type: 'Pass', End: true };

describe('runMachine', () => {
  it('passes the input on and returns the output, the path and the history', async () => {
    const definition = buildMachine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Succeed' } });

    const execution = await run(definition, { a: 1 });

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { a: 1 }, path: ['A', 'B'] });
    expect(execution.history).toHaveLength(6);
  });

  it.each([
    ['null', null],
    ['a number', 0],
    ['a boolean', false],
    ['plain text', 'text'],
    ['a list', [1, 'a']],
  ])('takes %s as Output', async (_name, output) => {
    await expect(run(buildMachine({ A: { ...end, Output: output } }))).resolves.toMatchObject({ output });
  });

  it('evaluates Output and Assign against the values on entry and sets all at once', async () => {
    const definition = buildMachine({
      A: { Type: 'Pass', Assign: { x: 3, a: 6 }, Next: 'B' },
      B: { Type: 'Pass', Assign: { x: '{% $a %}', nextX: '{% $x %}' }, Output: '{% $x %}', Next: 'C' },
      C: { ...end, Output: { x: '{% $x %}', nextX: '{% $nextX %}', input: '{% $states.input %}' } },
    });

    await expect(run(definition)).resolves.toMatchObject({ output: { x: 6, nextX: 3, input: 3 } });
  });

  it('fails on a variable nobody has set yet', async () => {
    const execution = await run(buildMachine({ A: { ...end, Assign: { x: 1 }, Output: { value: '{% $x %}' } } }));

    expect(execution).toMatchObject({
      status: 'FAILED',
      error: 'States.QueryEvaluationError',
      cause:
        "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression '$x' specified for the field 'Output/value' returned nothing (undefined).",
    });
  });

  it('shows the context object', async () => {
    const definition = buildMachine({
      W: { Type: 'Wait', Seconds: 61, Next: 'A' },
      A: { ...end, Output: '{% $states.context %}' },
    });
    const Execution = { Id: 'arn:e', Name: 'e', RoleArn: 'arn:r' };

    const execution = await run(
      definition,
      { a: 1 },
      { context: { Execution, StateMachine: { Id: 'arn:m', Name: 'm' } } },
    );

    expect(execution.output).toEqual({
      Execution: { ...Execution, Input: { a: 1 }, StartTime: '2026-01-01T00:00:00Z', RedriveCount: 0 },
      StateMachine: { Id: 'arn:m', Name: 'm' },
      State: { Name: 'A', EnteredTime: '2026-01-01T00:01:01Z' },
    });
  });

  it('counts retries in the context of a Task, and shows no token where none is waited for', async () => {
    const calls: TaskRequest[] = [];
    const handlers = script([failWith('E'), failWith('E'), 'ok'], calls);
    const definition = buildMachine({ T: buildTask({ Retry: [{ ErrorEquals: ['E'] }] }) });

    await run(definition, {}, { handlers });

    expect(calls.map(({ context }) => context['State'])).toEqual(
      [0, 1, 2].map((RetryCount) => ({ Name: 'T', EnteredTime: '2026-01-01T00:00:00Z', RetryCount })),
    );
    expect(calls[0]?.context).not.toHaveProperty('Task');
  });

  it('passes every event on as it happens', async () => {
    const types: string[] = [];

    await run(buildMachine({ A: end }), {}, { onEvent: ({ type }) => types.push(type) });

    expect(types).toEqual(['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded']);
  });
});

describe('limits', () => {
  const full = 'x'.repeat(MAX_PAYLOAD_BYTES - 2);
  const over = `${full}x`;

  it('carries an output of exactly 256 KiB', async () => {
    await expect(run(buildMachine({ A: { ...end, Output: full } }))).resolves.toMatchObject({ status: 'SUCCEEDED' });
  });

  it.each<[string, Definition]>([
    ['an Output', { ...end, Output: over }],
    ['an Output whose bytes, not characters, are too many', { ...end, Output: 'é'.repeat(MAX_PAYLOAD_BYTES / 2) }],
    ['an Assign', { ...end, Assign: { a: full, b: full } }],
    ['a result', buildTask({ Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }] })],
  ])('fails on %s over 256 KiB, and States.ALL does not catch it', async (_name, state) => {
    const execution = await run(
      buildMachine({ A: state, Caught: end }),
      {},
      { handlers: { [INVOKE]: async () => over } },
    );

    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded', path: ['A'] });
  });

  it('does not call a handler with Arguments over 256 KiB', async () => {
    const calls: TaskRequest[] = [];

    const execution = await run(
      buildMachine({ T: buildTask({ Arguments: { a: over } }) }),
      {},
      { handlers: script(['ok'], calls) },
    );

    expect([execution.error, calls]).toEqual(['States.DataLimitExceeded', []]);
  });

  it('lets a catcher that names it catch it, with the cause AWS gives', async () => {
    const task = buildTask({ Catch: [{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'Caught' }] });

    const execution = await run(
      buildMachine({ A: task, Caught: end }),
      {},
      { handlers: { [INVOKE]: async () => over } },
    );

    expect(execution.output).toEqual({
      Error: 'States.DataLimitExceeded',
      Cause:
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it('holds at most 10 MiB of variables', async () => {
    // 51 of 200 KiB fit, the 52nd does not.
    const value = 'x'.repeat(200 * 1024);
    const names = Array.from({ length: 53 }, (_, index) => `S${index}`);
    const states = names.map((name, index): [string, Definition] => [
      name,
      { Type: 'Pass', Assign: { [name]: value }, ...(index < 52 ? { Next: `S${index + 1}` } : { End: true }) },
    ]);

    const execution = await run(buildMachine(Object.fromEntries(states)));

    expect(execution).toMatchObject({ error: 'States.DataLimitExceeded', path: names.slice(0, 52) });
  });

  it('ends a machine that loops for ever', async () => {
    const definition = buildMachine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } });

    const execution = await run(definition);

    expect(execution).toMatchObject({ error: 'States.Runtime', cause: expect.stringContaining('25000') as string });
  });
});

describe('ends from outside', () => {
  const waiting = buildMachine({ W: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 30 });

  it('times out a machine', async () => {
    const execution = await run(waiting);

    expect(execution).toMatchObject({ status: 'TIMED_OUT', error: 'States.Timeout' });
    expect(execution.history.map(({ type, previousEventId }) => `${type}<${previousEventId}`)).toEqual([
      'ExecutionStarted<0',
      'WaitStateEntered<0',
      'ExecutionTimedOut<0',
    ]);
  });

  it('does not let a state catch the end of the machine', async () => {
    const task = buildTask({
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    });
    const definition = buildMachine({ T: { ...task }, Caught: end }, { TimeoutSeconds: 30 });

    const execution = await run(definition, {}, { handlers: { [INVOKE]: silent } });

    expect(execution).toMatchObject({ status: 'TIMED_OUT', path: ['T'] });
  });

  it('aborts by signal and tells the handler', async () => {
    const stop = new AbortController();
    const told: string[] = [];
    const handlers = {
      [INVOKE]: async ({ signal }: { signal: AbortSignal }): Promise<unknown> => {
        signal.addEventListener('abort', () => told.push('stopped'));
        stop.abort();
        return new Promise(() => undefined);
      },
    };

    const execution = await run(buildMachine({ T: buildTask() }), {}, { handlers, signal: stop.signal });

    expect([execution.status, told]).toEqual(['ABORTED', ['stopped']]);
    expect(execution.history.at(-1)?.type).toBe('ExecutionAborted');
  });

  it('aborts at once by a signal that was already aborted', async () => {
    await expect(run(waiting, {}, { signal: AbortSignal.abort() })).resolves.toMatchObject({
      status: 'ABORTED',
      path: [],
    });
  });

  it('does not call the handler of a task that is stopped while its Arguments are evaluated', async () => {
    const stop = new AbortController();
    const calls: TaskRequest[] = [];
    const onEvent = ({ type }: { type: string }): void => {
      if (type === 'TaskStateEntered') stop.abort();
    };

    const execution = await run(
      buildMachine({ T: buildTask() }),
      {},
      { handlers: script(['ok'], calls), signal: stop.signal, onEvent },
    );

    expect([execution.status, calls]).toEqual(['ABORTED', []]);
  });

  it('can be stopped while it waits for the next attempt', async () => {
    const clock = new VirtualClock();
    const definition = buildMachine({ T: buildTask({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 3600 }] }) });
    const running = startMachine(definition, {}, { clock, handlers: script([failWith('E')]) });

    clock.schedule(1000, running.stop);

    await expect(running.result).resolves.toMatchObject({ status: 'ABORTED', path: ['T'] });
  });
});

describe('refusals to start', () => {
  it.each<[string, unknown, unknown, new (...given: never[]) => Error, string]>([
    ['an invalid definition', { StartAt: 'A' }, {}, InvalidDefinitionError, 'JSONPath is not supported'],
    [
      'a resource without a handler',
      buildMachine({ T: buildTask({ Resource: 'arn:aws:states:::sqs:no' }) }),
      {},
      ExecutionNotStartedError,
      '"arn:aws:states:::sqs:no" of the state "T"',
    ],
    [
      'an input that is not JSON',
      buildMachine({ A: end }),
      { a: Number.NaN },
      ExecutionNotStartedError,
      'wants JSON as input',
    ],
    ['no input', buildMachine({ A: end }), undefined, ExecutionNotStartedError, 'wants JSON as input'],
    [
      'an input over 256 KiB',
      buildMachine({ A: end }),
      'x'.repeat(MAX_PAYLOAD_BYTES),
      ExecutionNotStartedError,
      `wants at most ${MAX_PAYLOAD_BYTES}`,
    ],
  ])('refuses %s', async (_name, definition, input, error, message) => {
    const handlers = script(['ok']);

    const starting = runMachine(definition, input, { handlers });

    await expect(starting).rejects.toThrow(error);
    await expect(starting).rejects.toThrow(message);
  });
});
