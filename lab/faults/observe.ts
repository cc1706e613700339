import type { PeerCount } from '../hosts/host-world.ts';
import { firewallAllows } from '../hosts/simulated/simulated-table.ts';
import { readNetwork } from '../place-server.ts';
import type { Scenario, ScenarioServer } from '../scenario.ts';
import { readStepKey } from '../../lambdas/shared/clients/audit-keys.ts';
import type { FaultLab } from './fault-lab.ts';

/** What is true of the servers at one moment: read from the models of EC2 and of the hosts, never from a report. */
export interface Truth {
  /** Groups and rules of every server; equal text is equal network. */
  readonly network: string;
  /** Connections by server and peer. */
  readonly counts: string;
  /** Names of golden peers that could not dial now. */
  readonly goldenShut: readonly string[];
  /** Golden connections that broke since the servers were raised. */
  readonly goldenLost: number;
}

/** Raises the scenario's servers with their connections and agents. */
export async function raiseServers(lab: FaultLab, scenario: Scenario, place: PlaceServer): Promise<void> {
  for (const server of scenario.servers) {
    const { id: instanceId, address: privateAddress, peers } = server;
    await lab.world.createServer({ instanceId, privateAddress, peers });
    await place(server);
  }
}

type PlaceServer = (server: ScenarioServer) => Promise<void>;

export async function readTruth(lab: FaultLab, { servers }: Scenario): Promise<Truth> {
  const counts = await Promise.all(servers.map(async ({ id }) => await lab.world.count(id)));
  const lost = await Promise.all(servers.map(async ({ id }) => await lab.world.goldenLost(id)));
  return {
    network: JSON.stringify(servers.map(({ id }) => readNetwork(lab.aws, id))),
    counts: JSON.stringify(counts),
    goldenShut: servers.flatMap((server) =>
      server.peers.filter((peer) => peer.golden && !isOpenTo(lab, server, peer)).map(({ name }) => name),
    ),
    goldenLost: lost.reduce((sum, one) => sum + one, 0),
  };
}

/** Lets everybody dial again: what comes back was not blocked, neither by groups nor by a host's table. */
export async function redial(lab: FaultLab, { servers }: Scenario): Promise<void> {
  for (const { id } of servers) await lab.world.reconnect(id);
}

/** True when no interface of a server lets a peer in or out that was to be cut. */
export function isNetworkCut(lab: FaultLab, scenario: Scenario): boolean {
  return scenario.servers.every((server) => victimsOf(scenario, server).every((peer) => !isOpenTo(lab, server, peer)));
}

/** True when no connection to a peer that was to be cut is there. Call it after a redial: then none can come back. */
export async function isHostCut(lab: FaultLab, scenario: Scenario): Promise<boolean> {
  const cuts = scenario.servers.map(async (server) => {
    const counts: readonly PeerCount[] = await lab.world.count(server.id);
    const names = new Set(victimsOf(scenario, server).map(({ name }) => name));
    return counts.every(({ peer, established }) => !names.has(peer) || established === 0);
  });
  return (await Promise.all(cuts)).every(Boolean);
}

function victimsOf({ expect }: Scenario, { peers }: ScenarioServer): ScenarioServer['peers'] {
  return peers.filter(({ name }) => expect?.cut.includes(name));
}

/** Whether any interface of the server lets the peer through. */
function isOpenTo({ aws }: FaultLab, server: ScenarioServer, peer: ScenarioServer['peers'][number]): boolean {
  return aws.ec2.model
    .interfacesOf(server.id)
    .some(({ networkInterfaceId }) => firewallAllows(aws.ec2.firewallOf(networkInterfaceId), peer));
}

/** One action on one cohort as the audit has it: the last step, or null where there is only a beginning. */
export interface EntryTold {
  readonly action: string;
  readonly cohortId: string;
  readonly status: string | null;
}

/** How every entry of an incident ended, before any restore. */
export function readEnds(items: readonly { readonly sk: string }[]): EntryTold[] {
  const ends = new Map<string, EntryTold>();
  for (const { sk } of items) {
    const key = readStepKey(sk);
    if (key === null || /^[4-9]|^\d\d/.test(key.step)) continue;
    const status = /^(?:3|1)-(?!intended)(.+)$/.exec(key.step)?.[1] ?? null;
    const { action, cohortId } = key;
    const known = ends.get(`${action} ${cohortId}`)?.status ?? null;
    ends.set(`${action} ${cohortId}`, { action, cohortId, status: status ?? known });
  }
  return [...ends.values()];
}
