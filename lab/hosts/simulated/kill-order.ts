import type { CommandParameters } from '../../../documents/command-document.ts';
import { killConnectionsParameters } from '../../../documents/kill-connections.ts';
import { ParameterRefusedError, readValues, refuseStrangeCidrs, splitList } from './read-environment.ts';
import type { Values } from './read-environment.ts';

/** What a golden channel says: who dials, from or to where, on which port. */
export interface GoldenChannel {
  readonly direction: 'in' | 'out';
  readonly cidr: string;
  readonly port: number | 'any';
}

/** What no cut of a document touches. */
export interface Spared {
  readonly golden: readonly GoldenChannel[];
  readonly agent: readonly string[];
}

/** A `kill-connections` order, read out of its environment. */
export interface KillOrder extends Spared {
  readonly incident: string;
  readonly scope: 'server' | 'peers' | 'ports';
  readonly peers: readonly string[];
  readonly ports: readonly number[];
  /** Null where everything in scope is cut; else only zombies are, and these addresses stay out. */
  readonly zombies: readonly string[] | null;
  /** Null where the order names its peers; else the host knows them, all but these. */
  readonly atHome: readonly string[] | null;
  readonly ttlSeconds: number;
}

/** Reads a kill order as strictly as the script of its platform does. */
export function readKillOrder(
  environment: Values,
  parameters: CommandParameters = killConnectionsParameters,
): KillOrder {
  const values = readValues(environment, parameters);
  const peers = splitList(values['peers']);
  const ports = splitList(values['ports']).map(Number);
  const scope = values['scope'] as KillOrder['scope'];
  const isFromHost = values['peersFrom'] === 'night-logins';
  if (isFromHost && scope !== 'peers') {
    throw new ParameterRefusedError(`Parameter peersFrom is night-logins, but scope is '${scope}': wanted peers`);
  }
  for (const [list, items] of [
    ['peers', peers],
    ['ports', ports],
  ] as const) {
    if ((scope === list && !(isFromHost && list === 'peers')) !== items.length > 0) {
      throw new ParameterRefusedError(`Parameter ${list} holds ${items.length} items, scope is '${scope}'`);
    }
  }
  const onlyZombies = values['only'] === 'zombies';
  if (onlyZombies && scope !== 'ports') {
    throw new ParameterRefusedError(`Parameter only is zombies, but scope is '${scope}': wanted ports`);
  }
  const homeCidrs = splitList(values['homeCidrs']);
  refuseStrangeCidrs([...peers, ...homeCidrs]);
  const zombies = onlyZombies ? [] : null;
  return {
    incident: values['incident'] ?? '',
    ...readSpared(values),
    scope,
    peers,
    ports,
    zombies,
    atHome: isFromHost ? homeCidrs : null,
    ttlSeconds: Number(values['ttlSeconds']),
  };
}

/** Reads golden channels and the agent's path. */
export function readSpared(values: Values): Spared {
  const golden = splitList(values['golden']).map(readGoldenChannel);
  const agent = splitList(values['agent']);
  refuseStrangeCidrs([...agent, ...golden.map(({ cidr }) => cidr)]);
  return { golden, agent };
}

function readGoldenChannel(text: string): GoldenChannel {
  const [direction, cidr = '', port] = text.split('@');
  return { direction: direction === 'in' ? 'in' : 'out', cidr, port: port === 'any' ? 'any' : Number(port) };
}
