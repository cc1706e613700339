import { describe, expect, it } from 'vitest';
import { chunk, mapConcurrently } from '../../../lambdas/shared/map-concurrently.ts';

describe('mapConcurrently', () => {
  it('keeps the order of results and never runs more than the limit', async () => {
    let [running, most] = [0, 0];

    const results = await mapConcurrently([5, 1, 4, 2, 3], 2, async (pauses) => {
      running += 1;
      most = Math.max(most, running);
      for (let pause = 0; pause < pauses; pause += 1) await Promise.resolve();
      running -= 1;
      return pauses * 10;
    });

    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('does nothing with nothing', async () => {
    expect(await mapConcurrently([], 25, async () => Promise.resolve(1))).toEqual([]);
  });
});

describe('chunk', () => {
  it('cuts a list into pieces that lose nothing', () => {
    expect(chunk([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunk([], 2)).toEqual([]);
  });
});
