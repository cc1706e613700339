import { isIPv4 } from 'node:net';
import type { Attachment, Ec2Model, Instance, NetworkInterface, RulePeer, RuleSpec } from './model.ts';
import { ensureSubnet, seedDefaultAcl } from './seed-subnets.ts';
import { LabSetupError } from '../setup-error.ts';

/** A VPC to begin with. Default: not the default VPC, which forgives too much. */
export interface VpcSeed {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly isDefault?: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A rule as a test or a template writes it: exactly one of the four peers. */
export interface RuleSeed {
  readonly ipProtocol: string;
  readonly fromPort?: number | undefined;
  readonly toPort?: number | undefined;
  readonly cidrIpv4?: string | undefined;
  readonly cidrIpv6?: string | undefined;
  readonly prefixListId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A group to begin with. */
export interface SecurityGroupSeed {
  readonly groupId?: string;
  readonly groupName: string;
  readonly description?: string;
  readonly vpcId: string;
  readonly ingress?: readonly RuleSeed[];
  /** Default: everything may leave, the rule AWS puts into a new group. */
  readonly egress?: readonly RuleSeed[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** An interface of an instance to begin with. Default device index: its place in the list. */
export interface NetworkInterfaceSeed {
  readonly networkInterfaceId?: string;
  readonly privateIpAddress: string;
  readonly groupIds: readonly string[];
  readonly deviceIndex?: number;
  readonly networkCardIndex?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** An instance to begin with, running. */
export interface InstanceSeed {
  readonly instanceId: string;
  readonly vpcId: string;
  readonly subnetId?: string;
  readonly platform?: 'linux' | 'windows';
  readonly instanceProfileArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** One at least; the first is the primary interface. */
  readonly networkInterfaces: readonly NetworkInterfaceSeed[];
}

const everythingLeaves: readonly RuleSeed[] = [{ ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' }];

/** Puts a VPC in place, or replaces it. */
export function seedVpc(model: Ec2Model, seed: VpcSeed): void {
  const { vpcId, cidrBlock, isDefault = false, tags = {} } = seed;
  model.vpcs.set(vpcId, { vpcId, cidrBlock, isDefault });
  model.setTags(vpcId, tags);
  seedDefaultAcl(model, vpcId);
}

/** Puts a group with its rules in place and returns its id. */
export function seedSecurityGroup(model: Ec2Model, seed: SecurityGroupSeed): string {
  if (!model.vpcs.has(seed.vpcId)) {
    throw new LabSetupError(`Could not add security group '${seed.groupName}': the lab has no VPC '${seed.vpcId}'`);
  }
  const groupId = seed.groupId ?? model.nextId('sg');
  const { groupName, vpcId, description = groupName } = seed;
  model.securityGroups.set(groupId, { groupId, groupName, description, vpcId, rules: new Map() });
  model.setTags(groupId, seed.tags ?? {});
  for (const rule of seed.ingress ?? []) seedRule(model, groupId, rule, false);
  for (const rule of seed.egress ?? everythingLeaves) seedRule(model, groupId, rule, true);
  return groupId;
}

/** Adds one rule to a group and returns the rule's id. */
export function seedRule(model: Ec2Model, groupId: string, seed: RuleSeed, isEgress: boolean): string {
  const group = model.securityGroups.get(groupId);
  if (group === undefined) throw new LabSetupError(`Could not add a rule: the lab has no security group '${groupId}'`);
  const ruleId = model.nextId('sgr');
  group.rules.set(ruleId, { ...toRuleSpec(seed, isEgress), ruleId, groupId });
  model.setTags(ruleId, seed.tags ?? {});
  return ruleId;
}

/** Without ports a rule is for all of them; one port stands for a range of itself. */
function toRuleSpec(seed: RuleSeed, isEgress: boolean): RuleSpec {
  const { ipProtocol, fromPort = -1, toPort = fromPort, description } = seed;
  return { isEgress, ipProtocol, fromPort, toPort, peer: toPeer(seed), description };
}

function toPeer(seed: RuleSeed): RulePeer {
  if (seed.cidrIpv4 !== undefined) return { kind: 'ipv4', cidr: seed.cidrIpv4 };
  if (seed.cidrIpv6 !== undefined) return { kind: 'ipv6', cidr: seed.cidrIpv6 };
  if (seed.prefixListId !== undefined) return { kind: 'prefix-list', prefixListId: seed.prefixListId };
  if (seed.groupId !== undefined) return { kind: 'group', groupId: seed.groupId };
  throw new LabSetupError(`Could not add a security-group rule without a peer: '${JSON.stringify(seed)}'`);
}

/** Puts an instance with its network interfaces in place; returns the interface ids in the order given. */
export function seedInstance(model: Ec2Model, seed: InstanceSeed): readonly string[] {
  const [primary] = seed.networkInterfaces;
  if (primary === undefined || !model.vpcs.has(seed.vpcId)) {
    throw new LabSetupError(
      `Could not add instance '${seed.instanceId}': it needs a network interface and a known VPC`,
    );
  }
  const instance: Instance = {
    instanceId: seed.instanceId,
    vpcId: seed.vpcId,
    subnetId: ensureSubnet(model, seed.vpcId, primary.privateIpAddress, seed.subnetId),
    privateIpAddress: primary.privateIpAddress,
    platform: seed.platform ?? 'linux',
    launchTime: new Date(),
    instanceProfileArn: seed.instanceProfileArn,
    state: 'running',
  };
  model.instances.set(seed.instanceId, instance);
  model.setTags(seed.instanceId, seed.tags ?? {});
  return seed.networkInterfaces.map((card, index) => seedInterface(model, instance, card, index));
}

/** Attaches an interface; an interface may name its own id so that a finding can name it too. */
function seedInterface(model: Ec2Model, instance: Instance, seed: NetworkInterfaceSeed, index: number): string {
  checkInterface(model, instance, seed);
  const attachment: Attachment = {
    attachmentId: model.nextId('eni-attach'),
    instanceId: instance.instanceId,
    deviceIndex: seed.deviceIndex ?? index,
    networkCardIndex: seed.networkCardIndex ?? 0,
    attachTime: instance.launchTime,
  };
  const card: NetworkInterface = {
    networkInterfaceId: seed.networkInterfaceId ?? model.nextId('eni'),
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    privateIpAddress: seed.privateIpAddress,
    attachment,
    requesterManaged: false,
    groupIds: [...seed.groupIds],
  };
  model.networkInterfaces.set(card.networkInterfaceId, card);
  model.setTags(card.networkInterfaceId, seed.tags ?? {});
  return card.networkInterfaceId;
}

/** A group of another VPC on an interface is impossible on AWS, so no scenario may begin with it. */
function checkInterface(model: Ec2Model, instance: Instance, seed: NetworkInterfaceSeed): void {
  const stray = seed.groupIds.find((groupId) => model.securityGroups.get(groupId)?.vpcId !== instance.vpcId);
  if (stray !== undefined || seed.groupIds.length === 0 || !isIPv4(seed.privateIpAddress)) {
    throw new LabSetupError(
      `Could not add a network interface to '${instance.instanceId}': it needs an IPv4 address and security groups of ` +
        `'${instance.vpcId}', got '${seed.privateIpAddress}' and '${seed.groupIds.join(', ')}'`,
    );
  }
}
