import { evaluateField, refuseOversize } from './evaluate.ts';
import { runMembers } from './group.ts';
import type { Json } from './json.ts';
import type { Visit } from './run.ts';
import type { StateOf } from './schema.ts';

/** Runs all branches at once; the result is the array of their outputs in the order of the definition. */
export async function runParallel(visit: Visit<StateOf<'Parallel'>>): Promise<Json> {
  const input = await planParallel(visit);
  visit.strand.run.history.record(visit.strand.cursor, 'ParallelStateStarted');
  const members = visit.state.Branches.map((workflow, index) => ({ workflow, input, index }));
  return runMembers(visit, members, members.length);
}

/** The input every branch gets. */
export async function planParallel(visit: Visit<StateOf<'Parallel'>>): Promise<Json> {
  if (visit.state.Arguments === undefined) return visit.input;
  const input = await evaluateField(visit, visit.state.Arguments, 'Arguments');
  refuseOversize(input, visit.name);
  return input;
}
