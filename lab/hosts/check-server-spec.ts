import { isIP } from 'node:net';
import type { PeerSpec, ServerSpec } from './host-world.ts';
import { HostWorldError } from './host-errors.ts';
import { databasePorts, plainMachine } from './machine.ts';

/** Refuses a server the world could not build or count truthfully; the same rules hold for real and simulated hosts. */
export function checkServerSpec(spec: ServerSpec, existing: readonly ServerSpec[]): void {
  const refuse = (reason: string): never => {
    throw new HostWorldError(`Cannot create server "${spec.instanceId}": ${reason}`);
  };
  const addresses = addressesOf(spec);
  if (isIP(spec.privateAddress) !== 4) refuse(`wanted an IPv4 address, received "${spec.privateAddress}"`);
  if (spec.ipv6Address !== undefined && isIP(spec.ipv6Address) !== 6) {
    refuse(`wanted an IPv6 address, received "${spec.ipv6Address}"`);
  }
  for (const other of existing) {
    if (other.instanceId === spec.instanceId) refuse('it exists already');
    const shared = addressesOf(other).find((address) => addresses.includes(address));
    if (shared !== undefined) refuse(`"${other.instanceId}" has the address "${shared}" already`);
  }
  const seen = new Set<string>();
  for (const peer of spec.peers) {
    const { name, address, direction, port, connections } = peer;
    const strangeness = findStrangeness(peer, spec.machine);
    if (strangeness !== null) refuse(`peer "${name}" ${strangeness}`);
    const family = isIP(address);
    if (family === 0 || (family === 6 && spec.ipv6Address === undefined) || addresses.includes(address)) {
      refuse(`peer "${name}" has the address "${address}", wanted another host's address of a family the server has`);
    }
    if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse(`peer "${name}" has the port "${port}"`);
    if (!Number.isInteger(connections) || connections < 0) refuse(`peer "${name}" has "${connections}" connections`);
    // The kernel tells connections apart by address and port only.
    const key = `${direction} ${address} ${port}`;
    if (seen.has(key)) refuse(`peers with the same address, direction and port cannot be counted apart: "${key}"`);
    seen.add(key);
  }
}

/** What cannot be true of a peer and its server at once, or null. */
function findStrangeness(
  { golden, zombie, session, direction, port }: PeerSpec,
  machine = plainMachine,
): string | null {
  if (golden && zombie === true) return 'is golden and gone: nobody could say whether it lived on';
  const { database } = machine;
  const isHeard = direction === 'in' && database !== undefined && port === databasePorts[database.engine];
  return session === undefined || isHeard ? null : `has a session, but no database listens on port "${port}"`;
}

/** All addresses of a server. */
export function addressesOf(spec: ServerSpec): readonly string[] {
  return spec.ipv6Address === undefined ? [spec.privateAddress] : [spec.privateAddress, spec.ipv6Address];
}
