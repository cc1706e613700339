import { refuseOversize } from './evaluate.ts';
import { StoppedError } from './failure.ts';
import type { Json } from './json.ts';
import type { Strand, Visit } from './run.ts';
import type { StateOf, Workflow } from './schema.ts';
import { Scope } from './scope.ts';

/** One workflow to run inside a Parallel or Map. */
export interface Member {
  readonly workflow: Workflow;
  readonly input: Json;
  /** Position in the array, for the events of a Map iteration. */
  readonly index: number;
}

/** Runs the members; the first that fails stops the others and is thrown. */
export async function runMembers(
  visit: Visit<StateOf<'Parallel' | 'Map'>>,
  members: readonly Member[],
  concurrency: number,
): Promise<Json> {
  const { strand, state } = visit;
  const outputs: Json[] = [];
  const stop = new AbortController();
  const signal = AbortSignal.any([strand.signal, stop.signal]);
  // One iterator shared by all workers: members start in order, each as soon as a worker is free.
  const queue = members.values();
  // Two members can fail before either hears of the other; the first one counts.
  const failures: unknown[] = [];
  const work = async (): Promise<void> => {
    for (const member of queue) {
      if (signal.aborted) return;
      try {
        outputs[member.index] = await runMember(visit, member, signal);
      } catch (error) {
        // A stopped member reports nothing of its own.
        if (!(error instanceof StoppedError)) failures.push(error);
        stop.abort(new StoppedError('sibling-failed'));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, members.length) }, work));
  // Stopped from further out: then no failure in here is the reason.
  strand.signal.throwIfAborted();
  if (failures.length > 0) throw failures[0];
  // The result as a whole counts, also when Output makes it small again.
  refuseOversize(outputs, visit.name);
  strand.run.history.record(strand.cursor, `${state.Type}StateSucceeded`);
  return outputs;
}

async function runMember(
  visit: Visit<StateOf<'Parallel' | 'Map'>>,
  member: Member,
  signal: AbortSignal,
): Promise<Json> {
  const { run, scope, cursor } = visit.strand;
  const inner: Strand = { run, signal, scope: new Scope(scope), cursor: { last: cursor.last } };
  const note = (outcome: string): void => {
    // The service records iterations, and of branches only their states.
    if (visit.state.Type !== 'Map') return;
    run.history.record(inner.cursor, `MapIteration${outcome}`, { name: visit.name, index: member.index });
  };
  note('Started');
  try {
    const output = await run.runWorkflow(inner, member.workflow, member.input);
    note('Succeeded');
    return output;
  } catch (error) {
    if (!(error instanceof StoppedError)) note('Failed');
    // The end of the whole execution is not an event of each iteration.
    else if (error.reason === 'sibling-failed') note('Aborted');
    throw error;
  } finally {
    // What follows in the outer line comes after whatever happened last in here.
    cursor.last = Math.max(cursor.last, inner.cursor.last);
    inner.scope.close();
  }
}
