import { describe, expect, it } from 'vitest';

import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution } from '../../../lab/asl/interpreter.ts';
import { buildMachine } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };

function run(definition: unknown, input: unknown = {}): Promise<Execution> {
  return runMachine(definition, input, { handlers: {}, clock: new VirtualClock('2026-01-01T00:00:00Z') });
}

describe('Choice', () => {
  const definition = buildMachine({
    C: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $states.input.n > 90 %}', Assign: { grade: 'high' }, Output: 'rule', Next: 'End' },
        { Condition: '{% $states.input.n > 50 %}', Next: 'End' },
      ],
      Default: 'End',
      Assign: { grade: 'default' },
      Output: { was: '{% $states.input.n %}' },
    },
    End: { ...end, Output: { grade: '{% $exists($grade) ? $grade : "none" %}', input: '{% $states.input %}' } },
  });

  it.each([
    ['the rule that matches first, with its own Assign and Output', 91, { grade: 'high', input: 'rule' }],
    ['a rule without Assign and Output, and not those of the state', 51, { grade: 'none', input: { n: 51 } }],
    ['Default, with those of the state', 1, { grade: 'default', input: { was: 1 } }],
  ])('takes %s', async (_name, n, output) => {
    await expect(run(definition, { n })).resolves.toMatchObject({ output });
  });

  it('fails without Default when no rule matches', async () => {
    const noDefault = buildMachine({ C: { Type: 'Choice', Choices: [{ Condition: false, Next: 'End' }] }, End: end });

    await expect(run(noDefault)).resolves.toMatchObject({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it.each([
    ['{% "yes" %}', "Expected 'boolean', but was 'string' for value: \"yes\""],
    ['{% 1 %}', "Expected 'boolean', but was 'number' for value: 1"],
    ['{% null %}', "Expected 'boolean', but was 'null' for value: null"],
    ['{% $nope %}', "'Choices[0]/Condition' returned nothing (undefined)."],
  ])('refuses the condition %s', async (Condition, cause) => {
    const odd = buildMachine({
      C: { Type: 'Choice', Choices: [{ Condition, Next: 'End' }], Default: 'End' },
      End: end,
    });

    await expect(run(odd)).resolves.toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(cause) as string,
    });
  });
});

describe('Wait', () => {
  it.each<[string, Definition, string]>([
    ['seconds', { Seconds: 90 }, '2026-01-01T00:01:30Z'],
    ['evaluated seconds', { Seconds: '{% $states.input.s * 2 %}' }, '2026-01-01T00:00:20Z'],
    ['no seconds', { Seconds: 0 }, '2026-01-01T00:00:00Z'],
    ['a time, milliseconds dropped', { Timestamp: '2026-01-01T00:00:05.9Z' }, '2026-01-01T00:00:05Z'],
    ['an evaluated time', { Timestamp: '{% $states.input.t %}' }, '2026-02-01T00:00:00Z'],
    ['a time that has passed', { Timestamp: '2025-01-01T00:00:00Z' }, '2026-01-01T00:00:00Z'],
  ])('waits for %s', async (_name, fields, until) => {
    const definition = buildMachine({
      W: { Type: 'Wait', ...fields, Next: 'A' },
      A: { ...end, Output: '{% $states.context.State.EnteredTime %}' },
    });

    await expect(run(definition, { s: 10, t: '2026-02-01T00:00:00Z' })).resolves.toMatchObject({ output: until });
  });

  it.each([
    [{ Seconds: '{% "5" %}' }, "Expected 'integer', but was 'string'"],
    [{ Seconds: '{% 1.5 %}' }, "Expected 'integer', but was 'number'"],
    [{ Seconds: '{% -1 %}' }, 'must be between 0 and 99999999, but was -1'],
    [{ Timestamp: '{% "2016-12-05" %}' }, 'The Timestamp field cannot be parsed as an ISO-8601 extended offset'],
    [{ Timestamp: '{% 5 %}' }, 'date-time format string: 5'],
  ])('refuses %j', async (fields, cause) => {
    await expect(run(buildMachine({ W: { Type: 'Wait', ...fields, End: true } }))).resolves.toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(cause) as string,
    });
  });
});

describe('Wait until a time', () => {
  const until = (Timestamp: string): Promise<Execution> =>
    run(
      buildMachine({
        W: { Type: 'Wait', Timestamp: '{% $states.input %}', Next: 'A' },
        A: { Type: 'Pass', End: true },
      }),
      Timestamp,
    );

  it('leaves entry and exit in the history, at their times', async () => {
    const { history } = await until('2026-01-01T00:01:30Z');

    expect(history.map(({ type, timestamp }) => `${type} ${timestamp.slice(14, 19)}`).slice(0, 4)).toEqual([
      'ExecutionStarted 00:00',
      'WaitStateEntered 00:00',
      'WaitStateExited 01:30',
      'PassStateEntered 01:30',
    ]);
  });

  it.each([
    ['2^31 - 1 seconds away is waited for', '2094-01-19T03:14:07Z', { status: 'SUCCEEDED' }],
    [
      'one second later fails for good',
      '2094-01-19T03:14:08Z',
      {
        error: 'States.Runtime',
        cause:
          "An error occurred while executing the state 'W' (entered at the event id #2). Wait state delay is too long.",
      },
    ],
  ])('%s', async (_name, timestamp, expected) => {
    await expect(until(timestamp)).resolves.toMatchObject(expected);
  });
});

describe('Wait on a clock of its own', () => {
  it('asks for no negative time when the moment has passed', async () => {
    const delays: number[] = [];
    const schedule = (delayMilliseconds: number, task: () => void): (() => void) => {
      delays.push(delayMilliseconds);
      queueMicrotask(task);
      return () => undefined;
    };
    const definition = buildMachine({ W: { Type: 'Wait', Timestamp: '2025-01-01T00:00:00Z', End: true } });

    await runMachine(
      definition,
      {},
      { handlers: {}, clock: { now: () => Date.parse('2026-01-01T00:00:00Z'), schedule } },
    );

    expect(delays).toEqual([0]);
  });
});

describe('Fail', () => {
  it.each<[string, Definition, { error?: string; cause?: string }]>([
    ['constants', { Error: 'E', Cause: 'c' }, { error: 'E', cause: 'c' }],
    [
      'expressions',
      { Error: '{% $states.input.e %}', Cause: '{% "because " & $states.input.e %}' },
      { error: 'X', cause: 'because X' },
    ],
    ['nothing', {}, { error: undefined, cause: undefined }],
    ['an error that is no text', { Error: '{% 5 %}' }, { error: 'States.QueryEvaluationError' }],
  ])('fails the execution with %s', async (_name, fields, expected) => {
    const execution = await run(buildMachine({ F: { Type: 'Fail', ...fields } }), { e: 'X' });

    expect(execution).toMatchObject({ status: 'FAILED', ...expected });
  });
});
