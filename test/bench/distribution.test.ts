import { describe, expect, it } from 'vitest';
import { draw } from '../../lab/latency/distribution.ts';
import { latencyRows } from '../../lab/latency/latency-model.ts';
import { createRandom } from '../../lab/latency/random.ts';
import { percentile } from './percentile.ts';

const count = 20_000;

describe('draw', () => {
  it.each(Object.entries(latencyRows))('goes through both points of %s', (_id, row) => {
    const random = createRandom(7);

    const times = Array.from({ length: count }, () => draw(row, random));

    expect(percentile(times, 0.5) / row.p50Ms).toBeCloseTo(1, 1);
    expect(percentile(times, 0.99) / row.p99Ms).toBeCloseTo(1, 1);
    expect(Math.min(...times)).toBeGreaterThan(0);
  });

  it('draws the same from the same seed, and other times from another', () => {
    const drawFrom = (seed: number) => {
      const random = createRandom(seed);
      return Array.from({ length: 5 }, () => draw(latencyRows.ec2Read, random));
    };

    expect(drawFrom(1)).toEqual(drawFrom(1));
    expect(drawFrom(1)).not.toEqual(drawFrom(2));
  });

  it('takes no time where nothing is to be done', () => {
    expect(draw({ p50Ms: 0, p99Ms: 0 }, createRandom(1))).toBe(0);
  });
});

describe('createRandom', () => {
  it.each([0, -3, 2 ** 31 - 1, 1.5])('stays between 0 and 1 from seed %s', (seed) => {
    const random = createRandom(seed);

    const drawn = Array.from({ length: 1000 }, random);

    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(990);
  });
});
