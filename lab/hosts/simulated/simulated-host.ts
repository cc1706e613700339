import { createHash } from 'node:crypto';
import type { CommandResult, Firewall, HostCommand, PeerSpec, ServerSpec } from '../host-world.ts';
import { ParameterRefusedError, readKillOrder, readReleaseOrder } from './read-environment.ts';
import type { KillOrder, ReleaseOrder } from './read-environment.ts';
import { firewallAllows, isCut, isGolden, makeTable } from './simulated-table.ts';
import type { SimulatedTable } from './simulated-table.ts';

/** The connections between two addresses on one port, shared by the hosts at both ends. */
export interface SimulatedLink {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  wanted: number;
  established: number;
  /** How many broke so far. */
  broken: number;
}

/** One server in memory: security-group rules, blocks, and its view of the links. */
export class SimulatedHost {
  readonly spec: ServerSpec;
  readonly #linkOf: (peer: PeerSpec) => SimulatedLink;
  readonly #now: () => number;
  readonly #tables = new Map<string, SimulatedTable>();
  firewall: Firewall | undefined;

  constructor(spec: ServerSpec, linkOf: (peer: PeerSpec) => SimulatedLink, now: () => number) {
    this.spec = spec;
    this.#linkOf = linkOf;
    this.#now = now;
  }

  /** Says whether a new connection of this peer would pass this host's own rules and blocks. */
  allows(peer: PeerSpec): boolean {
    const isBlocked = [...this.#tables.values()].some((table) => !this.#isExpired(table) && isCut(table.order, peer));
    return !isBlocked && firewallAllows(this.firewall, peer);
  }

  /** Runs one of our documents; any other script ends with 127, as nothing here could run it. */
  run({ script, environment }: HostCommand): CommandResult {
    const document = /^readonly document=([a-z-]+)$/m.exec(script)?.[1];
    try {
      if (document === 'kill-connections') return this.#kill(readKillOrder(environment));
      if (document === 'release-connections') return this.#release(readReleaseOrder(environment));
    } catch (cause) {
      if (!(cause instanceof ParameterRefusedError)) throw cause;
      return answer(64, { ok: false, document, error: cause.message });
    }
    return { exitCode: 127, stdout: '', stderr: 'simulated host cannot run this script\n', timedOut: false };
  }

  #kill(order: KillOrder): CommandResult {
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

  #release({ incident, expectedDigest }: ReleaseOrder): CommandResult {
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

  #isExpired(table: SimulatedTable): boolean {
    return table.expiresAt !== undefined && table.expiresAt <= this.#now();
  }
}

function answer(exitCode: number, verdict: Readonly<Record<string, unknown>>): CommandResult {
  // The mark keeps a model's verdict from being read as a kernel's.
  return { exitCode, stdout: `${JSON.stringify({ ...verdict, simulated: true })}\n`, stderr: '', timedOut: false };
}
