import { leave } from './evaluate.ts';
import { StateFailure } from './failure.ts';
import type { Json, JsonObject } from './json.ts';
import { chooseRemedy } from './retry.ts';
import type { Move, Visit } from './run.ts';
import { sleep } from './clock.ts';
import type { ResilientState } from './schema.ts';

/** How one attempt at a Task, Parallel or Map ended, short of failing the state. */
export type Attempt =
  | { readonly kind: 'moved'; readonly move: Move }
  | { readonly kind: 'caught'; readonly move: Move; readonly index: number; readonly failure: StateFailure }
  | { readonly kind: 'retry'; readonly index: number; readonly delaySeconds: number; readonly failure: StateFailure };

/** Does the work once and applies Retry and Catch to what comes of it; throws when neither names the error. */
export async function attemptOnce(visit: Visit<ResilientState>, work: () => Promise<Json>): Promise<Attempt> {
  try {
    const result = await work();
    return { kind: 'moved', move: await leave(visit, visit.state, { output: result, offer: { result } }) };
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    return remedyFailure(visit, error);
  }
}

/** Attempts the work until it leads on, waiting between attempts as the retriers say. */
export async function persist(visit: Visit<ResilientState>, work: () => Promise<Json>): Promise<Move> {
  for (;;) {
    // Every attempt evaluates Arguments again: the retry count in the context is one higher.
    const attempt = await attemptOnce(visit, work);
    if (attempt.kind !== 'retry') return attempt.move;
    await sleep(visit.strand.run.clock, attempt.delaySeconds, visit.strand.signal);
    // A retry leaves few events behind, so that an endless one must be stopped here as well.
    visit.strand.run.history.refuseWhenFull();
  }
}

async function remedyFailure(visit: Visit<ResilientState>, failure: StateFailure): Promise<Attempt> {
  const { run, cursor } = visit.strand;
  // The history already holds the failure of the work itself; what follows is about the state.
  const remedy = chooseRemedy(visit.state, failure, visit.retries, run.random);
  if (remedy.kind === 'retry') {
    visit.retries[remedy.index] = (visit.retries[remedy.index] ?? 0) + 1;
    return { ...remedy, failure };
  }
  if (visit.state.Type !== 'Task') run.history.record(cursor, `${visit.state.Type}StateFailed`);
  if (remedy.kind === 'fail') throw failure;
  const errorOutput = toErrorOutput(failure);
  // A catcher that fails while it is evaluated is not caught again: its error leaves the state.
  const plan = { output: errorOutput, offer: { errorOutput }, prefix: `Catch[${remedy.index}]/` };
  return { kind: 'caught', move: await leave(visit, remedy.catcher, plan), index: remedy.index, failure };
}

/** The Error Output a catcher sees. Both fields are always there; the service fills a missing one with null. */
function toErrorOutput(failure: StateFailure): JsonObject {
  return { Error: failure.error ?? null, Cause: failure.cause ?? null };
}
