import { createHash } from 'node:crypto';
import { killConnectionsOnWindowsParameters, killConnectionsParameters } from '../../../documents/kill-connections.ts';
import { releaseConnectionsParameters } from '../../../documents/release-connections.ts';
import type { CommandResult, Firewall, HostCommand, PeerSpec, ServerSpec } from '../host-world.ts';
import { databasePorts } from '../machine.ts';
import type { MachineState } from '../machine.ts';
import { resyncClock, SimulatedClock } from './clock.ts';
import { answer } from './document-answer.ts';
import { HeldUnits } from './held-units.ts';
import { readKillOrder } from './kill-order.ts';
import { ParameterRefusedError, readValues } from './read-environment.ts';
import type { Values } from './read-environment.ts';
import { startServices, stopServices } from './services.ts';
import { killSessions, releaseSessions } from './sessions.ts';
import { shedConnections } from './shed.ts';
import { firewallAllows, isCut, isGolden, makeTable } from './simulated-table.ts';
import type { SimulatedTable } from './simulated-table.ts';
import { holdTasks, releaseTasks } from './tasks.ts';

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
  readonly #documents: Readonly<Record<string, (environment: Values) => CommandResult>>;
  firewall: Firewall | undefined;

  constructor(spec: ServerSpec, linkOf: (peer: PeerSpec) => SimulatedLink, now: () => number) {
    this.spec = spec;
    this.#linkOf = linkOf;
    this.#now = now;
    const { services, tasks, clock, database } = spec.machine ?? {};
    this.#services = new HeldUnits(services);
    this.#tasks = new HeldUnits(tasks);
    this.#clock = clock === undefined ? undefined : new SimulatedClock(clock);
    this.#documents = {
      'kill-connections': (environment) => this.#kill(environment),
      'release-connections': (environment) => this.#release(environment),
      'shed-connections': (environment) => this.#shed(environment),
      'stop-service': (environment) => stopServices(this.#services, environment),
      'start-service': (environment) => startServices(this.#services, environment),
      'hold-task': (environment) => holdTasks(this.#tasks, environment),
      'release-task': (environment) => releaseTasks(this.#tasks, environment),
      'resync-clock': (environment) => resyncClock(this.#clock, environment),
      'kill-sessions': (environment) => killSessions(database?.engine ?? 'none', this.#listSessions(), environment),
      'release-sessions': releaseSessions,
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

  /** What services, tasks and the clock are now. */
  readMachine(): MachineState {
    const { services = [], tasks = [] } = this.spec.machine ?? {};
    return {
      services: Object.fromEntries(services.map(({ name }) => [name, this.#services.stateOf(name)])),
      tasks: Object.fromEntries(tasks.map(({ name }) => [name, this.#tasks.stateOf(name)])),
      clockOffsetMs: this.#clock?.offsetMs ?? null,
    };
  }

  #kill(environment: Values): CommandResult {
    const onWindows = this.spec.machine?.platform === 'Windows';
    const parameters = onWindows ? killConnectionsOnWindowsParameters : killConnectionsParameters;
    const asked = readKillOrder(environment, parameters);
    if (onWindows && (environment['SSM_blockRanges'] ?? '') === '') {
      throw new ParameterRefusedError('Parameter blockRanges is empty, wanted what golden channels leave');
    }
    const order = asked.zombies === null ? asked : { ...asked, zombies: this.#listZombies() };
    const table = makeTable(order, this.#now());
    this.#tables.set(order.incident, table);
    const victims = this.spec.peers.filter((peer) => isCut(order, peer)).map((peer) => this.#linkOf(peer));
    const golden = this.spec.peers.filter((peer) => isGolden(order, peer)).map((peer) => this.#linkOf(peer));
    const cut = victims.reduce((sum, link) => sum + link.established, 0);
    for (const link of victims) {
      link.broken += link.established;
      link.established = 0;
    }
    return answer(0, {
      ok: true,
      document: 'kill-connections',
      incident: order.incident,
      scope: order.scope,
      selected: cut,
      cut,
      survivors: 0,
      goldenBefore: golden.reduce((sum, link) => sum + link.established, 0),
      goldenLost: 0,
      blocked: true,
      tableDigest: table.digest,
      listFile: '',
      listDigest: createHash('sha256').update('').digest('hex'),
      blockMs: 0,
      killMs: 0,
      totalMs: 0,
      error: '',
    });
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
    const links = this.spec.peers.map((peer) => ({ peer, link: this.#linkOf(peer) }));
    const scene = { links, cpuPercent: this.spec.machine?.cpuPercent ?? 0, now: this.#now() };
    const { result, incident, table } = shedConnections(scene, environment);
    if (table !== null) this.#tables.set(incident, table);
    return result;
  }

  #listZombies(): readonly string[] {
    return this.spec.peers.filter((peer) => this.#linkOf(peer).isZombie).map(({ address }) => address);
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
