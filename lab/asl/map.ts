import { evaluateField, evaluateInteger, unexpectedType } from './evaluate.ts';
import { runMembers } from './group.ts';
import type { Json } from './json.ts';
import type { Visit } from './run.ts';
import type { StateOf } from './schema.ts';

/** Inputs of the iterations of a Map, and how many may run at once. */
export interface MapPlan {
  readonly inputs: readonly Json[];
  readonly concurrency: number;
}

// An inline Map runs at most this many iterations at once, whatever it asks for.
const MOST_CONCURRENT_ITERATIONS = 40;

/** Runs the processor once per item, at most MaxConcurrency at a time; the result keeps the order of the items. */
export async function runMap(visit: Visit<StateOf<'Map'>>): Promise<Json> {
  const { inputs, concurrency } = await planMap(visit);
  visit.strand.run.history.record(visit.strand.cursor, 'MapStateStarted', { length: inputs.length });
  const members = inputs.map((input, index) => ({ workflow: visit.state.ItemProcessor, input, index }));
  return runMembers(visit, members, concurrency);
}

/** Evaluates Items, ItemSelector and MaxConcurrency. */
export async function planMap(visit: Visit<StateOf<'Map'>>): Promise<MapPlan> {
  const { Items, ItemSelector } = visit.state;
  // Only arrays: an inline Map was recorded to refuse objects, although one page of the guide allows them.
  const items = Items === undefined ? visit.input : await evaluateField(visit, Items, 'Items');
  if (!Array.isArray(items)) throw unexpectedType(visit, Items ?? '$states.input', 'Items', 'array', items);
  const range = { least: 0, most: 99_999_999 };
  const asked = await evaluateInteger(visit, 'MaxConcurrency', range);
  const inputs: Json[] = [];
  for (const [Index, Value] of (items as readonly Json[]).entries()) {
    // In the context of ItemSelector only; the guide says that the inner states must get it from there.
    const context = { Map: { Item: { Index, Value, Source: 'STATE_DATA' } } };
    inputs.push(
      ItemSelector === undefined ? Value : await evaluateField(visit, ItemSelector, 'ItemSelector', { context }),
    );
  }
  // 0, the default, means no limit of its own.
  const concurrency = Math.min(
    asked === undefined || asked === 0 ? Number.POSITIVE_INFINITY : asked,
    MOST_CONCURRENT_ITERATIONS,
  );
  return { inputs, concurrency };
}
