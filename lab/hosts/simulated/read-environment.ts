import ipaddr from 'ipaddr.js';
import type { CommandParameters } from '../../../documents/command-document.ts';
import { killConnectionsParameters } from '../../../documents/kill-connections.ts';
import { releaseConnectionsParameters } from '../../../documents/release-connections.ts';

/** What a golden channel says: who dials, from or to where, on which port. */
export interface GoldenChannel {
  readonly direction: 'in' | 'out';
  readonly cidr: string;
  readonly port: number | 'any';
}

/** A `kill-connections` order, read out of its environment. */
export interface KillOrder {
  readonly incident: string;
  readonly scope: 'server' | 'peers' | 'ports';
  readonly peers: readonly string[];
  readonly ports: readonly number[];
  readonly golden: readonly GoldenChannel[];
  readonly agent: readonly string[];
  readonly ttlSeconds: number;
}

/** A `release-connections` order. */
export interface ReleaseOrder {
  readonly incident: string;
  readonly expectedDigest: string;
}

/** Thrown for what the real script would answer with exit code 64. */
export class ParameterRefusedError extends Error {
  override readonly name = 'ParameterRefusedError';
}

type Environment = Readonly<Record<string, string>>;

/** Reads a kill order as strictly as the script does. */
export function readKillOrder(environment: Environment): KillOrder {
  const values = checkValues(environment, killConnectionsParameters);
  const peers = splitList(values['peers']);
  const ports = splitList(values['ports']).map(Number);
  const scope = values['scope'] as KillOrder['scope'];
  for (const [list, items] of [
    ['peers', peers],
    ['ports', ports],
  ] as const) {
    if ((scope === list) !== items.length > 0) {
      throw new ParameterRefusedError(`Parameter ${list} holds ${items.length} items, scope is '${scope}'`);
    }
  }
  const golden = splitList(values['golden']).map(readGoldenChannel);
  const agent = splitList(values['agent']);
  for (const cidr of [...peers, ...agent, ...golden.map((channel) => channel.cidr)]) {
    if (!isCidr(cidr)) throw new ParameterRefusedError(`A parameter holds no CIDR: '${cidr}'`);
  }
  return {
    incident: values['incident'] ?? '',
    scope,
    peers,
    ports,
    golden,
    agent,
    ttlSeconds: Number(values['ttlSeconds']),
  };
}

/** Reads a release order as strictly as the script does. */
export function readReleaseOrder(environment: Environment): ReleaseOrder {
  const values = checkValues(environment, releaseConnectionsParameters);
  return { incident: values['incident'] ?? '', expectedDigest: values['expectedDigest'] ?? '' };
}

/** Says whether an address lies in one of the CIDRs; the families never meet. */
export function isInside(address: string, cidrs: readonly string[]): boolean {
  const parsed = ipaddr.parse(address);
  return cidrs.some((cidr) => {
    const [network, prefix] = ipaddr.parseCIDR(cidr.includes('/') ? cidr : `${cidr}/${cidr.includes(':') ? 128 : 32}`);
    return parsed.kind() === network.kind() && parsed.match([network, prefix]);
  });
}

function checkValues(environment: Environment, parameters: CommandParameters): Readonly<Record<string, string>> {
  const lists = new Set(['peers', 'ports', 'golden', 'agent', 'expectedDigest']);
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { allowedPattern, minChars, maxChars }]) => {
      // Like the script: a list that was not handed over is empty, a missing word is refused.
      const value = environment[`SSM_${name}`] ?? (lists.has(name) ? '' : '\n');
      if (value.length < minChars || value.length > maxChars || !new RegExp(allowedPattern).test(value)) {
        throw new ParameterRefusedError(`Parameter ${name} is refused, received '${value.slice(0, 80)}'`);
      }
      return [name, value];
    }),
  );
}

function splitList(value = ''): readonly string[] {
  return value === '' ? [] : value.split(' ');
}

function readGoldenChannel(text: string): GoldenChannel {
  const [direction, cidr = '', port] = text.split('@');
  return { direction: direction === 'in' ? 'in' : 'out', cidr, port: port === 'any' ? 'any' : Number(port) };
}

function isCidr(text: string): boolean {
  return text.includes('/') ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
}
