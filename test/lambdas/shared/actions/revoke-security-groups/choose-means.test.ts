import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseMeans } from '../../../../../lambdas/shared/actions/revoke-security-groups/choose-means.ts';

const subnetsOf = (...sizes: number[]) =>
  sizes.map((interfaces, index) => ({ subnetId: `subnet-${index}`, interfaces }));
const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

describe('chooseMeans', () => {
  it.each([
    ['interfaces', [150], [], '150 interfaces moved one by one, as the policy says'],
    ['fastest', [87], [], "87 interfaces moved one by one: they are within EC2's burst of 100 calls"],
    ['fastest', [100], [], "100 interfaces moved one by one: they are within EC2's burst of 100 calls"],
    [
      'fastest',
      [60, 41],
      ['subnet-0'],
      "1 subnet closed as a whole (moving all would take 1 s more than EC2's burst of 100 calls); 41 of 101 interfaces moved one by one",
    ],
    ['fastest', [40, 30, 90], ['subnet-2'], expect.stringContaining('; 70 of 160 interfaces')],
    [
      'fastest',
      [400, 300, 300],
      ['subnet-0', 'subnet-1', 'subnet-2'],
      expect.stringContaining('; 0 of 1000 interfaces'),
    ],
    [
      'subnets',
      [1, 2],
      ['subnet-0', 'subnet-1'],
      '2 subnets closed as a whole (the policy says so); 0 of 3 interfaces moved one by one',
    ],
  ] as const)('by %s and subnets of %j closes %j', (wanted, sizes, expected, reason) => {
    const { subnets, reason: said } = chooseMeans(wanted, sum(sizes), subnetsOf(...sizes));

    expect([...subnets].sort()).toEqual(expected);
    expect(said).toEqual(reason);
  });

  it('says where no subnet can be closed though there are too many interfaces', () => {
    expect(chooseMeans('fastest', 1000, [])).toEqual({
      subnets: new Set(),
      reason:
        "No subnet can be closed as a whole (moving all would take 180 s more than EC2's burst of 100 calls); 1000 of 1000 interfaces moved one by one",
    });
  });

  it('by the fastest means needs no more calls than one burst, wherever subnets allow it, and closes none in vain', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 40 }), (sizes) => {
        const { subnets } = chooseMeans('fastest', sum(sizes), subnetsOf(...sizes));
        const closed = sizes.filter((_, index) => subnets.has(`subnet-${index}`));
        const left = sum(sizes) - sum(closed);

        expect(left).toBeLessThanOrEqual(100);
        for (const size of closed) expect(left + size > 100 || closed.some((other) => other > size)).toBe(true);
      }),
    );
  });
});
