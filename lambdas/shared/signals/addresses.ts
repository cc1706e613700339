import { isIP } from 'node:net';
import { isHostCidr, toHostAddress } from '../host-address.ts';
import { distinct } from './instance-ids.ts';

/** True for an IPv4 or IPv6 address without a prefix length or zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** True for an address or CIDR that a host can be given, mapped addresses read as the IPv4 they are. */
export function isPeer(text: string): boolean {
  return isHostCidr(toHostAddress(text));
}

/**
 * Addresses in the form a host takes, each once. Those that no host can be given stay among them: whoever cuts by the
 * signal must see them, to hand them to a person.
 */
export function readAddresses(addresses: readonly string[]): string[] {
  return distinct(addresses.map(toHostAddress));
}
