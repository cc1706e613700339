import { readRange, type AddressRange } from '../revoke-security-groups/address-range.ts';

// The firewall of Windows lets a block win over every permission, so a golden channel cannot be permitted past a block:
// the block itself must leave it out. Computed here, where it can be tested whole; the host only writes down the rules.

/** What a block is meant to hit, in the words of the host documents; the three add up. */
export interface BlockTargets {
  /** Everything but golden channels and the agent's path. */
  readonly server?: boolean;
  /** Addresses or CIDRs, at every port and in both directions. */
  readonly peers?: readonly string[];
  /** Local ports, from every address. */
  readonly ports?: readonly number[];
  /** True when a firewall rule of the host is to block by its own ports. */
  readonly namedRule?: boolean;
  /** Golden channels, `in@CIDR@PORT` or `out@CIDR@PORT`. */
  readonly golden: readonly string[];
  /** CIDRs the agent needs. */
  readonly agent: readonly string[];
}

interface Interval {
  readonly low: bigint;
  readonly high: bigint;
}
type Family = AddressRange['family'];
type Channel = { readonly direction: string; readonly range: AddressRange; readonly port: string };

/** Most characters of the parameter `blockRanges`: document and values together may have 64 KB. */
export const maxBlockRangesCharacters = 8192;

/**
 * Every address a peer can have. 0.0.0.0/8 is no peer on the wire, and loopback never crosses a firewall; the grammar of
 * golden channels knows neither.
 */
const universe: readonly AddressRange[] = [
  { family: 'ipv4', low: 1n << 24n, high: (1n << 32n) - 1n },
  { family: 'ipv6', low: 2n, high: (1n << 128n) - 1n },
];
/** Link-local services and loopback live on in every cut, as on Linux. */
const alwaysSpared = ['127.0.0.0/8', '169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'].map(toRange);
const everyPort: Interval = { low: 0n, high: 65_535n };

/** Everything outside the given addresses and CIDRs, of both families, as the fewest ranges `LOW-HIGH`. */
export function complementRanges(golden: readonly string[]): string[] {
  return subtract(universe, golden.map(toRange)).map(writeRange);
}

/**
 * What is to be blocked, golden channels and the agent's path left out: tokens `in@PROTOCOL@PORTS@RANGES` (local ports,
 * from those addresses) and `out@PROTOCOL@PORTS@RANGES` (remote ports, to those addresses), separated by single blanks.
 * PROTOCOL is `tcp`, or `any` for TCP and UDP. The token for a named rule is the one for TCP at every port.
 */
export function listBlockRanges(targets: BlockTargets): string {
  const { server = false, peers = [], ports = [], namedRule = false } = targets;
  const channels = targets.golden.map(readChannel);
  // As on Linux, a channel without a port spares its peer in both directions.
  const spared = [
    ...alwaysSpared,
    ...targets.agent.map(toRange),
    ...channels.filter(({ port }) => port === 'any').map(({ range }) => range),
  ];
  const addresses = server ? universe : peers.map(toRange);
  const list = (
    direction: 'in' | 'out',
    protocol: 'any' | 'tcp',
    wanted: readonly AddressRange[],
    portsWanted: readonly Interval[],
  ): string[] => {
    const golden = channels.filter((channel) => channel.direction === direction && channel.port !== 'any');
    return writeTokens(`${direction}@${protocol}`, partition(subtract(wanted, spared), golden), portsWanted);
  };
  return [
    ...list('in', 'any', addresses, [everyPort]),
    ...list('out', 'any', addresses, [everyPort]),
    ...list('in', 'tcp', ports.length === 0 ? [] : universe, ports.map(BigInt).map(toPoint)),
    ...(namedRule && channels.length > 0 ? writeNamedToken([...spared, ...channels.map(({ range }) => range)]) : []),
  ].join(' ');
}

/** A rule has one list of addresses for all its ports: whoever is golden at any port stays out of it. */
function writeNamedToken(spared: readonly AddressRange[]): string[] {
  const ranges = subtract(universe, spared).map(writeRange);
  return ranges.length === 0 ? [] : [`in@tcp@${writePorts([everyPort])}@${ranges.join(',')}`];
}

/** Cuts ranges at the borders of golden channels; each piece with the golden ports that hold in all of it. */
function partition(
  ranges: readonly AddressRange[],
  golden: readonly Channel[],
): { readonly piece: AddressRange; readonly ports: readonly string[] }[] {
  return ranges.flatMap((range) => {
    const near = golden.filter((channel) => meets(range, channel.range));
    const starts = near.flatMap(({ range: { low, high } }) => [low, high + 1n]);
    const inner = starts.filter((start) => start > range.low && start <= range.high);
    const lows = [...new Set([range.low, ...inner])].sort((a, b) => (a < b ? -1 : 1));
    return lows.map((low, index) => {
      const piece = { family: range.family, low, high: (lows[index + 1] ?? range.high + 1n) - 1n };
      return { piece, ports: near.filter((channel) => meets(piece, channel.range)).map(({ port }) => port) };
    });
  });
}

/** One token for all pieces with the same ports: one firewall rule each, and rules are slow to make. */
function writeTokens(head: string, pieces: ReturnType<typeof partition>, portsWanted: readonly Interval[]): string[] {
  const byPorts = Map.groupBy(pieces, ({ ports }) =>
    writePorts(
      subtractIntervals(
        portsWanted,
        ports.map(BigInt).map((port) => ({ low: port, high: port })),
      ),
    ),
  );
  return [...byPorts].flatMap(([ports, group]) => {
    const ranges = subtract(
      group.map(({ piece }) => piece),
      [],
    );
    return ports === '' ? [] : [`${head}@${ports}@${ranges.map(writeRange).join(',')}`];
  });
}

/** What of some ranges is in none of the others: sorted, apart from each other and merged where they touch. */
function subtract(ranges: readonly AddressRange[], holes: readonly AddressRange[]): AddressRange[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const ofFamily = (all: readonly AddressRange[]) => all.filter((range) => range.family === family);
    return subtractIntervals(ofFamily(ranges), ofFamily(holes)).map(({ low, high }) => ({ family, low, high }));
  });
}

function subtractIntervals(intervals: readonly Interval[], holes: readonly Interval[]): Interval[] {
  const gaps = merge(holes);
  return merge(intervals).flatMap((interval) => {
    const rest: Interval[] = [];
    let low = interval.low;
    for (const gap of gaps) {
      if (gap.high < low || gap.low > interval.high) continue;
      if (gap.low > low) rest.push({ low, high: gap.low - 1n });
      low = gap.high + 1n;
    }
    return low > interval.high ? rest : [...rest, { low, high: interval.high }];
  });
}

function merge(intervals: readonly Interval[]): Interval[] {
  const merged: { low: bigint; high: bigint }[] = [];
  for (const { low, high } of [...intervals].sort((a, b) => (a.low < b.low ? -1 : 1))) {
    const last = merged.at(-1);
    if (last === undefined || low > last.high + 1n) merged.push({ low, high });
    else if (high > last.high) last.high = high;
  }
  return merged;
}

function toPoint(value: bigint): Interval {
  return { low: value, high: value };
}

function meets(one: AddressRange, other: AddressRange): boolean {
  return one.family === other.family && one.low <= other.high && other.low <= one.high;
}

function readChannel(text: string): Channel {
  const [direction = '', cidr = '', port = ''] = text.split('@');
  return { direction, range: toRange(cidr), port };
}

function toRange(cidr: string): AddressRange {
  const range = readRange(cidr);
  if (range === null) throw new TypeError(`Cannot leave "${cidr}" out of a block: wanted an address or CIDR`);
  return range;
}

function writePorts(ports: readonly Interval[]): string {
  return ports.map(({ low, high }) => (low === high ? String(low) : `${low}-${high}`)).join(',');
}

function writeRange({ family, low, high }: AddressRange): string {
  return low === high ? writeAddress(family, low) : `${writeAddress(family, low)}-${writeAddress(family, high)}`;
}

/** IPv6 with all eight groups: no spelling is plainer, and the host's grammar stays short. */
function writeAddress(family: Family, value: bigint): string {
  const [groups, bits, base, separator] = family === 'ipv4' ? [4, 8, 10, '.'] : [8, 16, 16, ':'];
  const shifts = Array.from({ length: groups }, (_, index) => BigInt((groups - 1 - index) * bits));
  const mask = (1n << BigInt(bits)) - 1n;
  return shifts.map((shift) => ((value >> shift) & mask).toString(base)).join(separator);
}
