import { connect } from 'node:net';
import type { ProbeOrder } from '../host-world.ts';
import { firstProbePort } from './traffic-probe.ts';

const unansweredAfterMs = 1000;
// Behind the ports of the probes that look for blocks.
const firstCheckPort = firstProbePort + 4000;
const checkPorts = 500;
let nextPort = 0;

/** Dials once, as a health check does, and hangs up; true when the port answered. */
export async function probeAddress({ from, address, port }: ProbeOrder): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const localPort = firstCheckPort + (nextPort++ % checkPorts);
  const socket = connect({ host: address, port, localAddress: from, localPort });
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  const impatience = setTimeout(() => resolve(false), unansweredAfterMs);
  const answered = await promise;
  clearTimeout(impatience);
  if (answered) socket.resetAndDestroy();
  else socket.destroy();
  return answered;
}
