import { expect, it } from 'vitest';
import { chooseParts } from './check-target.ts';

it('chooses parts by a text in their names, all by an empty one, and refuses a text that is in none', () => {
  const parts = [{ name: 'core-business' }, { name: 'core-failover' }, { name: 'fleet' }];

  expect(chooseParts(parts, 'core-').map(({ name }) => name)).toEqual(['core-business', 'core-failover']);
  expect(chooseParts(parts, '')).toEqual(parts);
  expect(() => chooseParts(parts, 'brute')).toThrow('"brute" is in none of core-business, core-failover, fleet');
});
