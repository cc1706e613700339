import { matchesError } from './failure.ts';
import type { StateFailure } from './failure.ts';
import type { Catcher, Retrier } from './schema.ts';

/** What Retry and Catch make of a failure. */
export type Remedy =
  | { readonly kind: 'retry'; readonly index: number; readonly delaySeconds: number }
  | { readonly kind: 'catch'; readonly index: number; readonly catcher: Catcher }
  | { readonly kind: 'fail' };

/** The error handling a Task, Parallel or Map declares. */
export interface ErrorHandling {
  readonly Retry?: readonly Retrier[] | undefined;
  readonly Catch?: readonly Catcher[] | undefined;
}

/**
 * Seconds before the next attempt, given how often this retrier has already retried.
 * FULL jitter spreads it evenly between zero and that delay.
 */
export function planRetryDelay(retrier: Retrier, retriesDone: number, random: () => number): number {
  const grown = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** retriesDone;
  const delaySeconds = Math.min(grown, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? delaySeconds * random() : delaySeconds;
}

/**
 * Chooses the remedy. The first retrier that names the error decides alone: once it is used up, later retriers are not asked
 * and the catchers have their turn.
 */
export function chooseRemedy(
  handling: ErrorHandling,
  failure: StateFailure,
  retriesDone: readonly number[],
  random: () => number,
): Remedy {
  const index = (handling.Retry ?? []).findIndex((retrier) => matchesError(retrier.ErrorEquals, failure));
  const retrier = handling.Retry?.[index];
  const done = retriesDone[index] ?? 0;
  if (retrier !== undefined && done < (retrier.MaxAttempts ?? 3)) {
    return { kind: 'retry', index, delaySeconds: planRetryDelay(retrier, done, random) };
  }
  return chooseCatcher(handling.Catch ?? [], failure);
}

function chooseCatcher(catchers: readonly Catcher[], failure: StateFailure): Remedy {
  const index = catchers.findIndex((catcher) => matchesError(catcher.ErrorEquals, failure));
  const catcher = catchers[index];
  return catcher === undefined ? { kind: 'fail' } : { kind: 'catch', index, catcher };
}
