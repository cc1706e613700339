import { HostWorldError } from '../host-errors.ts';
import type { FrontCount, FrontSpec, FrontTarget, PeerSpec, ServerSpec } from '../host-world.ts';
import { isSameRoute, TargetPicker } from '../pick-target.ts';
import type { SimulatedHost, SimulatedLink } from './simulated-host.ts';

/** What fronts ask of the world. */
interface FrontWorld {
  readonly find: (instanceId: string) => SimulatedHost;
  readonly linkOf: (spec: ServerSpec, peer: PeerSpec) => SimulatedLink;
  readonly allows: (spec: ServerSpec, peer: PeerSpec) => boolean;
}

interface SimulatedFront {
  readonly spec: FrontSpec;
  readonly picker: TargetPicker;
  /** The clients as each server behind the front sees them. */
  readonly sides: readonly { readonly host: SimulatedHost; readonly peer: PeerSpec; readonly link: SimulatedLink }[];
}

/** The fronts of services in memory: the same counts as real ones, without a packet. */
export class SimulatedFronts {
  readonly #world: FrontWorld;
  readonly #fronts = new Map<string, SimulatedFront>();

  constructor(world: FrontWorld) {
    this.#world = world;
  }

  open(spec: FrontSpec): void {
    if (this.#fronts.has(spec.name)) throw new HostWorldError(`Cannot open front "${spec.name}": it is open already`);
    const { name, port, clients: connections } = spec;
    const address = spec.kind === 'forwarder' ? spec.address : spec.clientAddress;
    const peer: PeerSpec = { name, address, connections, direction: 'in', port, golden: false };
    const sides = spec.instanceIds.map((id) => {
      const host = this.#world.find(id);
      host.frontPeers.push(peer);
      return { host, peer, link: this.#world.linkOf(host.spec, peer) };
    });
    this.#fronts.set(name, { spec, picker: new TargetPicker(), sides });
  }

  route(name: string, targets: readonly FrontTarget[]): void {
    const front = this.#find(name);
    const { picker, sides, spec } = front;
    if (!isSameRoute(picker.targets, targets)) picker.setTargets(targets);
    // The address is gone from the former server, and its connections with it.
    if (spec.kind === 'address')
      for (const { host, link } of sides) if (host.spec.privateAddress !== targets[0]?.address) drop(link);
    this.#dial(front);
  }

  /** Clients that lost a connection dial again, wherever they are led now. */
  redial(): void {
    for (const front of this.#fronts.values()) this.#dial(front);
  }

  hangUp(name: string): void {
    for (const { link } of this.#find(name).sides) link.established = 0;
    this.redial();
  }

  count(name: string): FrontCount {
    const { sides } = this.#find(name);
    this.redial();
    return Object.fromEntries(sides.map(({ host, link }) => [host.spec.instanceId, link.established]));
  }

  clear(): void {
    this.#fronts.clear();
  }

  /** As many dials as connections are missing: one that fails is tried again at the next change. */
  #dial({ spec, picker, sides }: SimulatedFront): void {
    const standing = sides.reduce((sum, { link }) => sum + link.established, 0);
    for (let missing = spec.clients - standing; missing > 0; missing--) {
      const target = picker.pick();
      const side = sides.find(({ host }) => host.spec.privateAddress === target?.address);
      if (side === undefined || side.host.deafPorts.has(spec.port)) continue;
      if (this.#world.allows(side.host.spec, side.peer)) side.link.established += 1;
    }
  }

  #find(name: string): SimulatedFront {
    const front = this.#fronts.get(name);
    if (front === undefined) throw new HostWorldError(`Cannot find front "${name}" in the lab`);
    return front;
  }
}

function drop(link: SimulatedLink): void {
  link.broken += link.established;
  link.established = 0;
}
