import { isIP } from 'node:net';

/** True for an IPv4 or IPv6 address without a prefix length or zone. */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}

/** True for an address or an address with a prefix length that fits its family. */
export function isPeer(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  if (!isAddress(address) || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIP(address) === 4 ? 32 : 128);
}
