import { describe, expect, it } from 'vitest';

import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution } from '../../../lab/asl/interpreter.ts';
import type { Json } from '../../../lab/asl/json.ts';
import type { TaskHandler } from '../../../lab/asl/run.ts';
import { INVOKE, buildMachine, buildTask, buildWorkflow, failWith, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };

function run(
  states: Record<string, Definition>,
  input: unknown = {},
  handler: TaskHandler = silent,
): Promise<Execution> {
  return runMachine(buildMachine(states), input, { clock: new VirtualClock(), handlers: { [INVOKE]: handler } });
}

function parallel(...branches: Record<string, Definition>[]): Definition {
  return { Type: 'Parallel', Branches: branches.map(buildWorkflow), End: true };
}

function map(states: Record<string, Definition>, fields: Definition = {}): Definition {
  return { Type: 'Map', ItemProcessor: buildWorkflow(states), End: true, ...fields };
}

function wait(seconds: number | string): Definition {
  return { Type: 'Wait', Seconds: seconds, End: true };
}

function typesOf({ history }: Execution): string[] {
  return history.map(({ type }) => type);
}

describe('Parallel', () => {
  it('gives every branch its input and collects the outputs in the order of the definition', async () => {
    const execution = await run(
      {
        P: parallel(
          { Slow: { ...wait(9), Output: ['slow', '{% $states.input %}'] } },
          { Quick: { ...end, Output: ['quick', '{% $states.input %}'] } },
        ),
      },
      { a: 1 },
    );

    expect(execution.output).toEqual([
      ['slow', { a: 1 }],
      ['quick', { a: 1 }],
    ]);
    expect(execution.path).toEqual(['P', 'Slow', 'Quick']);
  });

  it('passes Arguments instead, and shapes its result by Output and Assign', async () => {
    const execution = await run(
      {
        P: {
          ...parallel({ A: { ...end, Output: { a: '{% $states.input.n %}' } } }, { B: { ...end, Output: { b: 2 } } }),
          Arguments: { n: '{% $states.input.deep.n %}' },
          Output: '{% $merge($states.result) %}',
          Assign: { branches: '{% $count($states.result) %}' },
          End: undefined,
          Next: 'Z',
        },
        Z: { ...end, Output: ['{% $states.input %}', '{% $branches %}'] },
      },
      { deep: { n: 1 } },
    );

    expect(execution.output).toEqual([{ a: 1, b: 2 }, 2]);
  });

  it('fails with the first error in time and stops the other branches', async () => {
    const told: string[] = [];
    const handler: TaskHandler = async ({ signal }) => {
      signal.addEventListener('abort', () => told.push('stopped'));
      return new Promise(() => undefined);
    };
    const execution = await run(
      {
        P: parallel(
          { T: buildTask() },
          { W: { ...wait(60), End: undefined, Next: 'Never' }, Never: end },
          { Late: { ...wait(2), End: undefined, Next: 'F2' }, F2: { Type: 'Fail', Error: 'Second' } },
          { Soon: { ...wait(1), End: undefined, Next: 'F1' }, F1: { Type: 'Fail', Error: 'First', Cause: 'c' } },
        ),
      },
      {},
      handler,
    );

    expect(execution).toMatchObject({ status: 'FAILED', error: 'First', cause: 'c' });
    expect(execution.path).toEqual(['P', 'T', 'W', 'Late', 'Soon', 'F1']);
    expect(told).toEqual(['stopped']);
    expect(typesOf(execution).slice(-5, -2).toSorted()).toEqual([
      'TaskStateAborted',
      'WaitStateAborted',
      'WaitStateAborted',
    ]);
    expect(typesOf(execution).slice(-2)).toEqual(['ParallelStateFailed', 'ExecutionFailed']);
  });

  it('has the error of the first branch when two fail at once', async () => {
    const execution = await run({
      P: parallel({ F1: { Type: 'Fail', Error: 'One' } }, { F2: { Type: 'Fail', Error: 'Two' } }),
    });

    expect(execution.error).toBe('One');
  });

  it('catches what a branch does not', async () => {
    const Catch = [{ ErrorEquals: ['E'], Assign: { e: '{% $states.errorOutput.Error %}' }, Next: 'Caught' }];
    const execution = await run({
      P: { ...parallel({ F: { Type: 'Fail', Error: 'E', Cause: 'c' } }, { W: wait(60) }), Catch },
      Caught: { ...end, Output: ['{% $states.input %}', '{% $e %}'] },
    });

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: [{ Error: 'E', Cause: 'c' }, 'E'] });
  });

  it('does not fail when a branch catches for itself', async () => {
    const branch = {
      T: buildTask({ Catch: [{ ErrorEquals: ['E'], Next: 'Mended' }] }),
      Mended: { ...end, Output: 'mended' },
    };

    const execution = await run({ P: parallel(branch, { A: { ...end, Output: 'a' } }) }, {}, () =>
      Promise.reject(failWith('E')),
    );

    expect(execution.output).toEqual(['mended', 'a']);
  });

  it('runs all branches again when it retries', async () => {
    const calls: Json[] = [];
    const handler: TaskHandler = async ({ arguments: given }) => {
      calls.push(given);
      if (calls.length === 2) throw failWith('E');
      return 'ok';
    };
    const branches: Record<string, Definition>[] = [
      { A: buildTask({ Arguments: 'a' }) },
      { B: buildTask({ Arguments: 'b' }) },
    ];

    const execution = await run({ P: { ...parallel(...branches), Retry: [{ ErrorEquals: ['E'] }] } }, {}, handler);

    expect([execution.status, calls]).toEqual(['SUCCEEDED', ['a', 'b', 'a', 'b']]);
  });

  it('is stopped with everything in it when its own sibling fails', async () => {
    const inner = parallel({ W: wait(60) }, { V: wait(60) });
    const failing = { Q: { ...wait(1), End: undefined, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } };

    const execution = await run({ P: parallel({ Inner: inner }, failing) });

    expect(execution.error).toBe('E');
    expect(typesOf(execution).filter((type) => type.endsWith('Aborted'))).toEqual([
      'WaitStateAborted',
      'WaitStateAborted',
      'ParallelStateAborted',
    ]);
  });
});

describe('scopes', () => {
  it('let a branch read outer variables, keep its own to itself and forget them', async () => {
    const branch = (name: string): Record<string, Definition> => ({
      [`${name} sets`]: { Type: 'Pass', Assign: { mine: name }, Next: `${name} tells` },
      [`${name} tells`]: { ...end, Output: ['{% $outer %}', '{% $mine %}'] },
    });

    const execution = await run({
      A: { Type: 'Pass', Assign: { outer: 'seen' }, Next: 'P' },
      P: { ...parallel(branch('one'), branch('two')), End: undefined, Next: 'Z' },
      Z: { ...end, Output: { branches: '{% $states.input %}', left: '{% $exists($mine) %}' } },
    });

    expect(execution.output).toEqual({
      branches: [
        ['seen', 'one'],
        ['seen', 'two'],
      ],
      left: false,
    });
  });

  it('give every iteration variables of its own', async () => {
    const processor = {
      Set: { Type: 'Pass', Assign: { item: '{% $states.input %}' }, Next: 'Wait' },
      Wait: { Type: 'Wait', Seconds: '{% 4 - $item %}', Next: 'Tell' },
      Tell: { ...end, Output: '{% $item * $factor %}' },
    };

    const execution = await run({
      A: { Type: 'Pass', Assign: { factor: 10 }, Next: 'M' },
      M: map(processor, { Items: [1, 2, 3] }),
    });

    expect(execution.output).toEqual([10, 20, 30]);
  });
});
