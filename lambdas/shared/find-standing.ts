import type { Change, Observation } from './actions/action.ts';
import type { Judgement } from './guard/judge.ts';
import type { RecordedEntry } from './recorded-entry.ts';

/** Changes of an earlier try that stand, or of which nobody can say that they do not. */
export interface Standing {
  readonly changes: readonly Change[];
  readonly observations: readonly Observation[];
}

/**
 * Sorts out what an interrupted try left behind. A target that was not seen may well be cut: only one that is gone, or
 * that restore read back, is known to be none. Pure.
 */
export function findStanding(
  changes: readonly Change[],
  observations: readonly Observation[],
  { leftAlone }: Pick<Judgement, 'leftAlone'>,
  { undone }: Pick<RecordedEntry, 'undone'>,
): Standing {
  // The guard names servers here that are terminated.
  const spared = new Set(leftAlone.map(({ target }) => target));
  const seenOf = new Map(observations.map((observation) => [observation.target, observation]));
  const standing = changes.filter(({ target, server }) => {
    const { held = false, seen = null } = seenOf.get(target) ?? {};
    if (seen !== null) return held;
    return !held && !spared.has(server) && !undone.has(target);
  });
  const targets = new Set(standing.map(({ target }) => target));
  return { changes: standing, observations: observations.filter(({ target }) => targets.has(target)) };
}
