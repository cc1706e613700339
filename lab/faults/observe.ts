import type { PeerCount } from '../hosts/host-world.ts';
import type { MachineState } from '../hosts/machine.ts';
import { firewallAllows } from '../hosts/simulated/simulated-table.ts';
import { readNetwork } from '../place-server.ts';
import { toServerSpec } from '../scenario.ts';
import type { Scenario, ScenarioServer } from '../scenario.ts';
import { readStepKey } from '../../lambdas/shared/clients/audit-keys.ts';
import type { FaultLab } from './fault-lab.ts';
import { readLeads } from './read-leads.ts';

/** What is true of the servers at one moment: read from the models of EC2 and of the hosts, never from a report. */
export interface Truth {
  /** Groups and rules of every server; equal text is equal network. */
  readonly network: string;
  /** Connections by server and peer. */
  readonly counts: string;
  /** Services, scheduled tasks and time sources of every server; a clock that was set right stays right. */
  readonly machines: string;
  /** Where the front of each service leads, and where its clients arrive when all of them dial anew. */
  readonly routing: string;
  /** Names of golden peers that could not dial now. */
  readonly goldenShut: readonly string[];
  /** Golden connections that broke since the servers were raised. */
  readonly goldenLost: number;
}

/** Raises the scenario's servers with their connections and agents. */
export async function raiseServers(lab: FaultLab, scenario: Scenario, place: PlaceServer): Promise<void> {
  for (const [id, cidrs] of Object.entries(scenario.prefixLists ?? {})) lab.aws.ec2.addPrefixList(id, cidrs);
  // A standby that the policy names stands since the play before.
  for (const server of scenario.servers.filter(({ id }) => !lab.aws.ec2.model.instances.has(id))) {
    await lab.world.createServer(toServerSpec(server));
    await place(server);
  }
  await lab.fronts.open(scenario);
}

type PlaceServer = (server: ScenarioServer) => Promise<void>;

export async function readTruth(lab: FaultLab, scenario: Scenario): Promise<Truth> {
  const { servers } = scenario;
  const counts = await Promise.all(servers.map(async ({ id }) => await lab.world.count(id)));
  const lost = await Promise.all(servers.map(async ({ id }) => await lab.world.goldenLost(id)));
  return {
    network: JSON.stringify(servers.map(({ id }) => readNetwork(lab.aws, id))),
    counts: JSON.stringify(counts),
    machines: JSON.stringify(
      (await readMachines(lab, servers)).map(({ services, tasks, timeSources, timeFrom }) => ({
        services,
        tasks,
        timeSources,
        timeFrom,
      })),
    ),
    routing: JSON.stringify({ leads: readLeads(lab.aws, scenario), clients: await readArrivals(lab, scenario) }),
    goldenShut: servers.flatMap((server) =>
      server.peers.filter((peer) => peer.golden && !isOpenTo(lab, server, peer)).map(({ name }) => name),
    ),
    goldenLost: lost.reduce((sum, one) => sum + one, 0),
  };
}

/** Clients on each server. Of an Auto Scaling group, which is one larger after the way back, only on which of its two. */
async function readArrivals(lab: FaultLab, scenario: Scenario): Promise<unknown> {
  const counts = await lab.fronts.redial(scenario);
  return (scenario.services ?? []).map(({ name, front, primary, standby, spares }) => {
    const { [primary]: first = 0, [standby]: second = 0, ...others } = counts[name] ?? {};
    const rest = spares.reduce((sum, id) => sum + (others[id] ?? 0), 0);
    return front === 'auto-scaling' ? [first > 0, second > 0, first + second + rest] : [first, second];
  });
}

async function readMachines(lab: FaultLab, servers: Scenario['servers']): Promise<MachineState[]> {
  return Promise.all(servers.map(async ({ id }) => await lab.world.readMachine(id)));
}

/** Lets everybody dial again: what comes back was not blocked, neither by groups nor by a host's table. */
export async function redial(lab: FaultLab, { servers }: Scenario): Promise<void> {
  for (const { id } of servers) await lab.world.reconnect(id);
}

/** What is cut of all servers, and what of them is as it was: each looked at where it is. */
export interface Cut {
  /** No interface lets a peer in or out that was to be cut. */
  readonly network: boolean;
  /** No peer that was to be cut can come back. Only after everybody had a chance to dial again. */
  readonly host: boolean;
  /** No connection to a peer that was to be cut was left when all was done. */
  readonly sessions: boolean;
  readonly services: boolean;
  readonly tasks: boolean;
  /** Every clock is right. */
  readonly clock: boolean;
  /** Every clock follows the source it is to follow, and those that it must not ask are not asked. */
  readonly time: boolean;
  /** All clients of every service arrive, and none at its primary, when they dial anew. */
  readonly routing: boolean;
}

/** A clock that was stepped is off by no more than what cannot be measured. */
const clockLimitMs = 1;

/** Looks at the servers twice: `atEnd` before everybody dialled again, all else after it. */
export async function readCut(lab: FaultLab, scenario: Scenario, atEnd: Counts): Promise<Cut> {
  const { servers, services: fronts = [], expect } = scenario;
  const machines = await readMachines(lab, servers);
  const clients = await lab.fronts.redial(scenario);
  const allDown = (units: readonly Readonly<Record<string, string>>[]): boolean =>
    units.flatMap((byName) => Object.values(byName)).every((state) => state === 'inactive');
  return {
    network: servers.every((server) =>
      networkVictimsOf(scenario, server).every((peer) => !isOpenTo(lab, server, peer)),
    ),
    host: isCut(scenario, await readCounts(lab, scenario)),
    sessions: isCut(scenario, atEnd),
    services: allDown(machines.map(({ services }) => services)),
    tasks: allDown(machines.map(({ tasks }) => tasks)),
    clock: machines.every(({ clockOffsetMs }) => clockOffsetMs === null || Math.abs(clockOffsetMs) < clockLimitMs),
    time: machines.every(({ timeSources = {}, timeFrom }) => {
      const offline = Object.keys(timeSources).filter((name) => timeSources[name] === 'offline');
      return timeFrom === expect?.timeFrom && JSON.stringify(offline) === JSON.stringify(expect?.offline ?? []);
    }),
    routing:
      fronts.length > 0 &&
      fronts.every(({ name, primary, clients: wanted }) => {
        const { [primary]: left = 0, ...arrived } = clients[name] ?? {};
        return left === 0 && Object.values(arrived).reduce((sum, count) => sum + count, 0) === wanted;
      }),
  };
}

/** Connections by server. */
export type Counts = ReadonlyMap<string, readonly PeerCount[]>;

export async function readCounts(lab: FaultLab, { servers }: Scenario): Promise<Counts> {
  const pairs = servers.map(async ({ id }) => [id, await lab.world.count(id)] as const);
  return new Map(await Promise.all(pairs));
}

function isCut(scenario: Scenario, counts: Counts): boolean {
  return scenario.servers.every((server) => {
    const names = new Set(victimsOf(scenario, server).map(({ name }) => name));
    return (counts.get(server.id) ?? []).every(({ peer, established }) => !names.has(peer) || established === 0);
  });
}

/**
 * A border is locked on the hosts: of the network's rules only those go that let in nobody but peers beyond it, and wider
 * ones stay for everybody else.
 */
function networkVictimsOf(scenario: Scenario, server: ScenarioServer): ScenarioServer['peers'] {
  const isLock = scenario.expect?.outcome === 'locked';
  return victimsOf(scenario, server).filter(({ allowed }) => !isLock || allowed === 'address');
}

function victimsOf({ expect }: Scenario, { peers }: ScenarioServer): ScenarioServer['peers'] {
  return peers.filter(({ name }) => expect?.cut.includes(name));
}

/** Whether any interface of the server lets the peer through. */
export function isOpenTo({ aws }: FaultLab, server: ScenarioServer, peer: ScenarioServer['peers'][number]): boolean {
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

/** How every entry of an incident ended, before any restore that a person asked for. */
export function readEnds(items: readonly { readonly sk: string }[]): EntryTold[] {
  const ends = new Map<string, EntryTold>();
  for (const { sk } of items) {
    const key = readStepKey(sk);
    if (key === null) continue;
    const { action, cohortId, step } = key;
    const known = ends.get(`${action} ${cohortId}`)?.status ?? null;
    const status = /^(?:3|1)-(?!intended)(.+)$/.exec(step)?.[1] ?? null;
    ends.set(`${action} ${cohortId}`, { action, cohortId, status: status ?? known });
  }
  return [...ends.values()];
}
