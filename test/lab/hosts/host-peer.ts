import type { Firewall, PeerSpec } from '../../../lab/hosts/host-world.ts';

/** A peer that starts valid: 3 connections of a stranger to port 8080. */
export function peer(change: Partial<PeerSpec> = {}): PeerSpec {
  return {
    name: 'stranger',
    address: '203.0.113.7',
    connections: 3,
    direction: 'in',
    port: 8080,
    golden: false,
    ...change,
  };
}

/** Rules that let nothing new in or out. */
export const closed: Firewall = { ingress: [], egress: [] };

/** Rules that let everything in and out. */
export const open: Firewall = {
  ingress: [{ protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' }],
  egress: [{ protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' }],
};
