import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HostWorldError } from '../host-errors.ts';
import type { FrontCount, FrontSpec, FrontTarget, ProbeOrder } from '../host-world.ts';
import { isSameRoute } from '../pick-target.ts';
import { listEstablishedSockets } from './established-sockets.ts';
import { printFrontMove } from './fabric.ts';
import type { forwarderMethods } from './forwarder.ts';
import { addAddresses, addNamespace, peersNamespace } from './network.ts';
import type { RemoteProcess } from './remote-process.ts';
import { runTool } from './run-tool.ts';
import { startInNamespace } from './start-in-namespace.ts';
import type { trafficMethods } from './traffic.ts';
import { firstProbePort } from './traffic-probe.ts';

const forwarderPath = fileURLToPath(new URL('forwarder.ts', import.meta.url));
const settleTimeoutMs = 5000;
// A server that was not heard says its word again: after 200 ms, then 400 ms (the kernel's retransmission).
const agreeTimeoutMs = 1000;
const agreeEveryMs = 20;

type Traffic = RemoteProcess<typeof trafficMethods>;
type Forwarder = RemoteProcess<typeof forwarderMethods>;

/** What a front has to know of a server. */
export interface FrontServer {
  readonly namespace: string;
  readonly address: string;
  readonly traffic: Traffic;
}

interface RealFront {
  readonly spec: FrontSpec;
  readonly forwarder: Forwarder | undefined;
  targets: readonly FrontTarget[];
}

/** The fronts of services: load balancers in namespaces of their own, addresses that move, and names. */
export class RealFronts {
  readonly #clients: Traffic;
  readonly #findServer: (instanceId: string) => FrontServer;
  readonly #fronts = new Map<string, RealFront>();
  readonly #checkers = new Set<string>();

  constructor(clients: Traffic, findServer: (instanceId: string) => FrontServer) {
    this.#clients = clients;
    this.#findServer = findServer;
  }

  async open(spec: FrontSpec): Promise<void> {
    if (this.#fronts.has(spec.name)) throw new HostWorldError(`Cannot open front "${spec.name}": it is open already`);
    const { name, port, clientAddress: from, clients: connections } = spec;
    const forwarder = spec.kind === 'forwarder' ? await this.#startForwarder(spec) : undefined;
    this.#fronts.set(name, { spec, forwarder, targets: [] });
    await addAddresses(peersNamespace, [from]);
    for (const id of spec.instanceIds) await this.#findServer(id).traffic.call('listen', { port, dualStack: false });
    await this.#clients.call('openClients', { name, from, connections });
    if (spec.kind !== 'resolver') await this.#tellClients(name, [{ address: spec.address, port, weight: 1 }]);
  }

  async route(name: string, targets: readonly FrontTarget[]): Promise<void> {
    const front = this.#find(name);
    if (isSameRoute(front.targets, targets)) return;
    const former = front.targets;
    front.targets = targets;
    if (front.spec.kind === 'forwarder') await front.forwarder?.call('route', targets);
    else if (front.spec.kind === 'resolver') await this.#tellClients(name, targets);
    else await this.#move(front.spec, former[0]?.address, targets[0]?.address);
  }

  /**
   * Sockets on the servers themselves, once the clients have heard from every connection they believe in. A server may
   * find out later than its client that a connection is gone, so it is given a moment to agree.
   */
  async count(name: string): Promise<FrontCount> {
    const { spec, targets } = this.#find(name);
    // Clients of a front that leads nowhere reach nobody: there is nothing to wait for but their finding out.
    const atLeast = targets.length === 0 ? 0 : spec.clients;
    const heard = await this.#clients.call('settleClients', { name, atLeast, timeoutMs: settleTimeoutMs });
    const deadline = Date.now() + agreeTimeoutMs;
    for (;;) {
      const count = await this.#countSockets(spec);
      const total = Object.values(count).reduce((sum, sockets) => sum + sockets, 0);
      if (total === heard || Date.now() > deadline) return count;
      await sleep(agreeEveryMs);
    }
  }

  async redial(name: string): Promise<void> {
    await this.#clients.call('redialClients', this.#find(name).spec.name);
  }

  /** A load balancer checks from its own namespace, everybody else from that of the peers. */
  async probe(order: ProbeOrder): Promise<boolean> {
    const balancer = [...this.#fronts.values()].find(
      ({ spec }) => spec.kind === 'forwarder' && spec.address === order.from,
    );
    if (balancer?.forwarder !== undefined) return await balancer.forwarder.call('probe', order);
    if (!this.#checkers.has(order.from)) await addAddresses(peersNamespace, [order.from]);
    this.#checkers.add(order.from);
    return await this.#clients.call('probe', order);
  }

  async #countSockets({ instanceIds, kind, address, clientAddress, port }: FrontSpec): Promise<FrontCount> {
    const seen = kind === 'forwarder' ? address : clientAddress;
    const counts = instanceIds.map(async (id) => {
      const sockets = await listEstablishedSockets(this.#findServer(id).namespace);
      const own = sockets.filter(
        ({ localPort, remoteAddress, remotePort }) =>
          localPort === port && remoteAddress === seen && remotePort < firstProbePort,
      );
      return [id, own.length] as const;
    });
    return Object.fromEntries(await Promise.all(counts));
  }

  async #startForwarder({ address, port }: FrontSpec): Promise<Forwarder> {
    const namespace = `lb${this.#fronts.size + 1}`;
    await addNamespace(namespace, [address]);
    const forwarder = startInNamespace<typeof forwarderMethods>(namespace, forwarderPath, 'the load balancer');
    await forwarder.call('listen', { address, port });
    return forwarder;
  }

  async #tellClients(name: string, targets: readonly FrontTarget[]): Promise<void> {
    await this.#clients.call('routeClients', { name, targets });
  }

  /** Both ends of what stood over the former holder say a word: the answer is a reset, and they know. */
  async #move(spec: FrontSpec, former: string | undefined, next: string | undefined): Promise<void> {
    await runTool(['nft', '-f', '-'], { input: printFrontMove(spec.address, former, next) });
    const { port, clientAddress: address } = spec;
    const holders = spec.instanceIds.map((id) => this.#findServer(id)).filter((server) => server.address === former);
    for (const { traffic } of holders) await traffic.call('sayTo', { port, address });
  }

  #find(name: string): RealFront {
    const front = this.#fronts.get(name);
    if (front === undefined) throw new HostWorldError(`Cannot find front "${name}" in the lab`);
    return front;
  }
}
