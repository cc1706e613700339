import { describe, expect, it } from 'vitest';
import { findReason, findStale, readLimits } from './not-judged.ts';

const list = [
  { check: '*: the path', reason: 'no history' },
  { check: 'a (b): exactly', reason: 'no b' },
];

describe('the list of what is not judged', () => {
  it.each([
    ['ransomware: the path', 'no history'],
    ['a (b): exactly', 'no b'],
    ['the path', null],
    ['a (b): exactly so', null],
  ])('answers for %s', (check, reason) => {
    expect(findReason(list, check)).toBe(reason);
  });

  it('finds entries that stand for no check any more', () => {
    expect(findStale(list, ['fleet: the path'])).toEqual([list[1]]);
  });

  it('expects everything of a target that it does not know', () => {
    expect(readLimits('an endpoint of somebody')).toEqual({ checks: [], areas: [] });
  });
});
