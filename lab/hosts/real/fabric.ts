import ipaddr from 'ipaddr.js';
import type { Firewall, FirewallRule } from '../host-world.ts';
import { HostWorldError } from '../host-errors.ts';

const protocols = new Set(['tcp', 'udp', 'icmp', '-1']);

/** A server as the fabric sees it: a short name for its chains, and its addresses. */
export interface FabricServer {
  readonly namespace: string;
  readonly addresses: readonly string[];
}

/**
 * The fabric of an empty world, for `nft -f`. Tracked flows pass whatever the rules say now, as in a security group
 * (and unlike one, every flow is tracked here); a new flow is judged by the egress rules of the server it leaves and
 * by the ingress rules of the server it reaches.
 */
export function printEmptyFabric(): string {
  return `table inet fabric {
  map egress4 { type ipv4_addr : verdict; }
  map egress6 { type ipv6_addr : verdict; }
  map ingress4 { type ipv4_addr : verdict; }
  map ingress6 { type ipv6_addr : verdict; }
  set gone4 { type ipv4_addr; }
  set gone6 { type ipv6_addr; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip saddr @gone4 drop
    ip6 saddr @gone6 drop
    ct state established,related accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    ip saddr vmap @egress4
    ip6 saddr vmap @egress6
    ip daddr vmap @ingress4
    ip6 daddr vmap @ingress6
  }
}
`;
}

/** Adds a server whose rules are not known yet: until `printFirewall` everything passes. */
export function printServerChains({ namespace, addresses }: FabricServer): string {
  return [
    `add chain inet fabric egress_${namespace}`,
    `add chain inet fabric ingress_${namespace}`,
    ...addresses.flatMap((address) => {
      const family = address.includes(':') ? 6 : 4;
      return [
        `add element inet fabric egress${family} { ${address} : jump egress_${namespace} }`,
        `add element inet fabric ingress${family} { ${address} : jump ingress_${namespace} }`,
      ];
    }),
    '',
  ].join('\n');
}

/** Pulls the cables of addresses, or plugs them in again: nothing they send arrives, what is sent to them does. */
export function printGone(verb: 'add' | 'delete', addresses: readonly string[]): string {
  const printElement = (address: string) =>
    `${verb} element inet fabric gone${address.includes(':') ? 6 : 4} { ${address} }`;
  return [...addresses.map(printElement), ''].join('\n');
}

/** Replaces a server's rules in one transaction: no packet meets half of them. */
export function printFirewall(namespace: string, firewall: Firewall): string {
  return [
    ...printChain(`egress_${namespace}`, 'daddr', firewall.egress),
    ...printChain(`ingress_${namespace}`, 'saddr', firewall.ingress),
    '',
  ].join('\n');
}

function printChain(chain: string, side: 'saddr' | 'daddr', rules: readonly FirewallRule[]): readonly string[] {
  return [
    `flush chain inet fabric ${chain}`,
    // `return` and not `accept`: the other end's rules have their say too.
    ...rules.map((rule) => `add rule inet fabric ${chain} ${printMatch(side, rule)} return`),
    `add rule inet fabric ${chain} counter drop`,
  ];
}

function printMatch(side: 'saddr' | 'daddr', rule: FirewallRule): string {
  const { protocol, fromPort, toPort, cidr } = checkRule(rule);
  const isIpv6 = cidr.includes(':');
  const address = `${isIpv6 ? 'ip6' : 'ip'} ${side} ${cidr}`;
  if (protocol === '-1') return address;
  if (protocol === 'icmp') return `${address} meta l4proto ${isIpv6 ? 'ipv6-icmp' : 'icmp'}`;
  if (fromPort === -1) return `${address} meta l4proto ${protocol}`;
  return `${address} ${protocol} dport ${fromPort}-${toPort}`;
}

function checkRule(rule: FirewallRule): FirewallRule {
  const { protocol, fromPort, toPort, cidr } = rule;
  const isPort = (port: number): boolean => Number.isInteger(port) && port >= 0 && port <= 65_535;
  const portsFit = (fromPort === -1 && toPort === -1) || (isPort(fromPort) && isPort(toPort) && fromPort <= toPort);
  // What the fabric cannot read it must not pass on to nft as text.
  if (
    !protocols.has(protocol) ||
    !ipaddr.isValidCIDR(cidr) ||
    (!portsFit && protocol !== 'icmp' && protocol !== '-1')
  ) {
    throw new HostWorldError(
      `Cannot put a security-group rule in force, received "${JSON.stringify(rule)}": wanted tcp, udp, icmp or -1, ports and a CIDR`,
    );
  }
  return rule;
}
