import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findOpening,
  isSameTraffic,
  overlaps,
  toTraffic,
} from '../../../../../lambdas/shared/actions/revoke-security-groups/coverage.ts';
import type { RuleSource } from '../../../../../lambdas/shared/actions/revoke-security-groups/group-rule.ts';

interface Rule {
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly source: RuleSource;
}

/** One packet, as far as a rule can tell packets apart. */
interface Point {
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly port: number;
  readonly address: number;
}

// A universe small enough to try every packet, and to be covered by a few rules every now and then.
const addresses = [0, 1, 2, 3];
const ports = [0, 1, 2, 3];
const points: Point[] = [true, false].flatMap((isEgress) =>
  ['tcp', 'udp', '47'].flatMap((protocol) =>
    ports.flatMap((port) => addresses.map((address) => ({ isEgress, protocol, port, address }))),
  ),
);

const cidrs = fc
  .tuple(fc.constantFrom(30, 31, 32), fc.nat({ max: 3 }))
  .map(([prefix, at]) => ({ prefix, start: at - (at % 2 ** (32 - prefix)) }));

const rules = fc
  .tuple(fc.boolean(), fc.constantFrom('tcp', 'udp', '-1'), fc.nat({ max: 3 }), fc.nat({ max: 3 }), cidrs)
  .map(([isEgress, protocol, one, two, { prefix, start }]): Rule => {
    const isAll = protocol === '-1';
    return {
      isEgress,
      protocol,
      fromPort: isAll ? -1 : Math.min(one, two),
      toPort: isAll ? -1 : Math.max(one, two),
      source: { kind: 'cidr', cidr: `10.0.0.${start}/${prefix}` },
    };
  });

function admits({ isEgress, protocol, fromPort, toPort, source }: Rule, point: Point): boolean {
  const [, start, prefix] = /10\.0\.0\.(\d+)\/(\d+)/.exec(source.kind === 'cidr' ? source.cidr : '') ?? [];
  const first = Number(start);
  const isAddress = point.address >= first && point.address < first + 2 ** (32 - Number(prefix));
  const isTraffic =
    protocol === '-1' || (protocol === point.protocol && point.port >= fromPort && point.port <= toPort);
  return isEgress === point.isEgress && isAddress && isTraffic;
}

const admitsAny = (some: readonly Rule[], point: Point) => some.some((rule) => admits(rule, point));
const cidrRule = (cidr: string, over: Partial<Rule> = {}): Rule => ({
  isEgress: false,
  protocol: 'tcp',
  fromPort: 443,
  toPort: 443,
  source: { kind: 'cidr', cidr },
  ...over,
});
const everywhere = cidrRule('0.0.0.0/0', { protocol: '-1', fromPort: -1, toPort: -1 });

describe('findOpening', () => {
  it('finds nothing only where no packet is newly admitted', () => {
    fc.assert(
      fc.property(
        fc.array(rules, { maxLength: 2 }),
        fc.array(rules, { minLength: 3, maxLength: 9 }),
        (wanted, former) => {
          const opening = findOpening(toTraffic(wanted), toTraffic(former));

          const opened = points.filter((point) => admitsAny(wanted, point) && !admitsAny(former, point));
          expect(opening === null ? opened : []).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds nothing where every packet was admitted before, by protocols that are named', () => {
    const named = rules.filter(({ protocol }) => protocol !== '-1');
    fc.assert(
      fc.property(
        fc.array(named, { maxLength: 2 }),
        fc.array(rules, { minLength: 3, maxLength: 9 }),
        (wanted, former) => {
          const opened = points.filter((point) => admitsAny(wanted, point) && !admitsAny(former, point));
          fc.pre(opened.length === 0);

          expect(findOpening(toTraffic(wanted), toTraffic(former))).toBeNull();
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['the same rule', cidrRule('10.0.0.0/8'), [cidrRule('10.0.0.0/8')], true],
    ['a part of it', cidrRule('10.1.0.0/16'), [cidrRule('10.0.0.0/8')], true],
    ['two halves', cidrRule('10.0.0.0/8'), [cidrRule('10.0.0.0/9'), cidrRule('10.128.0.0/9')], true],
    ['one half', cidrRule('10.0.0.0/8'), [cidrRule('10.0.0.0/9')], false],
    ['everything', cidrRule('10.0.0.0/8'), [everywhere], true],
    ['the other family', cidrRule('::/0'), [everywhere], false],
    ['the other direction', cidrRule('10.0.0.0/8', { isEgress: true }), [everywhere], false],
    [
      'TCP and UDP for all protocols',
      { ...everywhere },
      [cidrRule('0.0.0.0/0', { fromPort: 0, toPort: 65_535 })],
      false,
    ],
    ['a prefix list', cidrRule('10.0.0.0/8'), [{ ...everywhere, source: { kind: 'prefix-list', id: 'pl-1' } }], false],
    [
      'a group',
      cidrRule('10.0.0.0/8'),
      [{ ...everywhere, source: { kind: 'group', id: 'sg-1', userId: null } }],
      false,
    ],
  ] as [string, Rule, Rule[], boolean][])('is covered by %s: %#', (_, wanted, former, isCovered) => {
    expect(findOpening(toTraffic([wanted]), toTraffic(former)) === null).toBe(isCovered);
  });

  it('tells ICMP types and codes apart', () => {
    const icmp = (fromPort: number, toPort: number) => cidrRule('0.0.0.0/0', { protocol: 'icmp', fromPort, toPort });

    expect(findOpening(toTraffic([icmp(8, 0)]), toTraffic([icmp(8, -1)]))).toBeNull();
    expect(findOpening(toTraffic([icmp(8, -1)]), toTraffic([icmp(-1, -1)]))).toBeNull();
    expect(findOpening(toTraffic([icmp(8, -1)]), toTraffic([icmp(8, 0)]))).not.toBeNull();
  });
});

describe('toTraffic', () => {
  it.each(['127.0.0.1/32', '255.255.255.255/32', '::1/128'])('knows that a rule for %s admits nothing', (cidr) => {
    expect(toTraffic([{ ...everywhere, isEgress: true, source: { kind: 'cidr', cidr } }])).toEqual([]);
  });
});

describe('overlaps', () => {
  it('agrees with trying every packet', () => {
    fc.assert(
      fc.property(rules, rules, (left, right) => {
        const isShared = points.some((point) => admits(left, point) && admits(right, point));
        const [[one], [other]] = [toTraffic([left]), toTraffic([right])];

        expect(one !== undefined && other !== undefined && overlaps(one, other)).toBe(isShared);
      }),
    );
  });

  it('takes a group for any address', () => {
    const [group] = toTraffic([{ ...cidrRule(''), source: { kind: 'group', id: 'sg-1', userId: null } }]);
    const [peer] = toTraffic([cidrRule('10.0.0.1/32')]);

    expect(group !== undefined && peer !== undefined && overlaps(group, peer)).toBe(true);
  });
});

describe('isSameTraffic', () => {
  it('does not mind how the same traffic is split into rules', () => {
    const split = [cidrRule('10.0.0.0/9'), cidrRule('10.128.0.0/9')];

    expect(isSameTraffic(toTraffic(split), toTraffic([cidrRule('10.0.0.0/8')]))).toBe(true);
    expect(isSameTraffic(toTraffic(split), toTraffic([cidrRule('10.0.0.0/9')]))).toBe(false);
  });
});
