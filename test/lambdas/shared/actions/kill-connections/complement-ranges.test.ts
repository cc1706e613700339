import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  complementRanges,
  listBlockRanges,
} from '../../../../../lambdas/shared/actions/kill-connections/complement-ranges.ts';
import {
  readRange,
  type AddressRange,
} from '../../../../../lambdas/shared/actions/revoke-security-groups/address-range.ts';

interface Point {
  readonly direction: 'in' | 'out';
  readonly address: AddressRange;
  readonly port: number;
}

const read = (text: string): AddressRange => readRange(text) ?? expect.unreachable(text);
const holds = (outer: AddressRange, { family, low }: AddressRange): boolean =>
  outer.family === family && outer.low <= low && low <= outer.high;

/** Reads `LOW-HIGH`, `ADDRESS` or a CIDR. */
function readAny(text: string): AddressRange {
  const [low = '', high = low] = text.split('-');
  return { family: read(low).family, low: read(low).low, high: read(high).high };
}

/** Says what a list of tokens blocks, token by token. */
function isBlocked(list: string, { direction, address, port }: Point): boolean {
  const tokens = list === '' ? [] : list.split(' ').map((token) => token.split('@'));
  return tokens.some(([way, , ports = '', ranges = '']) => {
    const hasPort = ports.split(',').some((text) => {
      const [low = '', high = low] = text.split('-');
      return Number(low) <= port && port <= Number(high);
    });
    return way === direction && hasPort && ranges.split(',').some((text) => holds(readAny(text), address));
  });
}

const spared = ['127.0.0.0/8', '169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'];

// Few networks and few ports, close to each other: only then do they meet, contain and touch one another.
const ipv4 = fc.integer({ min: 0, max: 40 }).map((last) => `10.0.0.${last}`);
const ipv6 = fc.integer({ min: 0, max: 40 }).map((last) => `fd00:0:0:0:0:0:0:${last.toString(16)}`);
const cidr = fc.oneof(
  ipv4,
  ipv6,
  fc.tuple(ipv4, fc.integer({ min: 26, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc.tuple(ipv6, fc.integer({ min: 122, max: 128 })).map(([address, prefix]) => `${address}/${prefix}`),
  fc.constantFrom('0.0.0.0/0', '::/0', '1.0.0.0/8', '255.255.255.255', '128.0.0.0/1', '8000::/1', '2000::/3'),
);
const port = fc.constantFrom(0, 1, 79, 80, 81, 443, 65_535);
const channel = fc
  .tuple(fc.constantFrom('in', 'out'), cidr, fc.oneof(port.filter((some) => some > 0).map(String), fc.constant('any')))
  .map((parts) => parts.join('@'));
const address = fc
  .oneof(
    ipv4,
    ipv6,
    cidr.map((text) => text.split('/')[0] ?? ''),
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('169.254.1.1'),
  )
  .map(read)
  .filter(({ family, low }) => (family === 'ipv4' ? low >= 1n << 24n : low > 1n));
const point = fc.record({ direction: fc.constantFrom('in', 'out'), address, port });
const list = fc.array(cidr, { maxLength: 5 });

describe('complementRanges', () => {
  it.for<readonly [readonly string[], readonly string[]]>([
    [[], ['1.0.0.0-255.255.255.255', '0:0:0:0:0:0:0:2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
    [['0.0.0.0/0', '::/0'], []],
    [
      ['10.0.0.0/8', '::/0'],
      ['1.0.0.0-9.255.255.255', '11.0.0.0-255.255.255.255'],
    ],
    [
      ['0.0.0.0/1', '192.0.0.0/2', '128.0.0.1', '::/0'],
      ['128.0.0.0', '128.0.0.2-191.255.255.255'],
    ],
    [
      ['0.0.0.0/0', 'fd00::/8'],
      [
        '0:0:0:0:0:0:0:2-fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
        'fe00:0:0:0:0:0:0:0-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
      ],
    ],
  ])('leaves %j out', ([golden, ranges]) => {
    expect(complementRanges(golden)).toEqual(ranges);
  });

  it('holds nothing golden and everything else', () => {
    fc.assert(
      fc.property(list, address, (golden, some) => {
        const isGolden = golden.some((text) => holds(read(text), some));

        expect(complementRanges(golden).some((text) => holds(readAny(text), some))).toBe(!isGolden);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whatever the order, and with what is golden twice', () => {
    fc.assert(
      fc.property(list, (golden) => {
        expect(complementRanges([...golden, ...golden].reverse())).toEqual(complementRanges(golden));
      }),
    );
  });

  it('refuses what is no address rather than leave it unspared', () => {
    expect(() => complementRanges(['10.0.0.0/33'])).toThrow('Cannot leave "10.0.0.0/33" out of a block');
  });
});

describe('listBlockRanges', () => {
  it('writes one token for each direction and set of ports', () => {
    const text = listBlockRanges({
      ports: [80, 443, 8080],
      golden: ['in@10.0.0.0/8@443', 'in@10.1.0.0/16@80', 'out@10.0.0.0/8@80'],
      agent: ['::/0', '0.0.0.0/5', '12.0.0.0/6', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/2', '128.0.0.0/1'],
    });

    expect(text.split(' ')).toEqual([
      'in@tcp@80,443,8080@8.0.0.0-9.255.255.255,11.0.0.0-11.255.255.255',
      'in@tcp@80,8080@10.0.0.0-10.0.255.255,10.2.0.0-10.255.255.255',
      'in@tcp@8080@10.1.0.0-10.1.255.255',
    ]);
  });

  it('is empty where nothing is to be blocked', () => {
    expect(listBlockRanges({ golden: [], agent: [] })).toBe('');
    expect(listBlockRanges({ peers: ['10.0.0.1'], golden: ['in@10.0.0.0/8@any'], agent: [] })).toBe('');
    expect(listBlockRanges({ server: true, golden: [], agent: ['0.0.0.0/0', '::/0'] })).toBe('');
  });

  it('leaves whoever is golden at any port out of the one list of a named rule', () => {
    const golden = ['in@1.0.0.0/8@443', 'out@2.0.0.0/7@80', 'in@::/0@1'];
    const agent = ['4.0.0.0/6', '8.0.0.0/5', '16.0.0.0/4', '32.0.0.0/3', '64.0.0.0/2', '128.0.0.0/2'];

    expect(listBlockRanges({ namedRule: true, golden, agent })).toBe('in@tcp@0-65535@192.0.0.0-255.255.255.255');
    expect(listBlockRanges({ namedRule: true, golden: [], agent })).toBe('');
  });

  it('blocks what is aimed at and is neither golden nor spared, and nothing else', () => {
    const targets = fc.record({
      server: fc.boolean(),
      peers: list,
      ports: fc.array(port, { maxLength: 3 }),
      golden: fc.array(channel, { maxLength: 6 }),
      agent: fc.array(cidr, { maxLength: 2 }),
    });
    fc.assert(
      fc.property(targets, fc.array(point, { minLength: 1, maxLength: 8 }), (wanted, points) => {
        const text = listBlockRanges(wanted);

        for (const some of points) {
          const hits = (cidrs: readonly string[]) => cidrs.some((one) => holds(read(one), some.address));
          const isAimedAt =
            wanted.server || hits(wanted.peers) || (some.direction === 'in' && wanted.ports.includes(some.port));
          const isGolden = wanted.golden.some((one) => {
            const [direction, network = '', golden] = one.split('@');
            const isPort = golden === 'any' || (golden === String(some.port) && direction === some.direction);
            return isPort && hits([network]);
          });
          expect({ some, is: isBlocked(text, some) }).toEqual({
            some,
            is: isAimedAt && !isGolden && !hits([...wanted.agent, ...spared]),
          });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
