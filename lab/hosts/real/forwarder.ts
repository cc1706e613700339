// Runs in the namespace of a load balancer: takes connections and dials a server for each, byte for byte.
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import type { FrontTarget, ProbeOrder } from '../host-world.ts';
import { TargetPicker } from '../pick-target.ts';
import { probeAddress } from './probe-address.ts';
import { serveCalls } from './remote-process.ts';

const picker = new TargetPicker();
const dialTimeoutMs = 1000;

/** What the world asks of a load balancer. */
export const forwarderMethods = {
  async listen({ address, port }: { readonly address: string; readonly port: number }): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (client) => forward(client, address));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen({ port, host: address, backlog: 1024 }, resolve);
    await promise;
  },

  /** Leads new connections elsewhere; those that stand stay where they are. */
  async route(targets: readonly FrontTarget[]): Promise<void> {
    picker.setTargets(targets);
  },

  probe: async (order: ProbeOrder): Promise<boolean> => await probeAddress(order),
};

/** Without a target, and without an answer, the client is refused by a reset. */
function forward(client: Socket, address: string): void {
  client.on('error', () => {}); // `close` follows
  const target = picker.pick();
  if (target === undefined) {
    client.resetAndDestroy();
    return;
  }
  const server = connect({ host: target.address, port: target.port, localAddress: address, noDelay: true });
  const impatience = setTimeout(() => server.destroy(), dialTimeoutMs);
  server.on('connect', () => {
    clearTimeout(impatience);
    client.resume();
    client.pipe(server);
    server.pipe(client);
  });
  server.on('error', () => {});
  server.on('close', () => client.resetAndDestroy());
  client.on('close', () => server.resetAndDestroy());
}

if (process.send !== undefined) serveCalls(forwarderMethods);
