import { isBlocking } from './plan-step.ts';
import type { Plan, PlanStep } from './plan-step.ts';

/** What happens before the first packet is blocked. */
export interface PathCount {
  readonly functions: number;
  readonly statesEntered: number;
  /** Calls of the functions that must be answered first, and the blocking one itself. */
  readonly calls: number;
  /** The longest chain of them, each waiting for the one before. */
  readonly callsInSeries: number;
  /** Their operations. */
  readonly series: readonly string[];
}

/** Counts what the first blocking call waits for, all of it and its longest chain. */
export function countPath(plan: Plan): PathCount {
  const target = plan.findIndex(isBlocking);
  if (target === -1) throw new Error('Could not count the way to a cut: no recorded call blocks anything');
  const needed = findNeeded(plan, target);
  const all = [...needed].flatMap((place) => plan[place] ?? []);
  const series = findSeries(plan, target);
  return {
    functions: all.filter(({ kind }) => kind === 'invoke').length,
    statesEntered: all.filter(({ latency }) => latency === 'transition').length,
    calls: all.filter(isCall).length,
    callsInSeries: series.length,
    series: series.map(({ operation }) => operation),
  };
}

function isCall({ kind }: PlanStep): boolean {
  return kind === 'call';
}

/** Every step that the target waits for, at any distance, and the target. */
function findNeeded(plan: Plan, target: number): ReadonlySet<number> {
  const needed = new Set([target]);
  // A set hands out what is added while it is gone through.
  for (const place of needed) {
    for (const other of plan[place]?.waits.flatMap(({ of }) => of) ?? []) needed.add(other);
  }
  return needed;
}

/**
 * The longest chain of calls that ends at the target. Where some of many are waited for, as by a pool of workers, those
 * with the shortest chains are: a pool counts by its rounds.
 */
function findSeries(plan: Plan, target: number): readonly PlanStep[] {
  const chains: (readonly PlanStep[])[] = [];
  for (const [place, step] of plan.slice(0, target + 1).entries()) {
    const before = step.waits
      .map(({ of, count }) => of.map((other) => chains[other] ?? []).toSorted(byLength)[count - 1] ?? [])
      .reduce((longest, chain) => (chain.length > longest.length ? chain : longest), []);
    chains[place] = isCall(step) ? [...before, step] : before;
  }
  return chains[target] ?? [];
}

function byLength(left: readonly PlanStep[], right: readonly PlanStep[]): number {
  return left.length - right.length;
}
