import { describe, expect, it } from 'vitest';

import { sleep } from '../../../lab/asl/clock.ts';
import { VirtualClock, runMachine } from '../../../lab/asl/interpreter.ts';
import type { Execution } from '../../../lab/asl/interpreter.ts';
import type { Json } from '../../../lab/asl/json.ts';
import type { TaskHandler } from '../../../lab/asl/run.ts';
import { INVOKE, buildMachine, buildTask, buildWorkflow, failWith, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };
const start = Date.parse('2026-01-01T00:00:00Z');

function run(
  states: Record<string, Definition>,
  input: unknown = {},
  handler: TaskHandler = silent,
): Promise<Execution> {
  return runMachine(buildMachine(states), input, { clock: new VirtualClock(), handlers: { [INVOKE]: handler } });
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

describe('Map', () => {
  it('runs once per item of its input and keeps their order', async () => {
    const execution = await run(
      { M: map({ W: { ...wait('{% $states.input %}'), Output: '{% $states.input * 2 %}' } }) },
      [3, 1, 2],
    );

    expect(execution.output).toEqual([6, 2, 4]);
  });

  it('takes Items and shapes each by ItemSelector with index and value', async () => {
    const fields = {
      Items: '{% $states.input.servers %}',
      ItemSelector: {
        item: '{% $states.context.Map.Item %}',
        all: '{% $count($states.input.servers) %}',
      },
    };

    const execution = await run({ M: map({ A: end }, fields) }, { servers: ['a', 'b'] });

    expect(execution.output).toEqual([
      { item: { Index: 0, Value: 'a', Source: 'STATE_DATA' }, all: 2 },
      { item: { Index: 1, Value: 'b', Source: 'STATE_DATA' }, all: 2 },
    ]);
  });

  it('offers the item only to ItemSelector, as documented', async () => {
    const execution = await run({ M: map({ A: { ...end, Output: '{% $states.context.Map.Item.Index %}' } }) }, [1]);

    expect(execution.error).toBe('States.QueryEvaluationError');
  });

  it.each([
    ['an empty list', [], []],
    ['a list of one', [{ a: 1 }], [{ a: 1 }]],
  ])('runs %s', async (_name, items, output) => {
    await expect(run({ M: map({ A: end }) }, items)).resolves.toMatchObject({ output });
  });

  it.each<[string, Definition, string]>([
    [
      'a number',
      { Items: '{% 1 %}' },
      "'1' specified for the field 'Items' returned an unexpected result type. Expected 'array', but was 'number' for value: 1",
    ],
    ['text', { Items: "{% 'string' %}" }, "Expected 'array', but was 'string' for value: \"string\""],
    ['an object', { Items: "{% {'foo': 'bar'} %}" }, 'Expected \'array\', but was \'object\' for value: {"foo":"bar"}'],
    ['null', { Items: '{% null %}' }, "Expected 'array', but was 'null' for value: null"],
    [
      'a function',
      { Items: '{% $fn := function($x){$x} %}' },
      "'$fn := function($x){$x}' specified for the field 'Items' returned an unsupported result type.",
    ],
    ['its input when that is no list', {}, "Expected 'array', but was 'object' for value: {}"],
    ['a fraction as concurrency', { Items: [1], MaxConcurrency: '{% 1.5 %}' }, "Expected 'integer', but was 'number'"],
    [
      'a negative concurrency',
      { Items: [1], MaxConcurrency: '{% -1 %}' },
      'must be between 0 and 99999999, but was -1',
    ],
  ])('refuses %s', async (_name, fields, cause) => {
    const execution = await run({ M: map({ A: end }, fields) });

    expect(execution).toMatchObject({
      error: 'States.QueryEvaluationError',
      cause: expect.stringContaining(cause) as string,
    });
    expect(typesOf(execution).slice(1)).toEqual([
      'MapStateEntered',
      'EvaluationFailed',
      'MapStateFailed',
      'ExecutionFailed',
    ]);
  });

  /** Runs 5 items of 10 s each and returns when each was started, and how many ran at once. */
  async function runFive(fields: Definition, count = 5): Promise<{ starts: [Json, number][]; most: number }> {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const starts: [Json, number][] = [];
    let running = 0;
    let most = 0;
    const handler: TaskHandler = async ({ arguments: item }) => {
      starts.push([item, (clock.now() - start) / 1000]);
      most = Math.max(most, (running += 1));
      await sleep(clock, 10);
      running -= 1;
      return item;
    };
    const definition = buildMachine({ M: map({ T: buildTask({ Arguments: '{% $states.input %}' }) }, fields) });
    const items = Array.from({ length: count }, (_, index) => index);
    await runMachine(definition, items, { clock, handlers: { [INVOKE]: handler } });
    return { starts, most };
  }

  it.each<[string, Definition, number[]]>([
    ['1, one after the other', { MaxConcurrency: 1 }, [0, 10, 20, 30, 40]],
    ['2, the next when one is done', { MaxConcurrency: 2 }, [0, 0, 10, 10, 20]],
    ['an expression', { MaxConcurrency: '{% 1 + 2 %}' }, [0, 0, 0, 10, 10]],
    ['0, all at once', { MaxConcurrency: 0 }, [0, 0, 0, 0, 0]],
    ['its default, all at once', {}, [0, 0, 0, 0, 0]],
  ])('starts items in order with a concurrency of %s', async (_name, fields, seconds) => {
    const { starts } = await runFive(fields);

    expect(starts).toEqual(seconds.map((second, index) => [index, second]));
  });

  it('runs at most 40 iterations at once', async () => {
    expect((await runFive({ MaxConcurrency: 1000 }, 87)).most).toBe(40);
  });

  it('fails with the first failing iteration, starts no more and stops the rest', async () => {
    const seen: Json[] = [];
    const handler: TaskHandler = async ({ arguments: item }) => {
      seen.push(item);
      if (item === 1) throw failWith('E');
      return new Promise(() => undefined);
    };
    const fields = { MaxConcurrency: 3, Catch: [{ ErrorEquals: ['E'], Next: 'Caught' }] };
    const states = { M: map({ T: buildTask({ Arguments: '{% $states.input %}' }) }, fields), Caught: end };

    const execution = await run(states, [0, 1, 2, 3, 4], handler);

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { Error: 'E', Cause: 'because' } });
    expect(seen).toEqual([0, 1, 2]);
    expect(
      typesOf(execution)
        .filter((type) => type.startsWith('MapIteration'))
        .toSorted(),
    ).toEqual([
      'MapIterationAborted',
      'MapIterationAborted',
      'MapIterationFailed',
      'MapIterationStarted',
      'MapIterationStarted',
      'MapIterationStarted',
    ]);
  });

  it('refuses an iteration whose input is over the payload limit', async () => {
    const ItemSelector = '{% $pad("", 300000, "x") %}';

    const processor = { A: { Type: 'Fail', Error: 'Entered' } };

    await expect(run({ M: map(processor, { ItemSelector }) }, [1])).resolves.toMatchObject({
      error: 'States.DataLimitExceeded',
      path: ['M', 'A'],
    });
  });

  it('forgets the variables of an iteration when it is over', async () => {
    const processor = { A: { ...end, Assign: { kept: 'x'.repeat(200 * 1024) }, Output: 1 } };
    const items = Array.from({ length: 60 }, () => 0);

    await expect(run({ M: map(processor, { MaxConcurrency: 1 }) }, items)).resolves.toMatchObject({
      status: 'SUCCEEDED',
    });
  });

  it.each([{}, { Output: 'small' }])(
    'counts the results of all iterations against the payload limit with %j',
    async (fields) => {
      const execution = await run({ M: map({ A: { ...end, Output: 'x'.repeat(100_000) } }, fields) }, [1, 2, 3]);

      expect(execution.error).toBe('States.DataLimitExceeded');
    },
  );
});
