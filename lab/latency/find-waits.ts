import type { RecordedCall } from './recorded-run.ts';

/** A call is made when `count` of these calls, by their places in the invocation, have been answered. */
export interface CallWait {
  readonly of: readonly number[];
  readonly count: number;
}

/**
 * What each call of an invocation waited for, told from its times alone: it cannot have waited for what was still under
 * way. Of one operation it waits for all that was answered; where others of the same operation were still under way, as
 * with a pool of workers, it waits for so many of them and not for certain ones. A call that merely came later than an
 * answer counts as waiting for it: rather too slow than too fast.
 */
export function findWaits(calls: readonly RecordedCall[]): CallWait[][] {
  return calls.map((call, place) => {
    const earlier = calls
      .slice(0, place)
      .map((other, index) => ({ other, index, isDone: other.endMs <= call.startMs }));
    const byOperation = Map.groupBy(earlier, ({ other }) => `${other.service}:${other.operation}`);
    return [...byOperation.values()].flatMap((alike) => {
      const done = alike.filter(({ isDone }) => isDone);
      if (done.length === 0) return [];
      return [{ of: alike.map(({ index }) => index), count: done.length }];
    });
  });
}

/** Milliseconds our own code took before each call, since what it waited for was there. */
export function findOwnTimes(calls: readonly RecordedCall[], startedMs: number): number[] {
  return calls.map((call, place) => {
    const answers = calls
      .slice(0, place)
      .map(({ endMs }) => endMs)
      .filter((endMs) => endMs <= call.startMs);
    return call.startMs - Math.max(startedMs, ...answers);
  });
}
