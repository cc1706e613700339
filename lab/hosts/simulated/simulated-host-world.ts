import type { HostWorld, PeerCount, PeerSpec, ProbeOrder, ServerSpec } from '../host-world.ts';
import { addressesOf, checkServerSpec } from '../check-server-spec.ts';
import { HostWorldError } from '../host-errors.ts';
import type { MachineState } from '../machine.ts';
import { SimulatedFronts } from './simulated-fronts.ts';
import { SimulatedHost } from './simulated-host.ts';
import type { SimulatedLink } from './simulated-host.ts';

interface Watch {
  readonly brokenBefore: ReadonlyMap<string, number>;
  /** Names of the peers that dial; undefined: all. */
  readonly dialling: readonly string[] | undefined;
  blockedAt: number | undefined;
}

function dials({ dialling }: Watch, { name }: PeerSpec): boolean {
  return dialling === undefined || dialling.includes(name);
}

/** Makes a world in memory. `now` is the clock blocks expire by. Default: the system's. */
export function createSimulatedHostWorld(now: () => number = Date.now): HostWorld {
  const world = new SimulatedHostWorld(now);
  return {
    kind: 'simulated',
    createServer: async (spec) => world.createServer(spec),
    applyFirewall: async (instanceId, firewall) => world.change(instanceId, (host) => void (host.firewall = firewall)),
    runCommand: async (instanceId, command) => world.change(instanceId, (host) => host.run(command)),
    count: async (instanceId) => world.count(instanceId),
    watch: async (instanceId, dialling) => world.watch(instanceId, dialling),
    firstBlockedAt: async (instanceId) => world.firstBlockedAt(instanceId),
    goldenLost: async (instanceId) => world.goldenLost(instanceId),
    reconnect: async (instanceId) => world.reconnect(instanceId),
    openFront: async (spec) => world.fronts.open(spec),
    routeFront: async (name, targets) => world.fronts.route(name, targets),
    countFront: async (name) => world.fronts.count(name),
    redialFront: async (name) => world.fronts.hangUp(name),
    setListening: async (instanceId, port, listens) =>
      world.change(instanceId, ({ deafPorts }) => void (listens ? deafPorts.delete(port) : deafPorts.add(port))),
    probe: async (order) => world.probe(order),
    standIns: () => ['host simulated'],
    readMachine: async (instanceId) => world.readMachine(instanceId),
    stop: async () => world.clear(),
  };
}

class SimulatedHostWorld {
  readonly #now: () => number;
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #links = new Map<string, SimulatedLink>();
  readonly #watches = new Map<string, Watch>();
  readonly fronts = new SimulatedFronts({
    find: (instanceId) => this.#find(instanceId),
    linkOf: (spec, peer) => this.#linkOf(spec, peer),
    allows: (spec, peer) => this.#allows(spec, peer),
  });

  constructor(now: () => number) {
    this.#now = now;
  }

  createServer(spec: ServerSpec): void {
    checkServerSpec(
      spec,
      [...this.#hosts.values()].map((host) => host.spec),
    );
    this.#hosts.set(spec.instanceId, new SimulatedHost(spec, (peer) => this.#linkOf(spec, peer), this.#now));
    for (const peer of spec.peers) {
      const link = this.#linkOf(spec, peer);
      link.wanted = Math.max(link.wanted, peer.connections);
      if (!this.#allows(spec, peer)) {
        throw new HostWorldError(`Cannot establish the connections from ${link.from} to ${link.to} port ${link.port}`);
      }
      link.established = link.wanted;
      link.isZombie = peer.zombie === true;
    }
  }

  /** Changes a host and notes, for every watch, what the change blocks: here that happens in the same moment. */
  change<Result>(instanceId: string, action: (host: SimulatedHost) => Result): Result {
    const result = action(this.#find(instanceId));
    for (const [watched, watch] of this.#watches) {
      const { spec } = this.#find(watched);
      const victims = spec.peers.filter((peer) => !peer.golden);
      const isHit = (peer: PeerSpec): boolean =>
        (dials(watch, peer) && !this.#allows(spec, peer)) ||
        this.#linkOf(spec, peer).broken > (watch.brokenBefore.get(peer.name) ?? 0);
      if (victims.some(isHit)) watch.blockedAt ??= this.#now();
    }
    this.fronts.redial();
    return result;
  }

  count(instanceId: string): readonly PeerCount[] {
    const { spec } = this.#find(instanceId);
    return spec.peers.map((peer) => ({
      peer: peer.name,
      golden: peer.golden,
      established: this.#linkOf(spec, peer).established,
    }));
  }

  watch(instanceId: string, dialling?: readonly string[]): void {
    const { spec } = this.#find(instanceId);
    const brokenBefore = new Map(spec.peers.map((peer) => [peer.name, this.#linkOf(spec, peer).broken]));
    this.#watches.set(instanceId, { brokenBefore, dialling, blockedAt: undefined });
  }

  firstBlockedAt(instanceId: string): number | undefined {
    return this.#watches.get(instanceId)?.blockedAt;
  }

  goldenLost(instanceId: string): number {
    const { spec } = this.#find(instanceId);
    const before = this.#watches.get(instanceId)?.brokenBefore;
    return spec.peers
      .filter((peer) => peer.golden)
      .reduce((sum, peer) => sum + this.#linkOf(spec, peer).broken - (before?.get(peer.name) ?? 0), 0);
  }

  reconnect(instanceId: string): readonly PeerCount[] {
    const { spec } = this.#find(instanceId);
    for (const peer of spec.peers.filter((candidate) => this.#allows(spec, candidate))) {
      const link = this.#linkOf(spec, peer);
      link.established = link.wanted;
      link.isZombie = false;
    }
    return this.count(instanceId).filter(({ peer, established }) =>
      spec.peers.some(({ name, connections }) => name === peer && established >= connections),
    );
  }

  /** A check is one more connection: the server's rules judge it, and a port on which nothing listens refuses it. */
  probe({ from: address, address: to, port }: ProbeOrder): boolean {
    const host = [...this.#hosts.values()].find(({ spec }) => spec.privateAddress === to);
    const check: PeerSpec = { name: 'health check', address, connections: 1, direction: 'in', port, golden: false };
    return host !== undefined && !host.deafPorts.has(port) && this.#allows(host.spec, check);
  }

  readMachine(instanceId: string): MachineState {
    return this.#find(instanceId).readMachine();
  }

  clear(): void {
    this.#hosts.clear();
    this.#links.clear();
    this.#watches.clear();
    this.fronts.clear();
  }

  #find(instanceId: string): SimulatedHost {
    const host = this.#hosts.get(instanceId);
    if (host === undefined) throw new HostWorldError(`Cannot find server "${instanceId}" in the lab`);
    return host;
  }

  /** A new connection must pass both ends, where the peer is a host of this world too. */
  #allows(spec: ServerSpec, peer: PeerSpec): boolean {
    const other = [...this.#hosts.values()].find((host) => addressesOf(host.spec).includes(peer.address));
    const mirrored: PeerSpec = {
      ...peer,
      address: ownAddress(spec, peer),
      direction: peer.direction === 'in' ? 'out' : 'in',
    };
    return this.#find(spec.instanceId).allows(peer) && (other === undefined || other.allows(mirrored));
  }

  #linkOf(spec: ServerSpec, peer: PeerSpec): SimulatedLink {
    const own = ownAddress(spec, peer);
    const [from, to] = peer.direction === 'in' ? [peer.address, own] : [own, peer.address];
    const key = `${from} ${to} ${peer.port}`;
    const link = this.#links.get(key) ?? {
      from,
      to,
      port: peer.port,
      wanted: 0,
      established: 0,
      broken: 0,
      isZombie: false,
    };
    this.#links.set(key, link);
    return link;
  }
}

function ownAddress(spec: ServerSpec, peer: PeerSpec): string {
  return peer.address.includes(':') ? (spec.ipv6Address ?? '') : spec.privateAddress;
}
