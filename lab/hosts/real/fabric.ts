import ipaddr from 'ipaddr.js';
import type { Firewall, FirewallRule, SubnetRule, SubnetRules } from '../host-world.ts';
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
 * by the ingress rules of the server it reaches. Before all that stand the network ACLs, which look at every packet, and
 * the addresses that move: a connection over one ends when another server has it.
 */
export function printEmptyFabric(): string {
  return `table inet fabric {
  map egress4 { type ipv4_addr : verdict; }
  map egress6 { type ipv6_addr : verdict; }
  map ingress4 { type ipv4_addr : verdict; }
  map ingress6 { type ipv6_addr : verdict; }
  map aclin4 { type ipv4_addr : verdict; }
  map aclin6 { type ipv6_addr : verdict; }
  map aclout4 { type ipv4_addr : verdict; }
  map aclout6 { type ipv6_addr : verdict; }
  map fronts { type ipv4_addr : ipv4_addr; }
  set fronted { type ipv4_addr; }
  set held { type ipv4_addr . ipv4_addr; }
  chain front {
    type nat hook prerouting priority -100; policy accept;
    dnat ip to ip daddr map @fronts
  }
  set gone4 { type ipv4_addr; }
  set gone6 { type ipv6_addr; }
  chain forward {
    type filter hook forward priority 0; policy accept;
    ip saddr @gone4 drop
    ip6 saddr @gone6 drop
    ip saddr vmap @aclout4
    ip6 saddr vmap @aclout6
    ip daddr vmap @aclin4
    ip6 daddr vmap @aclin6
    ct original ip daddr @fronted ct direction original ct original ip daddr . ip daddr != @held meta l4proto tcp reject with tcp reset
    ct original ip daddr @fronted ct direction reply ct original ip daddr . ip saddr != @held meta l4proto tcp reject with tcp reset
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
    `add chain inet fabric aclin_${namespace}`,
    `add chain inet fabric aclout_${namespace}`,
    ...addresses.flatMap((address) => {
      const family = address.includes(':') ? 6 : 4;
      return [
        `add element inet fabric egress${family} { ${address} : jump egress_${namespace} }`,
        `add element inet fabric ingress${family} { ${address} : jump ingress_${namespace} }`,
        `add element inet fabric aclin${family} { ${address} : jump aclin_${namespace} }`,
        `add element inet fabric aclout${family} { ${address} : jump aclout_${namespace} }`,
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

/** Replaces the network ACL of a server's subnet, as that server meets it. */
export function printSubnetRules(namespace: string, subnet: SubnetRules | undefined): string {
  return [
    ...printAcl(`aclin_${namespace}`, 'saddr', subnet?.ingress, subnet?.cidr),
    ...printAcl(`aclout_${namespace}`, 'daddr', subnet?.egress, subnet?.cidr),
    '',
  ].join('\n');
}

/** Without rules the chain is empty and everything passes; with rules, what none of them lets through is dropped. */
function printAcl(
  chain: string,
  side: 'saddr' | 'daddr',
  rules: readonly SubnetRule[] | undefined,
  subnetCidr = '',
): readonly string[] {
  const flush = `flush chain inet fabric ${chain}`;
  if (rules === undefined) return [flush];
  const inside = { protocol: '-1', fromPort: -1, toPort: -1, cidr: subnetCidr };
  return [
    flush,
    `add rule inet fabric ${chain} ${printMatch(side, inside)} return`,
    ...rules.map(
      (rule) => `add rule inet fabric ${chain} ${printMatch(side, rule)} ${rule.allows ? 'return' : 'drop'}`,
    ),
    `add rule inet fabric ${chain} counter drop`,
  ];
}

/** Moves an address that is no server's own to another server, or to nobody. */
export function printFrontMove(address: string, former: string | undefined, next: string | undefined): string {
  const change = (verb: 'add' | 'delete', holder: string): readonly string[] => [
    `${verb} element inet fabric fronts { ${address} : ${holder} }`,
    `${verb} element inet fabric held { ${address} . ${holder} }`,
  ];
  return [
    `add element inet fabric fronted { ${address} }`,
    ...(former === undefined ? [] : change('delete', former)),
    ...(next === undefined ? [] : change('add', next)),
    '',
  ].join('\n');
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
