import { isIP } from 'node:net';

// The one grammar of addresses: of the policy, of signals and of the host documents' parameters. Systems Manager checks
// it with Java's engine and the agent with RE2, so it keeps to what both know: no look-around, no back-references.
const byte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const firstByte = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)';
// 0.0.0.0/8 and ::/8 are left out on purpose: there ss and nft disagree (wildcards, v4-mapped addresses, NAT64, ::1).
const ipv4Cidr = `(0\\.0\\.0\\.0/0|${firstByte}(\\.${byte}){3}(/(3[0-2]|[12][0-9]|[1-9]))?)`;
const ipv6Cidr = '(::/0|[1-9a-fA-F][0-9a-fA-F]{2,3}:[0-9a-fA-F:]{1,34}(/(12[0-8]|1[01][0-9]|[1-9][0-9]|[89]))?)';

/** Matches one address or CIDR as a host takes it; not anchored, to be built into longer patterns. */
export const hostCidrPattern = `(${ipv4Cidr}|${ipv6Cidr})`;
const wholePattern = new RegExp(`^${hostCidrPattern}$`);

/** What the pattern says, for a person. */
export const hostCidrRule =
  'that the firewall of a host takes, IPv4 with a prefix of 1 to 32 outside 0.0.0.0/8 or IPv6 with one of 8 to 128 outside ::/8';

/** Characters a document's list of peers, or of golden channels, may have. */
export const maxListCharacters = 8192;

/** The IPv4 addresses inside IPv6, `::ffff:0:0/96`: on the wire they are IPv4. */
const mapped = 0xff_ffn;

/** True for an address or CIDR that a host document takes. Counts what the pattern cannot. */
export function isHostCidr(text: string): boolean {
  const [address = ''] = text.split('/');
  // The host refuses eight colons, which node takes where `::` stands for a single group.
  return wholePattern.test(text) && isIP(address) !== 0 && address.split(':').length <= 8;
}

/**
 * Writes an address or CIDR in the form a host takes: mapped addresses as the IPv4 they are, others spelled out where
 * their spelling is none of the grammar's. What a host cannot be given at all comes back as it is.
 */
export function toHostAddress(text: string): string {
  const [address = '', prefix] = text.split('/');
  if (isIP(address) !== 6 || address.includes('%') || isHostCidr(text)) return text;
  const value = readIpv6(address);
  const bits = prefix === undefined ? 128 : Number(prefix);
  const write = (written: string, length: number) => (prefix === undefined ? written : `${written}/${length}`);
  const plain =
    value >> 32n === mapped && bits >= 96 ? write(writeIpv4(value), bits - 96) : write(writeIpv6(value), bits);
  return isHostCidr(plain) ? plain : text;
}

/** The number an IPv4 address is; the text must be one. */
export function readIpv4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** The number an IPv6 address is; the text must be one, without a zone. */
export function readIpv6(address: string): bigint {
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

function writeIpv4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
}

/** All eight groups: no spelling is plainer. */
function writeIpv6(value: bigint): string {
  const shifts = Array.from({ length: 8 }, (_, index) => BigInt(112 - index * 16));
  return shifts.map((shift) => ((value >> shift) & 0xff_ffn).toString(16)).join(':');
}
