import { describe, expect, it } from 'vitest';
import { findOwnTimes, findWaits } from '../../lab/latency/find-waits.ts';
import { buildCall, buildMove } from './recorded.ts';

describe('findWaits', () => {
  it('lets calls that overlap wait for nothing', () => {
    const calls = [buildCall(), buildMove({ startMs: 3, endMs: 20 })];

    expect(findWaits(calls)).toEqual([[], []]);
  });

  it('lets a call wait for all that was answered before it', () => {
    const calls = [buildCall(), buildCall({ endMs: 14 }), buildMove({ startMs: 15, endMs: 20 })];

    expect(findWaits(calls)[2]).toEqual([{ of: [0, 1], count: 2 }]);
  });

  it('does not let it wait for what was still under way', () => {
    const slow = buildCall({ operation: 'Query', endMs: 100 });

    expect(findWaits([slow, buildCall(), buildMove({ startMs: 15, endMs: 20 })])[2]).toEqual([{ of: [1], count: 1 }]);
  });

  it('knows a pool: the next of its kind waits for one of them, whichever it is', () => {
    const calls = [
      buildMove({ endMs: 30 }),
      buildMove({ endMs: 10 }),
      buildMove({ startMs: 11, endMs: 50 }),
      buildMove({ startMs: 31, endMs: 60 }),
    ];

    expect(findWaits(calls).slice(2)).toEqual([[{ of: [0, 1], count: 1 }], [{ of: [0, 1, 2], count: 2 }]]);
  });
});

describe('findOwnTimes', () => {
  it('counts from the last answer that a call can have waited for', () => {
    const calls = [
      buildCall({ startMs: 5, endMs: 10 }),
      buildMove({ startMs: 8, endMs: 40 }),
      buildCall({ startMs: 13 }),
    ];

    expect(findOwnTimes(calls, 2)).toEqual([3, 6, 3]);
  });
});
