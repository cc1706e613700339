import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, percentile } from './percentile.ts';

describe('percentile', () => {
  it.each([
    { values: [5], share: 0.99, wanted: 5 },
    { values: [3, 1, 2], share: 0.5, wanted: 2 },
    { values: [4, 3, 2, 1], share: 0.5, wanted: 2 },
    { values: Array.from({ length: 200 }, (_, index) => index + 1), share: 0.99, wanted: 198 },
    { values: Array.from({ length: 50 }, (_, index) => index + 1), share: 0.99, wanted: 50 },
    { values: [1, 2], share: 0, wanted: 1 },
  ])('takes $wanted as the $share share of its values', ({ values, share, wanted }) => {
    expect(percentile(values, share)).toBe(wanted);
  });

  it('is one of the values, and enough of them are no larger', () => {
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 40 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });

    fc.assert(
      fc.property(values, share, (all, part) => {
        const found = percentile(all, part);
        expect(all).toContain(found);
        expect(all.filter((value) => value <= found).length).toBeGreaterThanOrEqual(part * all.length);
      }),
    );
  });

  it('refuses to make up a figure out of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  it('has a median between the two middle ones of an even count', () => {
    expect([median([1, 2, 3]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  });
});
