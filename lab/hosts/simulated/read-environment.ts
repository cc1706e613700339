import ipaddr from 'ipaddr.js';
import type { CommandParameters } from '../../../documents/command-document.ts';

/** What a document was handed, by the names of its parameters. */
export type Values = Readonly<Record<string, string>>;

/** Thrown for what the real script would answer with exit code 64. */
export class ParameterRefusedError extends Error {
  override readonly name = 'ParameterRefusedError';
}

/** Reads the values of a document's parameters as strictly as its script does. */
export function readValues(environment: Values, parameters: CommandParameters): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { allowedPattern, minChars, maxChars, default: initial }]) => {
      // The agent hands over every parameter, its default at least; what is missing then is refused.
      const value = environment[`SSM_${name}`] ?? initial ?? '\n';
      if (value.length < minChars || value.length > maxChars || !new RegExp(allowedPattern).test(value)) {
        throw new ParameterRefusedError(`Parameter ${name} is refused, received '${value.slice(0, 80)}'`);
      }
      return [name, value];
    }),
  );
}

/** Splits a list at its blanks. */
export function splitList(value = ''): readonly string[] {
  return value === '' ? [] : value.split(' ');
}

/** Refuses what is no address and no CIDR: the patterns know their form only. */
export function refuseStrangeCidrs(cidrs: readonly string[]): void {
  const strange = cidrs.find((cidr) => !(cidr.includes('/') ? ipaddr.isValidCIDR(cidr) : ipaddr.isValid(cidr)));
  if (strange !== undefined) throw new ParameterRefusedError(`A parameter holds no CIDR: '${strange}'`);
}

/** Says whether an address lies in one of the CIDRs; the families never meet. */
export function isInside(address: string, cidrs: readonly string[]): boolean {
  const parsed = ipaddr.parse(address);
  return cidrs.some((cidr) => {
    const [network, prefix] = ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`);
    return parsed.kind() === network.kind() && parsed.match([network, prefix]);
  });
}
