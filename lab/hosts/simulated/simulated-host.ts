import { createHash } from 'node:crypto';
import { killConnectionsOnWindowsParameters, killConnectionsParameters } from '../../../documents/kill-connections.ts';
import { releaseConnectionsParameters } from '../../../documents/release-connections.ts';
import type { CommandResult, Firewall, HostCommand, PeerSpec, ServerSpec } from '../host-world.ts';
import { databasePorts } from '../machine.ts';
import type { MachineState } from '../machine.ts';
import { resyncClock, SimulatedClock } from './clock.ts';
import { answer } from './document-answer.ts';
import type { Verdict } from './document-answer.ts';
import { HeldUnits } from './held-units.ts';
import { detectTimeZones } from './time-zones.ts';
import { readKillOrder } from './kill-order.ts';
import type { KillOrder } from './kill-order.ts';
import { isInside, ParameterRefusedError, readValues } from './read-environment.ts';
import type { Values } from './read-environment.ts';
import { startServices, stopServices } from './services.ts';
import { killSessions, releaseSessions } from './sessions.ts';
import { shedConnections } from './shed.ts';
import { firewallAllows, isCut, isGolden, makeTable } from './simulated-table.ts';
import type { SimulatedTable } from './simulated-table.ts';
import { holdTasks, releaseTasks } from './tasks.ts';
import { SimulatedTimeSources } from './time-sources.ts';

/** The connections between two addresses on one port, shared by the hosts at both ends. */
export interface SimulatedLink {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  wanted: number;
  established: number;
  /** How many broke so far. */
  broken: number;
  /** True while the dialling side is gone and nobody has noticed. */
  isZombie: boolean;
}

/** One server in memory: security-group rules, blocks, units, a clock, and its view of the links. */
export class SimulatedHost {
  readonly spec: ServerSpec;
  readonly #linkOf: (peer: PeerSpec) => SimulatedLink;
  readonly #now: () => number;
  readonly #tables = new Map<string, SimulatedTable>();
  readonly #services: HeldUnits;
  readonly #tasks: HeldUnits;
  readonly #clock: SimulatedClock | undefined;
  readonly #timeSources: SimulatedTimeSources;
  readonly #documents: Readonly<Record<string, (environment: Values) => CommandResult>>;
  firewall: Firewall | undefined;
  /** Clients that reach the server over a service's front; to a document they are peers like others. */
  readonly frontPeers: PeerSpec[] = [];
  /** Ports on which nothing answers new connections. */
  readonly deafPorts = new Set<number>();

  constructor(spec: ServerSpec, linkOf: (peer: PeerSpec) => SimulatedLink, now: () => number) {
    this.spec = spec;
    this.#linkOf = linkOf;
    this.#now = now;
    const { services, tasks, clock, timeSources, database } = spec.machine ?? {};
    this.#services = new HeldUnits(services);
    this.#tasks = new HeldUnits(tasks);
    this.#clock = clock === undefined ? undefined : new SimulatedClock(clock);
    this.#timeSources = new SimulatedTimeSources(timeSources ?? []);
    this.#documents = {
      'kill-connections': (environment) => this.#kill(environment),
      'release-connections': (environment) => this.#release(environment),
      'shed-connections': (environment) => this.#shed(environment),
      'stop-service': (environment) => stopServices(this.#services, environment),
      'start-service': (environment) => startServices(this.#services, environment),
      'hold-task': (environment) => holdTasks(this.#tasks, environment),
      'release-task': (environment) => releaseTasks(this.#tasks, environment),
      'resync-clock': (environment) => resyncClock(this.#clock, environment),
      'hold-time': (environment) => this.#timeSources.hold(environment),
      'release-time': (environment) => this.#timeSources.release(environment),
      'kill-sessions': (environment) => killSessions(database?.engine ?? 'none', this.#listSessions(), environment),
      'release-sessions': releaseSessions,
      'detect-time-zones': (environment) => detectTimeZones(spec.machine, environment),
    };
  }

  /** Says whether a new connection of this peer would pass this host's own rules and blocks. */
  allows(peer: PeerSpec): boolean {
    const isBlocked = [...this.#tables.values()].some((table) => !this.#isExpired(table) && table.blocks(peer));
    return !isBlocked && firewallAllows(this.firewall, peer);
  }

  /** Runs one of our documents, of either platform; any other script ends with 127, as nothing here could run it. */
  run({ script, environment }: HostCommand): CommandResult {
    const name = /^(?:readonly document=([a-z-]+)|\$document = '([a-z-]+)')$/m.exec(script)?.slice(1).join('');
    const document = name === undefined ? undefined : this.#documents[name];
    if (document === undefined) {
      return { exitCode: 127, stdout: '', stderr: 'simulated host cannot run this script\n', timedOut: false };
    }
    try {
      return document(environment);
    } catch (cause) {
      if (!(cause instanceof ParameterRefusedError)) throw cause;
      return answer(64, { ok: false, document: name, error: cause.message });
    }
  }

  get #peers(): readonly PeerSpec[] {
    return [...this.spec.peers, ...this.frontPeers];
  }

  /** What services, tasks and the clock are now. */
  readMachine(): MachineState {
    const { services = [], tasks = [], timeSources } = this.spec.machine ?? {};
    return {
      services: Object.fromEntries(services.map(({ name }) => [name, this.#services.stateOf(name)])),
      tasks: Object.fromEntries(tasks.map(({ name }) => [name, this.#tasks.stateOf(name)])),
      clockOffsetMs: this.#clock?.offsetMs ?? null,
      ...(timeSources !== undefined && {
        timeSources: this.#timeSources.readStates(),
        timeFrom: this.#timeSources.selected,
      }),
    };
  }

  #kill(environment: Values): CommandResult {
    const onWindows = this.spec.machine?.platform === 'Windows';
    const parameters = onWindows ? killConnectionsOnWindowsParameters : killConnectionsParameters;
    const asked = readKillOrder(environment, parameters);
    if (onWindows && asked.atHome !== null) {
      throw new ParameterRefusedError('Parameter peersFrom is night-logins: Windows blocks only what it is given');
    }
    if (onWindows && (environment['SSM_blockRanges'] ?? '') === '') {
      throw new ParameterRefusedError('Parameter blockRanges is empty, wanted what golden channels leave');
    }
    const order = this.#fillIn(asked);
    if (order.scope === 'peers' && order.peers.length === 0) {
      return answer(66, { ok: false, ...toKillVerdict(order, 0), error: 'Nobody to cut: no login from elsewhere' });
    }
    const table = makeTable(order, this.#now());
    this.#tables.set(order.incident, table);
    const victims = this.#peers.filter((peer) => isCut(order, peer)).map((peer) => this.#linkOf(peer));
    const golden = this.#peers.filter((peer) => isGolden(order, peer)).map((peer) => this.#linkOf(peer));
    const cut = victims.reduce((sum, link) => sum + link.established, 0);
    for (const link of victims) {
      link.broken += link.established;
      link.established = 0;
    }
    const goldenBefore = golden.reduce((sum, link) => sum + link.established, 0);
    const done = { blocked: true, tableDigest: table.digest, goldenBefore };
    return answer(0, { ok: true, ...toKillVerdict(order, cut), ...done });
  }

  #release(environment: Values): CommandResult {
    const { incident = '', expectedDigest } = readValues(environment, releaseConnectionsParameters);
    const table = this.#tables.get(incident);
    const verdict = { document: 'release-connections', incident, tableDigest: table?.digest ?? '', totalMs: 0 };
    if (table === undefined) {
      return answer(0, { ok: true, ...verdict, state: 'already-released', expired: false, error: '' });
    }
    const expired = this.#isExpired(table);
    if (expectedDigest !== '' && expectedDigest !== table.digest) {
      const error = `Table is not the one that was set, wanted '${expectedDigest}': left as it is`;
      return answer(3, { ok: false, ...verdict, state: 'drifted', expired, error });
    }
    this.#tables.delete(incident);
    return answer(0, { ok: true, ...verdict, state: 'released', expired, error: '' });
  }

  #shed(environment: Values): CommandResult {
    const links = this.#peers.map((peer) => ({ peer, link: this.#linkOf(peer) }));
    const scene = { links, cpuPercent: this.spec.machine?.cpuPercent ?? 0, now: this.#now() };
    const { result, incident, table } = shedConnections(scene, environment);
    if (table !== null) this.#tables.set(incident, table);
    return result;
  }

  /** Adds what only the host itself knows: who is dead, and who logged in at night. */
  #fillIn(order: KillOrder): KillOrder {
    const { atHome, golden, agent } = order;
    if (order.zombies !== null) return { ...order, zombies: this.#listZombies() };
    if (atHome === null) return order;
    const spared = [...atHome, ...agent, ...golden.map(({ cidr }) => cidr)];
    const noted = this.spec.machine?.nightLogins ?? [];
    return { ...order, peers: noted.filter((address) => !isInside(address, spared)) };
  }

  #listZombies(): readonly string[] {
    return this.#peers.filter((peer) => this.#linkOf(peer).isZombie).map(({ address }) => address);
  }

  #listSessions() {
    const { database } = this.spec.machine ?? {};
    const port = database === undefined ? 0 : databasePorts[database.engine];
    return this.spec.peers
      .filter((peer) => peer.direction === 'in' && peer.port === port)
      .map((peer) => ({ peer, link: this.#linkOf(peer) }));
  }

  #isExpired(table: SimulatedTable): boolean {
    return table.expiresAt !== undefined && table.expiresAt <= this.#now();
  }
}

/** What the verdict of a cut says before anything was blocked. */
function toKillVerdict({ incident, scope, atHome, peers }: KillOrder, cut: number): Verdict {
  return {
    document: 'kill-connections',
    incident,
    scope,
    selected: cut,
    cut,
    survivors: 0,
    ...(atHome !== null && { peers, peersFound: peers.length }),
    goldenBefore: 0,
    goldenLost: 0,
    blocked: false,
    tableDigest: '',
    listFile: '',
    listDigest: createHash('sha256').update('').digest('hex'),
    blockMs: 0,
    killMs: 0,
    totalMs: 0,
    error: '',
  };
}
