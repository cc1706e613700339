import { describe, expect, it } from 'vitest';
import { findTrend, toWord } from './trend.ts';

describe('findTrend', () => {
  it.each([
    [40, 0, 'does not grow any more'],
    [40, -3, 'does not grow any more'],
    [40, 5, 'settles, but has not stopped'],
    [40, 10, 'still grows'],
    [0, 5, 'still grows'],
    [Number.NaN, 5, 'could not be measured'],
  ])('says of a rate of %d that becomes %d: %s', (first, last, word) => {
    expect(toWord(first, last)).toBe(word);
  });

  it('says nothing good of processes that nobody saw', () => {
    expect(findTrend([]).join()).toContain('could not be measured');
  });
});
