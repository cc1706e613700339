import { createHash } from 'node:crypto';
import { HostWorldError } from '../host-errors.ts';
import type { Firewall, FirewallRule, PeerSpec, SubnetRule, SubnetRules } from '../host-world.ts';
import type { KillOrder, Spared } from './kill-order.ts';
import { isInside } from './read-environment.ts';

/** The block of one incident on one simulated host. */
export interface SimulatedTable {
  readonly digest: string;
  /** Unix time in milliseconds; undefined until a release. */
  readonly expiresAt: number | undefined;
  /** Says whether it refuses new connections of a peer. */
  blocks(peer: PeerSpec): boolean;
}

// What the scripts accept whatever they are told.
const linkLocalCidrs = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'];

/** Makes the table a kill order would set; the timer is no part of the digest, as on a real host. */
export function makeTable(order: KillOrder, now: number): SimulatedTable {
  const { ttlSeconds, ...rules } = order;
  return {
    digest: digest({ ...rules, hasTimer: ttlSeconds > 0 }),
    expiresAt: ttlSeconds === 0 ? undefined : now + ttlSeconds * 1000,
    blocks: (peer) => isCut(order, peer),
  };
}

/** Sha256 of what a table is made of. */
export function digest(rules: unknown): string {
  return createHash('sha256').update(JSON.stringify(rules)).digest('hex');
}

/** Says whether the golden channels of an order name this link. */
export function isGolden({ golden }: Spared, peer: PeerSpec): boolean {
  return golden.some(
    ({ direction, cidr, port }) =>
      isInside(peer.address, [cidr]) && (port === 'any' || (direction === peer.direction && port === peer.port)),
  );
}

/** Says whether no cut of an order may touch this link. */
export function isSpared(spared: Spared, peer: PeerSpec): boolean {
  return isGolden(spared, peer) || isInside(peer.address, [...linkLocalCidrs, ...spared.agent]);
}

/** Says whether an order cuts this link, seen from the host it runs on. */
export function isCut(order: KillOrder, peer: PeerSpec): boolean {
  if (isSpared(order, peer)) return false;
  switch (order.scope) {
    case 'server':
      return true;
    case 'peers':
      return isInside(peer.address, order.peers);
    case 'ports':
      return (
        peer.direction === 'in' &&
        order.ports.includes(peer.port) &&
        (order.zombies === null || order.zombies.includes(peer.address))
      );
    default:
      throw new HostWorldError(`Unexpected scope "${String(order.scope satisfies never)}"`);
  }
}

/** Says whether security-group rules let a new connection of this link through; no rules yet let everything through. */
export function firewallAllows(firewall: Firewall | undefined, peer: PeerSpec): boolean {
  if (firewall === undefined) return true;
  const rules = peer.direction === 'in' ? firewall.ingress : firewall.egress;
  return rules.some((rule) => ruleAllows(rule, peer)) && subnetAllows(firewall.subnet, peer);
}

/** Any port a dialling side may have; ACLs that part the range of them are not told apart here. */
const answerPort = 40_000;

/** An ACL keeps no state: the question must pass one way and the answer the other. */
function subnetAllows(subnet: SubnetRules | undefined, peer: PeerSpec): boolean {
  if (subnet === undefined || isInside(peer.address, [subnet.cidr])) return true;
  const [question, answers] =
    peer.direction === 'in' ? [subnet.ingress, subnet.egress] : [subnet.egress, subnet.ingress];
  return firstAllows(question, peer) && firstAllows(answers, { ...peer, port: answerPort });
}

function firstAllows(rules: readonly SubnetRule[], peer: PeerSpec): boolean {
  return rules.find((rule) => ruleAllows(rule, peer))?.allows ?? false;
}

/** Whether a rule speaks of a link; of an ACL's entry that is a match, whatever it says then. */
function ruleAllows({ protocol, fromPort, toPort, cidr }: FirewallRule, { address, port }: PeerSpec): boolean {
  if (!isInside(address, [cidr])) return false;
  if (protocol === '-1') return true;
  return protocol === 'tcp' && (fromPort === -1 || (port >= fromPort && port <= toPort));
}
