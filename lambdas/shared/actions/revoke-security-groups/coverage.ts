import { isInside, readRange } from './address-range.ts';
import type { GroupRule } from './group-rule.ts';

/**
 * The traffic a rule admits, as a rectangle of ports and addresses in one direction, protocol and address space. A
 * prefix list or a referenced group is an address space of its own: what it stands for is not known here, so it
 * neither covers addresses nor is covered by them.
 */
export interface Traffic {
  readonly isEgress: boolean;
  readonly protocol: string;
  readonly space: string;
  readonly low: bigint;
  readonly high: bigint;
  readonly fromPort: number;
  readonly toPort: number;
}

const lastPort = 65_535;

/** Addresses that never leave or reach an interface: tools write rules for them where "no rule" cannot be said. */
const inertRanges = ['127.0.0.0/8', '255.255.255.255/32', '::1/128'].map((cidr) => readRange(cidr));

/** The traffic of a set of rules; rules for addresses that carry no traffic are dropped. */
export function toTraffic(
  rules: readonly Pick<GroupRule, 'isEgress' | 'protocol' | 'fromPort' | 'toPort' | 'source'>[],
): Traffic[] {
  return rules.flatMap(({ isEgress, protocol, fromPort, toPort, source }) => {
    const range = source.kind === 'cidr' ? readRange(source.cidr) : null;
    const isInert = inertRanges.some((inert) => range !== null && inert !== null && isInside(range, inert));
    if (isInert) return [];
    const space = range?.family ?? `${source.kind} ${source.kind === 'cidr' ? source.cidr : source.id}`;
    const ports = toPorts(protocol, fromPort, toPort);
    return [{ isEgress, protocol, space, low: range?.low ?? 0n, high: range?.high ?? 0n, ...ports }];
  });
}

/** The first piece of `wanted` that `former` does not admit, or null when all of it was admitted before. */
export function findOpening(wanted: readonly Traffic[], former: readonly Traffic[]): Traffic | null {
  for (const one of wanted) {
    const [left] = former.reduce<Traffic[]>((rest, other) => rest.flatMap((piece) => subtract(piece, other)), [one]);
    if (left !== undefined) return left;
  }
  return null;
}

/** True when both admit exactly the same. */
export function isSameTraffic(left: readonly Traffic[], right: readonly Traffic[]): boolean {
  return findOpening(left, right) === null && findOpening(right, left) === null;
}

/** True when both may admit one and the same packet. What a list or a group stands for may be any address. */
export function overlaps(left: Traffic, right: Traffic): boolean {
  const sameProtocol = left.protocol === right.protocol || left.protocol === '-1' || right.protocol === '-1';
  return left.isEgress === right.isEgress && sameProtocol && overlapPorts(left, right) && overlapAddresses(left, right);
}

function overlapPorts(left: Traffic, right: Traffic): boolean {
  return left.fromPort <= right.toPort && right.fromPort <= left.toPort;
}

function overlapAddresses(left: Traffic, right: Traffic): boolean {
  if (![left.space, right.space].every((space) => space === 'ipv4' || space === 'ipv6')) return true;
  return left.space === right.space && left.low <= right.high && right.low <= left.high;
}

/** What is left of a rectangle when another is taken out of it: at most four pieces. */
function subtract(piece: Traffic, other: Traffic): Traffic[] {
  // "All protocols" is more than the sum of those we could name, so only itself covers it.
  const reaches = other.protocol === '-1' || other.protocol === piece.protocol;
  const isApart = piece.isEgress !== other.isEgress || piece.space !== other.space || !reaches;
  if (isApart || !overlapPorts(piece, other) || !overlapAddresses(piece, other)) return [piece];
  const fromPort = Math.max(piece.fromPort, other.fromPort);
  const toPort = Math.min(piece.toPort, other.toPort);
  const pieces: Traffic[] = [];
  if (piece.fromPort < fromPort) pieces.push({ ...piece, toPort: fromPort - 1 });
  if (piece.toPort > toPort) pieces.push({ ...piece, fromPort: toPort + 1 });
  const middle = { ...piece, fromPort, toPort };
  if (piece.low < other.low) pieces.push({ ...middle, high: other.low - 1n });
  if (piece.high > other.high) pieces.push({ ...middle, low: other.high + 1n });
  return pieces;
}

/** Ports of a rule as a range; ICMP's type and code as `type * 256 + code`, which fits the same range. */
function toPorts(protocol: string, from: number, to: number): { fromPort: number; toPort: number } {
  if (protocol === 'tcp' || protocol === 'udp') return from < 0 ? everyPort : { fromPort: from, toPort: to };
  if ((protocol !== 'icmp' && protocol !== 'icmpv6') || from < 0) return everyPort;
  return { fromPort: from * 256 + Math.max(to, 0), toPort: from * 256 + (to < 0 ? 255 : to) };
}

const everyPort = { fromPort: 0, toPort: lastPort };
