import { isIP } from 'node:net';
import { hostCidrRule, isHostCidr, readIpv4, readIpv6 } from '../host-address.ts';

/** Why `text` is no CIDR that can stand in a security-group rule and in a host's firewall, or undefined when it is one. */
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
  if (hostBits !== 0n) return 'must be the first address of its network, without host bits';
  // Otherwise the host cut of every server that the entry touches would be refused, in the moment it is needed.
  return isHostCidr(text) ? undefined : `must be a range ${hostCidrRule}`;
}
