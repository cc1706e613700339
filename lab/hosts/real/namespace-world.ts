import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { CommandResult, Firewall, HostCommand, PeerCount, PeerSpec, ServerSpec } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';
import { addressesOf, checkServerSpec } from '../check-server-spec.ts';
import { countPeers, listEstablishedSockets } from './established-sockets.ts';
import { printEmptyFabric, printFirewall, printServerChains } from './fabric.ts';
import { addAddresses, addNamespace, buildRouter, isIpv6, peersNamespace, removeAddress } from './network.ts';
import { RemoteProcess } from './remote-process.ts';
import { runCommandGroup, runTool, toolPath } from './run-tool.ts';
import type { LinkSpec } from './traffic-link.ts';
import type { trafficMethods } from './traffic.ts';

const trafficPath = fileURLToPath(new URL('traffic.ts', import.meta.url));
const establishTimeoutMs = 20_000;
const reconnectTimeoutMs = 1500;

type Traffic = RemoteProcess<typeof trafficMethods>;

interface RealServer {
  readonly spec: ServerSpec;
  readonly namespace: string;
  readonly traffic: Traffic;
}

/** The world from inside its own namespaces: this process stands in the router. */
export class NamespaceWorld {
  readonly #servers = new Map<string, RealServer>();
  readonly #links = new Map<string, LinkSpec>();
  readonly #peerAddresses = new Set<string>();
  readonly #peers: Traffic;
  #scriptCount = 0;
  #creating: Promise<void> = Promise.resolve();

  private constructor(peers: Traffic) {
    this.#peers = peers;
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
    const server: RealServer = { spec, namespace, traffic: await startTraffic(namespace) };
    this.#servers.set(spec.instanceId, server);
    const strangers = spec.peers.map((peer) => peer.address).filter((address) => this.#ownerOf(address) === undefined);
    await addAddresses(peersNamespace, strangers);
    for (const address of strangers) this.#peerAddresses.add(address);
    await this.#establishAll(server, moved);
  }

  async applyFirewall({
    instanceId,
    firewall,
  }: {
    readonly instanceId: string;
    readonly firewall: Firewall;
  }): Promise<void> {
    const { namespace } = this.#find(instanceId);
    await runTool(['nft', '-f', '-'], { input: printFirewall(namespace, firewall) });
  }

  async runCommand({
    instanceId,
    command,
  }: {
    readonly instanceId: string;
    readonly command: HostCommand;
  }): Promise<CommandResult> {
    const { namespace } = this.#find(instanceId);
    const directory = `/run/connection-fuse/${namespace}`;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = `${directory}/script-${++this.#scriptCount}.sh`;
    await writeFile(path, command.script, { mode: 0o700 });
    // As the agent does: the shell starts the file, so a first-line shebang decides who reads it.
    return runCommandGroup(['sh', '-c', path], {
      namespace,
      environment: { ...command.environment, CF_STATE_DIR: `${directory}/state` },
      timeoutMs: command.timeoutSeconds * 1000,
    });
  }

  async count(instanceId: string): Promise<readonly PeerCount[]> {
    const { spec, namespace } = this.#find(instanceId);
    return countPeers(spec, await listEstablishedSockets(namespace));
  }

  async watch(instanceId: string): Promise<void> {
    const { spec } = this.#find(instanceId);
    const calls = [...this.#sidesOf(spec.peers, spec)].map(([traffic, links]) =>
      traffic.call('watch', {
        name: instanceId,
        keys: links.map(({ link }) => link.key),
        targets: links.filter(({ peer }) => !peer.golden).map(({ link }) => link),
      }),
    );
    await Promise.all(calls);
  }

  async firstBlockedAt(instanceId: string): Promise<number | undefined> {
    const { spec } = this.#find(instanceId);
    const victims = spec.peers.filter((peer) => !peer.golden);
    const times = await Promise.all(
      [...this.#sidesOf(victims, spec)].map(([traffic, links]) =>
        traffic.call('findBlockedAt', { name: instanceId, keys: links.map(({ link }) => link.key) }),
      ),
    );
    const known = times.filter((time) => typeof time === 'number');
    return known.length === 0 ? undefined : Math.min(...known);
  }

  async goldenLost(instanceId: string): Promise<number> {
    const { spec } = this.#find(instanceId);
    const golden = spec.peers.filter((peer) => peer.golden);
    const counts = await Promise.all(
      [...this.#sidesOf(golden, spec)].map(([traffic, links]) =>
        traffic.call(
          'countLost',
          links.map(({ link }) => link.key),
        ),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async reconnect(instanceId: string): Promise<readonly PeerCount[]> {
    const { spec } = this.#find(instanceId);
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
    const link = { key, from, to, port: peer.port, connections, redials: peer.redials ?? known?.redials ?? false };
    this.#links.set(key, link);
    return link;
  }

  /** The links of some peers, grouped by the process that dials them. */
  #sidesOf(
    peers: readonly PeerSpec[],
    spec: ServerSpec,
  ): Map<Traffic, { readonly link: LinkSpec; readonly peer: PeerSpec }[]> {
    const links = peers.map((peer) => ({ peer, link: this.#linkOf(peer, spec) }));
    return Map.groupBy(links, ({ link }) => this.#trafficAt(link.from));
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
    const dualStack = this.#ownerOf(link.to)?.spec.dualStack ?? true;
    await this.#trafficAt(link.to).call('listen', { port: link.port, dualStack });
    return this.#trafficAt(link.from).call('fillLink', { spec: link, timeoutMs });
  }
}

async function startTraffic(namespace: string): Promise<Traffic> {
  const child = spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', process.execPath, trafficPath], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    cwd: '/',
    env: { PATH: toolPath },
  });
  return new RemoteProcess<typeof trafficMethods>(child, `the traffic of namespace ${namespace}`);
}
