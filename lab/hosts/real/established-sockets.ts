import type { PeerCount, ServerSpec } from '../host-world.ts';
import { runTool } from './run-tool.ts';
import { firstProbePort } from './traffic-probe.ts';

/** One established TCP socket as a server's kernel sees it. */
export interface EstablishedSocket {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Asks the kernel of one namespace for its established TCP sockets. */
export async function listEstablishedSockets(namespace: string): Promise<readonly EstablishedSocket[]> {
  const output = await runTool(['ss', '-tnH', 'state', 'established'], { namespace });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map(parseSocketLine);
}

/** Reads one line of `ss -tnH state established`: Recv-Q, Send-Q, local, peer. */
export function parseSocketLine(line: string): EstablishedSocket {
  const [, , local = '', peer = ''] = line.trim().split(/\s+/);
  return {
    localPort: parseEndpoint(local).port,
    remoteAddress: parseEndpoint(peer).address,
    remotePort: parseEndpoint(peer).port,
  };
}

/**
 * Counts the sockets of each peer: by its address, and by the port that is dialled on the side it is dialled. Probes
 * that were caught in passing do not count.
 */
export function countPeers(spec: ServerSpec, sockets: readonly EstablishedSocket[]): readonly PeerCount[] {
  return spec.peers.map((peer) => ({
    peer: peer.name,
    golden: peer.golden,
    established: sockets.filter(({ remoteAddress, localPort, remotePort }) => {
      const [dialled, dialling] = peer.direction === 'in' ? [localPort, remotePort] : [remotePort, localPort];
      return remoteAddress === peer.address && dialled === peer.port && dialling < firstProbePort;
    }).length,
  }));
}

function parseEndpoint(text: string): { readonly address: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  const address = text.slice(0, colon).replace(/^\[|\]$|%.*$/g, '');
  // A dual-stack listener shows IPv4 peers as mapped addresses.
  return { address: address.replace(/^::ffff:(?=\d+\.)/, ''), port: Number(text.slice(colon + 1)) };
}
