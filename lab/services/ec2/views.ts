import type { XmlStructure } from '../wire/xml.ts';
import type { Ec2Model, Instance, NetworkInterface, RuleSpec, SecurityGroup, SecurityGroupRule } from './model.ts';

/** Codes of instance states, as in every DescribeInstances answer. */
export const stateCodes = { pending: 0, running: 16, 'shutting-down': 32, terminated: 48, stopping: 64, stopped: 80 };

/** Tags of any resource, in the order in which they were set. */
export function viewTags(model: Ec2Model, resourceId: string): readonly XmlStructure[] {
  return [...model.tagsOf(resourceId)].map(([key, value]) => ({ key, value }));
}

/** Groups as interfaces and instances show them: id and name. */
export function viewGroups(model: Ec2Model, groupIds: readonly string[]): readonly XmlStructure[] {
  return groupIds.map((groupId) => ({ groupId, groupName: model.securityGroups.get(groupId)?.groupName }));
}

/** A rule as DescribeSecurityGroupRules and Authorize answer it. */
export function viewRule(model: Ec2Model, rule: SecurityGroupRule): XmlStructure {
  const { ruleId, groupId, peer } = rule;
  return {
    securityGroupRuleId: ruleId,
    groupId,
    groupOwnerId: model.accountId,
    ...viewReach(rule),
    referencedGroupInfo:
      peer.kind === 'group'
        ? { groupId: peer.groupId, userId: model.accountId, vpcId: model.securityGroups.get(peer.groupId)?.vpcId }
        : undefined,
    description: rule.description,
    tagSet: viewTags(model, ruleId),
    securityGroupRuleArn: `arn:aws:ec2:${model.region}:${model.accountId}:security-group-rule/${ruleId}`,
  };
}

/** A rule as Revoke answers it: without tags. */
export function viewRevokedRule(rule: SecurityGroupRule): XmlStructure {
  return {
    securityGroupRuleId: rule.ruleId,
    groupId: rule.groupId,
    ...viewReach(rule),
    referencedGroupId: rule.peer.kind === 'group' ? rule.peer.groupId : undefined,
    description: rule.description,
  };
}

/** What a rule lets through, in the flat form of rule ids. */
function viewReach(rule: RuleSpec): XmlStructure {
  const { isEgress, ipProtocol, fromPort, toPort, peer } = rule;
  return {
    isEgress,
    ipProtocol,
    fromPort,
    toPort,
    cidrIpv4: peer.kind === 'ipv4' ? peer.cidr : undefined,
    cidrIpv6: peer.kind === 'ipv6' ? peer.cidr : undefined,
    prefixListId: peer.kind === 'prefix-list' ? peer.prefixListId : undefined,
  };
}

/** A group as DescribeSecurityGroups answers it. */
export function viewSecurityGroup(model: Ec2Model, group: SecurityGroup): XmlStructure {
  const rules = [...group.rules.values()];
  return {
    ownerId: model.accountId,
    groupId: group.groupId,
    groupName: group.groupName,
    groupDescription: group.description,
    vpcId: group.vpcId,
    securityGroupArn: `arn:aws:ec2:${model.region}:${model.accountId}:security-group/${group.groupId}`,
    ipPermissions: viewPermissions(
      model,
      rules.filter((rule) => !rule.isEgress),
    ),
    ipPermissionsEgress: viewPermissions(
      model,
      rules.filter((rule) => rule.isEgress),
    ),
    tagSet: viewTags(model, group.groupId),
  };
}

/** Rules in the older form: one entry per protocol and port range, peers inside. */
export function viewPermissions(model: Ec2Model, rules: readonly RuleSpec[]): readonly XmlStructure[] {
  const byRange = Map.groupBy(rules, (rule) => `${rule.ipProtocol} ${rule.fromPort} ${rule.toPort}`);
  return [...byRange.values()].map((same) => {
    const [first] = same;
    const hasPorts = first?.ipProtocol !== '-1';
    return {
      ipProtocol: first?.ipProtocol,
      fromPort: hasPorts ? first?.fromPort : undefined,
      toPort: hasPorts ? first?.toPort : undefined,
      groups: same.flatMap(({ peer, description }) =>
        peer.kind === 'group' ? [{ groupId: peer.groupId, userId: model.accountId, description }] : [],
      ),
      ipRanges: same.flatMap(({ peer, description }) =>
        peer.kind === 'ipv4' ? [{ cidrIp: peer.cidr, description }] : [],
      ),
      ipv6Ranges: same.flatMap(({ peer, description }) =>
        peer.kind === 'ipv6' ? [{ cidrIpv6: peer.cidr, description }] : [],
      ),
      prefixListIds: same.flatMap(({ peer, description }) =>
        peer.kind === 'prefix-list' ? [{ prefixListId: peer.prefixListId, description }] : [],
      ),
    };
  });
}

/** An interface as DescribeNetworkInterfaces answers it. */
export function viewInterface(model: Ec2Model, card: NetworkInterface): XmlStructure {
  const { attachment } = card;
  return {
    ...viewCard(model, card),
    availabilityZone: model.zoneOf(card.subnetId),
    requesterManaged: card.requesterManaged,
    attachment: attachment && {
      ...viewAttachment(card),
      instanceId: attachment.instanceId,
      instanceOwnerId: model.accountId,
    },
    tagSet: viewTags(model, card.networkInterfaceId),
  };
}

/** An instance as DescribeInstances answers it, inside a reservation of its own. */
export function viewInstance(model: Ec2Model, instance: Instance): XmlStructure {
  const cards = model.interfacesOf(instance.instanceId);
  return {
    instanceId: instance.instanceId,
    imageId: 'ami-0000000000000000f',
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    instanceType: 'm7g.large',
    launchTime: instance.launchTime,
    placement: { availabilityZone: model.zoneOf(instance.subnetId), tenancy: 'default' },
    platform: instance.platform === 'windows' ? 'windows' : undefined,
    platformDetails: instance.platform === 'windows' ? 'Windows' : 'Linux/UNIX',
    vpcId: instance.vpcId,
    subnetId: instance.subnetId,
    privateIpAddress: instance.privateIpAddress,
    sourceDestCheck: true,
    iamInstanceProfile: instance.instanceProfileArn === undefined ? undefined : { arn: instance.instanceProfileArn },
    // The instance view shows the groups of the primary interface only, as EC2 does.
    groupSet: viewGroups(model, cards[0]?.groupIds ?? []),
    networkInterfaceSet: cards.map((card) => ({ ...viewCard(model, card), attachment: viewAttachment(card) })),
    tagSet: viewTags(model, instance.instanceId),
  };
}

/** The members an interface has in both views, its own and the instance's. */
function viewCard(model: Ec2Model, card: NetworkInterface): XmlStructure {
  const { networkInterfaceId } = card;
  const eip = [...model.addresses.values()].find(
    ({ association }) => association?.networkInterfaceId === networkInterfaceId,
  );
  return {
    networkInterfaceId: card.networkInterfaceId,
    subnetId: card.subnetId,
    vpcId: card.vpcId,
    ownerId: model.accountId,
    status: card.attachment === undefined ? 'available' : 'in-use',
    privateIpAddress: card.privateIpAddress,
    privateIpAddressesSet: [{ privateIpAddress: card.privateIpAddress, primary: true }],
    sourceDestCheck: true,
    interfaceType: 'interface',
    association: eip && { publicIp: eip.publicIp, ipOwnerId: model.accountId },
    groupSet: viewGroups(model, card.groupIds),
  };
}

function viewAttachment({ attachment }: NetworkInterface): XmlStructure | undefined {
  return (
    attachment && {
      attachmentId: attachment.attachmentId,
      deviceIndex: attachment.deviceIndex,
      networkCardIndex: attachment.networkCardIndex,
      status: 'attached',
      attachTime: attachment.attachTime,
      deleteOnTermination: attachment.deviceIndex === 0,
    }
  );
}
