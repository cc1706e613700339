import { describe, expect, it } from 'vitest';

import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution } from '../../../lab/asl/interpreter.ts';
import type { TaskHandler, TaskRequest } from '../../../lab/asl/run.ts';
import { buildMachine, buildTask, failWith, script } from './build-machine.ts';
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

describe('Retry', () => {
  const failing = script([failWith('E')]);

  it.each<[string, Definition, number[]]>([
    ['with the defaults', {}, [0, 1, 3, 7]],
    ['with its own interval, rate and count', { IntervalSeconds: 3, BackoffRate: 1.5, MaxAttempts: 2 }, [0, 3, 7.5]],
    ['up to the longest delay', { IntervalSeconds: 3, MaxDelaySeconds: 5 }, [0, 3, 8, 13]],
    ['with full jitter', { IntervalSeconds: 2, JitterStrategy: 'FULL' }, [0, 1, 3, 7]],
    ['never', { MaxAttempts: 0 }, [0]],
  ])('calls again %s', async (_name, fields, expected) => {
    const calls: TaskRequest[] = [];
    const handlers = script([failWith('E')], calls);

    const execution = await runTask({ Retry: [{ ErrorEquals: ['E'], ...fields }] }, handlers);

    expect(callTimes(execution)).toEqual(expected);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'E' });
  });

  it('works the complex scenario of the developer guide', async () => {
    const fields = {
      Retry: [
        { ErrorEquals: ['ErrorA', 'ErrorB'], IntervalSeconds: 1, BackoffRate: 2, MaxAttempts: 2 },
        { ErrorEquals: ['ErrorC'], IntervalSeconds: 5 },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    };
    const errors = ['ErrorA', 'ErrorB', 'ErrorC', 'ErrorB'].map((name) => failWith(name));

    const execution = await runTask(fields, script(errors));

    expect(callTimes(execution)).toEqual([0, 1, 3, 8]);
    expect(execution).toMatchObject({ path: ['T', 'Caught'], output: { Error: 'ErrorB', Cause: 'because' } });
  });

  it('starts counting anew when the state is entered again', async () => {
    const calls: TaskRequest[] = [];
    const steps = [failWith('E'), 'ok', failWith('E'), 'ok'];
    const definition = buildMachine({
      T: buildTask({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 1 }], End: undefined, Next: 'Again?' }),
      'Again?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $exists($seen) %}', Next: 'Z' }],
        Default: 'T',
        Assign: { seen: true },
      },
      Z: end,
    });

    const execution = await runMachine(definition, {}, { clock: new VirtualClock(), handlers: script(steps, calls) });

    expect([execution.status, calls.length]).toEqual(['SUCCEEDED', 4]);
  });

  it('ends with the history when it would retry for ever', async () => {
    const forever = { ErrorEquals: ['E'], BackoffRate: 1, MaxAttempts: 99_999_999 };

    await expect(runTask({ Retry: [forever] }, failing)).resolves.toMatchObject({ error: 'States.Runtime' });
  });

  it('does not retry what no retrier names', async () => {
    const execution = await runTask({ Retry: [{ ErrorEquals: ['Other'] }] }, failing);

    expect(callTimes(execution)).toEqual([0]);
  });
});

describe('Catch', () => {
  it.each<[string, string[]]>([
    ['B', ['T', 'Caught']],
    ['Other', ['T', 'Caught too']],
  ])('sends %s to the first catcher that names it', async (error, path) => {
    const Catch = [
      { ErrorEquals: ['A', 'B'], Next: 'Caught' },
      { ErrorEquals: ['States.ALL'], Next: 'Caught too' },
    ];

    await expect(runTask({ Catch }, script([failWith(error)]))).resolves.toMatchObject({ path });
  });

  it('has its own Output and Assign, against the values on entry', async () => {
    const definition = buildMachine({
      A: { Type: 'Pass', Assign: { n: 1 }, Next: 'T' },
      T: buildTask({
        Assign: { n: 'never' },
        Output: 'never',
        Catch: [
          {
            ErrorEquals: ['E'],
            Assign: { n: '{% $n + 1 %}', e: '{% $states.errorOutput %}' },
            Output: { n: '{% $n %}', in: '{% $states.input.in %}', cause: '{% $states.errorOutput.Cause %}' },
            Next: 'Z',
          },
        ],
      }),
      Z: { ...end, Output: ['{% $states.input %}', '{% $n %}', '{% $e %}'] },
    });

    const execution = await runMachine(definition, { in: 1 }, { handlers: script([failWith('E', 'c')]) });

    expect(execution.output).toEqual([{ n: 1, in: 1, cause: 'c' }, 2, { Error: 'E', Cause: 'c' }]);
  });

  it('fails the execution when its own Output cannot be evaluated', async () => {
    const Catch = [
      { ErrorEquals: ['E'], Next: 'Caught', Output: '{% $nope %}' },
      { ErrorEquals: ['States.ALL'], Next: 'Caught too' },
    ];

    const execution = await runTask({ Catch }, script([failWith('E')]));

    expect(execution).toMatchObject({ error: 'States.QueryEvaluationError', path: ['T'] });
  });
});
