import { isIPv4, isIPv6 } from 'node:net';

/** A run of addresses of one family, both ends included. */
export interface AddressRange {
  readonly family: 'ipv4' | 'ipv6';
  readonly low: bigint;
  readonly high: bigint;
}

/** Reads an address or a CIDR; null when it is neither. Host bits are dropped, as EC2 does. */
export function readRange(text: string): AddressRange | null {
  const [address = '', length, ...rest] = text.split('/');
  const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : null;
  if (family === null || rest.length > 0) return null;
  const bits = family === 'ipv4' ? 32 : 128;
  const prefix = length === undefined ? bits : readPrefix(length);
  if (prefix === null || prefix > bits) return null;
  const size = 1n << BigInt(bits - prefix);
  const value = family === 'ipv4' ? toIPv4Number(address) : toIPv6Number(address);
  const low = value - (value % size);
  return { family, low, high: low + size - 1n };
}

/** True when every address of `inner` is one of `outer`. */
export function isInside(inner: AddressRange, outer: AddressRange): boolean {
  return inner.family === outer.family && inner.low >= outer.low && inner.high <= outer.high;
}

/** Digits only: `Number` would also take an empty text, a sign or an exponent. */
function readPrefix(text: string): number | null {
  return /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function toIPv4Number(address: string): bigint {
  return address.split('.').reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** `::` stands for as many zero groups as are missing to eight. */
function toIPv6Number(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const front = toGroups(head);
  const back = tail === undefined ? [] : toGroups(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => 0n);
  return [...front, ...zeros, ...back].reduce((sum, group) => sum * 65_536n + group, 0n);
}

/** 16-bit groups of a part of an IPv6 address; a dotted tail (`::ffff:10.0.0.1`) is two of them. */
function toGroups(part: string): bigint[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const value = toIPv4Number(group);
    return [value / 65_536n, value % 65_536n];
  });
}
