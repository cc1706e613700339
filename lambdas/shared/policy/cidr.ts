import { isIP } from 'node:net';

/** Why `text` is no CIDR that can stand in a security-group rule, or undefined when it is one. */
export function whyNoCidr(text: string): string | undefined {
  const [address = '', prefixText = ''] = text.split('/');
  const family = isIP(address);
  const prefix = Number(prefixText);
  if (family === 0) return 'must begin with an IPv4 or IPv6 address';
  const bits = family === 4 ? 32 : 128;
  if (prefix > bits) return `must have a prefix length of at most ${bits}`;
  // EC2 silently cuts the host bits off; a reader of the policy would see an address that is not what is let through.
  const value = family === 4 ? readIpv4(address) : readIpv6(address);
  const hostBits = value & ((1n << BigInt(bits - prefix)) - 1n);
  return hostBits === 0n ? undefined : 'must be the first address of its network, without host bits';
}

function readIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function readIpv6(address: string): bigint {
  const [head = '', tail] = address.split('::');
  const front = readGroups(head);
  const back = tail === undefined ? [] : readGroups(tail);
  const gap = Array.from<number>({ length: 8 - front.length - back.length }).fill(0);
  return [...front, ...gap, ...back].reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** 16-bit groups; an embedded IPv4 address at the end counts for two. */
function readGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const value = Number(readIpv4(group));
    return [value >>> 16, value & 0xff_ff];
  });
}
