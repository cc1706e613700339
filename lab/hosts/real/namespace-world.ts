import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { CommandResult, Firewall, HostCommand, PeerCount, PeerSpec, ServerSpec } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';
import { addressesOf, checkServerSpec } from '../check-server-spec.ts';
import { databasePorts } from '../machine.ts';
import type { MachineState } from '../machine.ts';
import { countPeers, listEstablishedSockets } from './established-sockets.ts';
import { printEmptyFabric, printFirewall, printGone, printServerChains, printSubnetRules } from './fabric.ts';
import { addAddresses, addNamespace, buildRouter, isIpv6, peersNamespace, removeAddress } from './network.ts';
import { RealFronts } from './fronts.ts';
import { RealMachine } from './real-machine.ts';
import type { RemoteProcess } from './remote-process.ts';
import { dials, keysOf } from './peer-links.ts';
import type { PeerLink } from './peer-links.ts';
import { runCommandGroup, runTool } from './run-tool.ts';
import { startInNamespace } from './start-in-namespace.ts';
import type { LinkSpec } from './traffic-link.ts';
import type { trafficMethods } from './traffic.ts';
import { waitUntilDead } from './zombies.ts';

const trafficPath = fileURLToPath(new URL('traffic.ts', import.meta.url));
const establishTimeoutMs = 20_000;
const reconnectTimeoutMs = 1500;

type Traffic = RemoteProcess<typeof trafficMethods>;

interface RealServer {
  readonly spec: ServerSpec;
  readonly namespace: string;
  readonly traffic: Traffic;
  readonly machine: RealMachine;
}

/** The world from inside its own namespaces: this process stands in the router. */
export class NamespaceWorld {
  readonly #servers = new Map<string, RealServer>();
  readonly #links = new Map<string, LinkSpec>();
  readonly #peerAddresses = new Set<string>();
  /** Addresses of which no packet arrives any more. */
  readonly #gone = new Set<string>();
  readonly #peers: Traffic;
  /** Services whose clients are led to one server or another. */
  readonly fronts: RealFronts;
  #scriptCount = 0;
  #creating: Promise<void> = Promise.resolve();

  private constructor(peers: Traffic) {
    this.#peers = peers;
    this.fronts = new RealFronts(peers, (instanceId) => {
      const { namespace, spec, traffic } = this.#find(instanceId);
      return { namespace, address: spec.privateAddress, traffic };
    });
  }

  /** Builds router, fabric and the namespace of the peers. */
  static async build(): Promise<NamespaceWorld> {
    await buildRouter();
    await runTool(['nft', '-f', '-'], { input: printEmptyFabric() });
    return new NamespaceWorld(await startTraffic(peersNamespace));
  }

  /** One server after the other: a new one may take over an address that was a mere peer until now. */
  createServer(spec: ServerSpec): Promise<void> {
    const creating = this.#creating.then(() => this.#createServer(spec));
    this.#creating = creating.catch(() => {});
    return creating;
  }

  async #createServer(spec: ServerSpec): Promise<void> {
    checkServerSpec(
      spec,
      [...this.#servers.values()].map((server) => server.spec),
    );
    const namespace = `s${this.#servers.size + 1}`;
    const addresses = addressesOf(spec);
    const moved = addresses.filter((address) => this.#peerAddresses.delete(address));
    for (const address of moved) await removeAddress(peersNamespace, address);
    await addNamespace(namespace, addresses);
    await runTool(['nft', '-f', '-'], { input: printServerChains({ namespace, addresses }) });
    const machine = new RealMachine(spec.machine, namespace, folderOf(namespace));
    await mkdir(folderOf(namespace), { recursive: true, mode: 0o700 });
    await machine.lay(spec.peers);
    const server: RealServer = { spec, namespace, traffic: await startTraffic(namespace), machine };
    this.#servers.set(spec.instanceId, server);
    const strangers = spec.peers.map((peer) => peer.address).filter((address) => this.#ownerOf(address) === undefined);
    await addAddresses(peersNamespace, strangers);
    for (const address of strangers) this.#peerAddresses.add(address);
    await this.#establishAll(server, moved);
    await this.#losePeers(server);
  }

  async applyFirewall({
    instanceId,
    firewall,
  }: {
    readonly instanceId: string;
    readonly firewall: Firewall;
  }): Promise<void> {
    const { namespace } = this.#find(instanceId);
    const input = printFirewall(namespace, firewall) + printSubnetRules(namespace, firewall.subnet);
    await runTool(['nft', '-f', '-'], { input });
  }

  async setListening({
    instanceId,
    port,
    listens,
  }: {
    readonly instanceId: string;
    readonly port: number;
    readonly listens: boolean;
  }): Promise<void> {
    const { traffic } = this.#find(instanceId);
    await (listens ? traffic.call('listen', { port, dualStack: false }) : traffic.call('hush', port));
  }

  async runCommand({
    instanceId,
    command,
  }: {
    readonly instanceId: string;
    readonly command: HostCommand;
  }): Promise<CommandResult> {
    const { namespace, machine } = this.#find(instanceId);
    const path = `${folderOf(namespace)}/script-${++this.#scriptCount}.sh`;
    await writeFile(path, command.script, { mode: 0o700 });
    // As the agent does: the shell starts the file, so a first-line shebang decides who reads it.
    return runCommandGroup(machine.enter(path), {
      namespace,
      environment: { ...command.environment, CF_STATE_DIR: `${folderOf(namespace)}/state` },
      timeoutMs: command.timeoutSeconds * 1000,
    });
  }

  async count(instanceId: string): Promise<readonly PeerCount[]> {
    const { spec, namespace } = this.#find(instanceId);
    return countPeers(spec, await listEstablishedSockets(namespace));
  }

  async watch(instanceId: string, dialling?: readonly string[]): Promise<void> {
    const { spec } = this.#find(instanceId);
    const calls = [...this.#sidesOf(spec.peers, spec)].map(([traffic, links]) =>
      traffic.call('watch', {
        name: instanceId,
        keys: keysOf(links),
        targets: links.filter(({ peer }) => dials(peer, dialling)).map(({ link }) => link),
      }),
    );
    await Promise.all(calls);
  }

  async firstBlockedAt(instanceId: string): Promise<number | undefined> {
    const { spec } = this.#find(instanceId);
    const victims = spec.peers.filter((peer) => !peer.golden);
    const times = await Promise.all(
      [...this.#sidesOf(victims, spec)].map(([traffic, links]) =>
        traffic.call('findBlockedAt', { name: instanceId, keys: keysOf(links) }),
      ),
    );
    const known = times.filter((time) => typeof time === 'number');
    return known.length === 0 ? undefined : Math.min(...known);
  }

  async goldenLost(instanceId: string): Promise<number> {
    const { spec } = this.#find(instanceId);
    const golden = spec.peers.filter((peer) => peer.golden);
    const counts = await Promise.all(
      [...this.#sidesOf(golden, spec)].map(([traffic, links]) => traffic.call('countLost', keysOf(links))),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async readMachine(instanceId: string): Promise<MachineState> {
    return this.#find(instanceId).machine.read();
  }

  async reconnect(instanceId: string): Promise<readonly PeerCount[]> {
    const { spec } = this.#find(instanceId);
    await this.#regainPeers(spec);
    const counts = await Promise.all(
      spec.peers.map(async (peer) => {
        const link = this.#linkOf(peer, spec);
        // Thousands of dials take their time on a small machine: a millisecond more for each.
        const established = await this.#establish(link, reconnectTimeoutMs + link.connections);
        return { peer: peer.name, golden: peer.golden, established, wanted: peer.connections };
      }),
    );
    return counts
      .filter(({ established, wanted }) => established >= wanted)
      .map(({ peer, golden, established }) => ({ peer, golden, established }));
  }

  #find(instanceId: string): RealServer {
    const server = this.#servers.get(instanceId);
    if (server === undefined) throw new HostWorldError(`Cannot find server "${instanceId}" in the lab`);
    return server;
  }

  #ownerOf(address: string): RealServer | undefined {
    return [...this.#servers.values()].find(({ spec }) => addressesOf(spec).includes(address));
  }

  #trafficAt(address: string): Traffic {
    return this.#ownerOf(address)?.traffic ?? this.#peers;
  }

  /** Two servers may both name the link between them: it is one link. */
  #linkOf(peer: PeerSpec, spec: ServerSpec): LinkSpec {
    const own = isIpv6(peer.address) ? (spec.ipv6Address ?? '') : spec.privateAddress;
    const [from, to] = peer.direction === 'in' ? [peer.address, own] : [own, peer.address];
    const key = `${from} ${to} ${peer.port}`;
    const known = this.#links.get(key);
    const connections = Math.max(peer.connections, known?.connections ?? 0);
    const redials = peer.redials ?? known?.redials ?? false;
    const session = peer.session ?? known?.session;
    const link = { key, from, to, port: peer.port, connections, redials, ...(session && { session }) };
    this.#links.set(key, link);
    return link;
  }

  /** The links of some peers, grouped by the process that dials them. */
  #sidesOf(peers: readonly PeerSpec[], spec: ServerSpec): Map<Traffic, PeerLink[]> {
    const links = peers.map((peer) => ({ peer, link: this.#linkOf(peer, spec) }));
    return Map.groupBy(links, ({ link }) => this.#trafficAt(link.from));
  }

  /** Lets the server hear nothing more of its zombies, says a last word to each, and waits until no answer is certain. */
  async #losePeers({ spec, namespace, traffic }: RealServer): Promise<void> {
    const zombies = spec.peers.filter((peer) => peer.zombie === true);
    if (zombies.length === 0) return;
    await this.#tellGone('add', spec);
    for (const { address, port, direction } of zombies) {
      if (direction === 'in') await traffic.call('sayTo', { port, address });
    }
    await waitUntilDead(namespace, zombies);
  }

  /** Whoever was gone starts anew: it knows nothing of its old connections. */
  async #regainPeers(spec: ServerSpec): Promise<void> {
    for (const peer of await this.#tellGone('delete', spec)) {
      const { from, key } = this.#linkOf(peer, spec);
      await this.#trafficAt(from).call('closeLink', key);
    }
  }

  /** Returns the peers for which it made a difference. */
  async #tellGone(verb: 'add' | 'delete', { peers }: ServerSpec): Promise<readonly PeerSpec[]> {
    const isNews = ({ address, zombie }: PeerSpec): boolean =>
      zombie === true && this.#gone.has(address) !== (verb === 'add');
    const changed = peers.filter(isNews);
    const addresses = [...new Set(changed.map(({ address }) => address))];
    if (addresses.length === 0) return [];
    await runTool(['nft', '-f', '-'], { input: printGone(verb, addresses) });
    for (const address of addresses) this.#gone[verb](address);
    return changed;
  }

  async #establishAll({ spec }: RealServer, moved: readonly string[]): Promise<void> {
    for (const link of this.#links.values()) {
      // What the peers' process dialled in this server's name, the server dials itself from now on.
      if (moved.includes(link.from)) await this.#peers.call('closeLink', link.key);
    }
    const own = spec.peers.map((peer) => this.#linkOf(peer, spec));
    const handedOver = [...this.#links.values()].filter((link) => moved.includes(link.from) || moved.includes(link.to));
    await Promise.all(
      [...new Map([...own, ...handedOver].map((link) => [link.key, link])).values()].map(async (link) => {
        const echoing = await this.#establish(link, establishTimeoutMs);
        if (echoing >= link.connections) return;
        throw new HostWorldError(
          `Cannot establish the connections from ${link.from} to ${link.to} port ${link.port}: ${echoing} of ${link.connections} echo`,
        );
      }),
    );
  }

  async #establish(link: LinkSpec, timeoutMs: number): Promise<number> {
    const { dualStack = true, machine } = this.#ownerOf(link.to)?.spec ?? {};
    // Where a database stands, it listens itself.
    const isListening = machine?.database !== undefined && databasePorts[machine.database.engine] === link.port;
    if (!isListening) await this.#trafficAt(link.to).call('listen', { port: link.port, dualStack });
    return this.#trafficAt(link.from).call('fillLink', { spec: link, timeoutMs });
  }
}

/** Where a server's files lie, its notes of incidents among them. */
function folderOf(namespace: string): string {
  return `/run/connection-fuse/${namespace}`;
}

async function startTraffic(namespace: string): Promise<Traffic> {
  return startInNamespace<typeof trafficMethods>(namespace, trafficPath, 'the traffic');
}
