import { isIPv4 } from 'node:net';
import { isRedLine, redLines } from '../lambdas/shared/answers/red-lines.ts';
import type { Profile } from '../lambdas/shared/policy/server-facts.ts';
import { isRecord } from '../lambdas/shared/record.ts';
import { tagKeys } from '../lambdas/shared/tags.ts';
import { labAccountId, labRegion } from './lab.ts';
import type { Signal } from '../lambdas/shared/contracts/signal.ts';
import type { Scenario, ScenarioServer } from './scenario.ts';

/** A file may name a whole fleet; the lab raises this many hosts of it at most. */
const maximumServers = 12;

/**
 * The same event as if it had happened in the lab's account and region: the deployed rules take no other, and findings
 * about other accounts are handed over.
 */
export function moveToLab(event: unknown): unknown {
  if (!isRecord(event) || !('detail' in event)) return event;
  const { detail } = event;
  const moved = isRecord(detail) && 'accountId' in detail ? { ...detail, accountId: labAccountId } : detail;
  return { ...event, account: labAccountId, region: labRegion, detail: moved };
}

/** Builds hosts for the servers a signal names: users, a colleague to spread to, and the remote addresses it speaks of. */
export function toScenario(name: string, event: unknown, signal: Signal): Scenario {
  return {
    name,
    description: signal.name,
    mode: 'armed',
    servers: signal.servers.slice(0, maximumServers).map((id, index) => toServer(id, index, signal)),
    event,
  };
}

function toServer(id: string, index: number, signal: Signal): ScenarioServer {
  const remotes = signal.remoteAddresses.filter(isPublicIPv4).slice(0, 3);
  const port = signal.localPorts[0] ?? 3389;
  const network = `10.0.${100 + index}`;
  const { profile, peers, machine } = toScene(signal, network);
  return {
    id,
    address: `${network}.20`,
    tags: { [tagKeys.profile]: profile },
    interfaces: 1,
    peers: [
      peer('users', `198.51.100.${100 + index}`, 20, 443),
      peer('a colleague', `${network}.40`, 5, 445),
      ...remotes.map((address) => peer(`remote ${address}`, address, 5, port)),
      ...peers,
    ],
    ...(machine && { machine }),
  };
}

type Scene = Pick<ScenarioServer, 'peers' | 'machine'> & { readonly profile: Profile };

/** What a red line needs to be seen on: a server of its profile, as the scenarios' policy names its parts. */
function toScene({ kind, measure, remoteAddresses }: Signal, network: string): Scene {
  if (!isRedLine(kind)) return { profile: 'general', peers: [] };
  const { profile } = redLines[kind];
  const offset = measure === null ? 0 : measure.value * (measure.unit === 's' ? 1000 : 1);
  const clock = { offsetMs: kind === 'clock-offset' || kind === 'time-difference' ? offset : 0, holds: true };
  const [active, at] = [true, `${network}.50`];
  switch (profile) {
    case 'trading':
      return {
        profile,
        peers: [peer('brokers', at, 10, 8080)],
        machine: { platform: 'Linux', services: [{ name: 'trading-engine', active }], clock },
      };
    case 'medical': {
      const units = { services: [{ name: 'MSSQLSERVER', active }], tasks: [{ name: 'DataSync', active }] };
      return { profile, peers: [peer('devices', at, 10, 6000)], machine: { platform: 'Windows', ...units, clock } };
    }
    case 'logistics': {
      const session = { user: 'order-import', application: 'importer', isReplication: false, inTransaction: true };
      return {
        profile,
        peers: [{ ...peer('importer', at, 4, 5432), session }],
        machine: { platform: 'Linux', database: { engine: 'postgresql' } },
      };
    }
    case 'surveillance':
      if (kind !== 'night-login') return { profile, peers: [{ ...peer('dead camera', at, 3, 443), zombie: true }] };
      if (remoteAddresses.length > 0) return { profile, peers: [] };
      // The event does not know the address, so the server must.
      return { profile, peers: [peer('stranger', at, 3, 22)], machine: { platform: 'Linux', nightLogins: [at] } };
    default:
      return profile satisfies never;
  }
}

function peer(name: string, address: string, connections: number, port: number): ScenarioServer['peers'][number] {
  return { name, address, connections, direction: 'in', port, golden: false, allowed: 'anyone' };
}

/** Addresses that a lab peer can carry beside the lab's own 10.0.0.0/8 and 198.51.100.0/24. */
function isPublicIPv4(address: string): boolean {
  return isIPv4(address) && !/^(0|10|127|169\.254|198\.51\.100|22[4-9]|2[3-5]\d)\./.test(address);
}
