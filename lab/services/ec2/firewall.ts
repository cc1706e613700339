import type { Firewall, FirewallRule, SubnetRule, SubnetRules } from '../../hosts/host-world.ts';
import type { Ec2Model, NetworkInterface, RulePeer, SecurityGroupRule } from './model.ts';

/** The interface a changed firewall belongs to; `deviceIndex` 0 is the server's primary one. */
export interface ChangedInterface {
  readonly networkInterfaceId: string;
  readonly deviceIndex: number;
  readonly privateIpAddress: string;
}

/** Puts the effective rules of one interface in force; EC2's answer waits for it. */
export type FirewallListener = (
  instanceId: string,
  firewall: Firewall,
  networkInterface: ChangedInterface,
) => Promise<void> | void;

/**
 * The rules in force on an interface: the union over its groups, group references resolved to the private addresses
 * of the groups' members. IPv6 rules are left out: the lab's network is IPv4, and less allowed is the safe side.
 */
export function toFirewall(model: Ec2Model, card: NetworkInterface): Firewall {
  const rules = card.groupIds.flatMap((groupId) => [...(model.securityGroups.get(groupId)?.rules.values() ?? [])]);
  const resolve = (isEgress: boolean): readonly FirewallRule[] => {
    const resolved = rules
      .filter((rule) => rule.isEgress === isEgress && !isTypedIcmp(rule))
      .flatMap(({ ipProtocol: protocol, fromPort, toPort, peer }) =>
        toCidrs(model, peer, card.vpcId).map((cidr) => ({ protocol, fromPort, toPort, cidr })),
      );
    return sortDistinct(resolved);
  };
  const subnet = toSubnetRules(model, card);
  return { ingress: resolve(false), egress: resolve(true), ...(subnet && { subnet }) };
}

/** The ACL of the interface's subnet; undefined where it lets everything through, as AWS's default one does. */
function toSubnetRules(model: Ec2Model, { subnetId }: NetworkInterface): SubnetRules | undefined {
  const subnet = model.subnets.get(subnetId);
  const entries = model.networkAcls.get(subnet?.networkAclId ?? '')?.entries ?? [];
  const pick = (egress: boolean): readonly SubnetRule[] =>
    entries
      .filter((entry) => entry.egress === egress)
      .toSorted((one, other) => one.ruleNumber - other.ruleNumber)
      .map(({ protocol, fromPort, toPort, cidr, action }) => ({
        protocol,
        fromPort,
        toPort,
        cidr,
        allows: action === 'allow',
      }));
  const [ingress, egress] = [pick(false), pick(true)];
  if (subnet === undefined || [ingress, egress].every(([first]) => first !== undefined && letsAllThrough(first))) {
    return undefined;
  }
  return { cidr: subnet.cidrBlock, ingress, egress };
}

function letsAllThrough({ allows, protocol, cidr }: SubnetRule): boolean {
  return allows && protocol === '-1' && cidr === '0.0.0.0/0';
}

/** The lab's fabric knows ICMP as a whole only; a rule for one ICMP type is left out, again the safe side. */
function isTypedIcmp({ ipProtocol, fromPort }: SecurityGroupRule): boolean {
  return ipProtocol.startsWith('icmp') && fromPort !== -1;
}

/** Where a peer leads now: group members come and go with the groups their interfaces wear. */
function toCidrs(model: Ec2Model, peer: RulePeer, vpcId: string): readonly string[] {
  switch (peer.kind) {
    case 'ipv4':
      return [peer.cidr];
    case 'ipv6':
      return [];
    case 'prefix-list':
      return model.prefixLists.get(peer.prefixListId) ?? [];
    case 'group':
      return [...model.networkInterfaces.values()]
        .filter((member) => member.vpcId === vpcId && member.groupIds.includes(peer.groupId))
        .map(({ privateIpAddress }) => `${privateIpAddress}/32`);
    default:
      throw new Error(`Could not resolve a rule's peer of kind '${String(peer satisfies never)}'`);
  }
}

/** One order for one set of rules, so that equal firewalls have equal text. */
function sortDistinct(rules: readonly FirewallRule[]): readonly FirewallRule[] {
  const byText = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...byText].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, rule]) => rule);
}

/** Tells the listener about every attached interface whose effective rules differ from what it was last told. */
export class FirewallTeller {
  readonly #model: Ec2Model;
  readonly #listener: FirewallListener | undefined;
  readonly #told = new Map<string, string>();
  /** One chain per interface, so that two changes reach a host in the order in which they were made. */
  readonly #chains = new Map<string, Promise<void>>();

  constructor(model: Ec2Model, listener: FirewallListener | undefined) {
    this.#model = model;
    this.#listener = listener;
  }

  async tellChanges(): Promise<void> {
    if (this.#listener === undefined) return;
    await Promise.all([...this.#model.networkInterfaces.values()].map(async (card) => await this.#tell(card)));
  }

  async #tell(card: NetworkInterface): Promise<void> {
    const { attachment, networkInterfaceId, privateIpAddress } = card;
    if (attachment === undefined) return;
    const firewall = toFirewall(this.#model, card);
    const text = JSON.stringify(firewall);
    if (this.#told.get(networkInterfaceId) !== text) {
      this.#told.set(networkInterfaceId, text);
      const changed = { networkInterfaceId, deviceIndex: attachment.deviceIndex, privateIpAddress };
      const before = this.#chains.get(networkInterfaceId) ?? Promise.resolve();
      const told = before.then(async () => await this.#listener?.(attachment.instanceId, firewall, changed));
      // A listener that fails fails the call that told it, not every later one.
      this.#chains.set(networkInterfaceId, told.then(ignore, ignore));
      await told;
    } else await this.#chains.get(networkInterfaceId);
  }
}

function ignore(): void {}
