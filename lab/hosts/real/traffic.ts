// Runs in one network namespace of the world: listens, echoes, dials, and tells what became of the connections.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { HostWorldError } from '../host-errors.ts';
import type { FrontTarget, ProbeOrder } from '../host-world.ts';
import { FrontClients } from './front-clients.ts';
import { probeAddress } from './probe-address.ts';
import { serveCalls } from './remote-process.ts';
import { TrafficLink } from './traffic-link.ts';
import type { LinkSpec } from './traffic-link.ts';
import { TrafficProbe } from './traffic-probe.ts';
import type { DialTarget } from './traffic-connection.ts';

const echoTimeoutMs = 2000;
const sayEveryMs = 50;
// Every connection says a byte each 50 ms while there are few; with thousands they take turns, or saying would be
// all this machine does.
const saysPerTurn = 200;

const listeners = new Map<number, Server>();
const accepted = new Set<Socket>();
const links = new Map<string, TrafficLink>();
const probes = new Map<string, TrafficProbe>();
const clients = new Map<string, FrontClients>();

/** What the world asks of a traffic process. */
export const trafficMethods = {
  /** Listens on a port of every address and echoes; a port that is listened on already is left alone. */
  async listen({ port, dualStack }: { readonly port: number; readonly dualStack: boolean }): Promise<void> {
    if (listeners.has(port)) return;
    const server = createServer((socket) => {
      accepted.add(socket.on('close', () => accepted.delete(socket)));
      socket.on('error', () => {}); // a reset is what this lab is about
      socket.pipe(socket);
    });
    listeners.set(port, server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ port, host: dualStack ? undefined : '0.0.0.0', backlog: 4096 }, resolve);
    await promise;
  },

  /** Refuses new connections on a port as a dead service does; those that stand stay. */
  async hush(port: number): Promise<void> {
    listeners.get(port)?.close();
    listeners.delete(port);
  },

  /** Raises the clients of a service's front. */
  async openClients({ name, from, connections }: ClientsSpec): Promise<void> {
    clients.set(name, new FrontClients(from, connections));
  },

  async routeClients({
    name,
    targets,
  }: {
    readonly name: string;
    readonly targets: readonly FrontTarget[];
  }): Promise<void> {
    clients.get(name)?.setTargets(targets);
  },

  async settleClients({ name, atLeast, timeoutMs }: SettleSpec): Promise<number> {
    return (await clients.get(name)?.settle(atLeast, timeoutMs)) ?? 0;
  },

  async redialClients(name: string): Promise<void> {
    clients.get(name)?.redial();
  },

  probe: async (order: ProbeOrder): Promise<boolean> => await probeAddress(order),

  /** Brings a link to its number of connections; returns how many echo when the time is over. */
  async fillLink({ spec, timeoutMs }: { readonly spec: LinkSpec; readonly timeoutMs: number }): Promise<number> {
    const link = links.get(spec.key) ?? new TrafficLink(spec);
    links.set(spec.key, link);
    return link.fill(spec, timeoutMs);
  },

  /** Says a byte to every client of an address on a port, as a server does that wonders whether it is still there. */
  async sayTo({ port, address }: { readonly port: number; readonly address: string }): Promise<void> {
    for (const socket of accepted) {
      const remote = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
      if (socket.localPort === port && remote === address) socket.write('?');
    }
  },

  /** Ends a link. */
  async closeLink(key: string): Promise<void> {
    links.get(key)?.close();
    links.delete(key);
  },

  /** Starts to count breaks of these links and to dial these targets; replaces the watch of the same name. */
  async watch({ name, keys, targets }: WatchSpec): Promise<void> {
    probes.get(name)?.stop();
    await Promise.all(keys.map((key) => findLink(key).watch(echoTimeoutMs)));
    probes.set(name, new TrafficProbe(targets));
  },

  /** When the first dial of a watch was blocked, or the first connection of these links broke. */
  async findBlockedAt({ name, keys }: Omit<WatchSpec, 'targets'>): Promise<number | undefined> {
    const times = [await probes.get(name)?.findBlockedAt(), ...keys.map((key) => findLink(key).brokenAt)];
    return times.reduce(
      (first, time) => (first === undefined || (time !== undefined && time < first) ? time : first),
      undefined,
    );
  },

  /** How many watched connections of these links are gone or silent. */
  async countLost(keys: readonly string[]): Promise<number> {
    const lost = await Promise.all(keys.map((key) => findLink(key).countLost(echoTimeoutMs)));
    return lost.reduce((sum, count) => sum + count, 0);
  },
};

interface SettleSpec {
  readonly name: string;
  readonly atLeast: number;
  readonly timeoutMs: number;
}

interface ClientsSpec {
  readonly name: string;
  readonly from: string;
  readonly connections: number;
}

interface WatchSpec {
  readonly name: string;
  readonly keys: readonly string[];
  readonly targets: readonly DialTarget[];
}

function findLink(key: string): TrafficLink {
  const link = links.get(key);
  if (link === undefined) throw new HostWorldError(`Cannot find link "${key}" in this namespace`);
  return link;
}

let turn = 0;
function saySomething(): void {
  const open = [...links.values()].filter((link) => link.chats).flatMap((link) => link.open);
  const batch = Math.min(open.length, saysPerTurn);
  for (let position = 0; position < batch; position++) open[turn++ % open.length]?.say();
}

if (process.send !== undefined) {
  setInterval(saySomething, sayEveryMs);
  serveCalls(trafficMethods);
}
