import { Stack, Validations } from 'aws-cdk-lib';
import { CfnNetworkAcl, CfnNetworkAclEntry, CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { PolicyInvalidError } from '../../lambdas/shared/errors.ts';
import type { GoldenChannel, Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';

export interface QuarantineGroupsProps {
  /** The VPCs whose servers may be cut from the network. */
  readonly vpcIds: readonly string[];
  /** Names the golden channels and the path that the Systems Manager agent needs. */
  readonly policy: Policy;
}

type IngressRule = CfnSecurityGroup.IngressProperty;
type EgressRule = CfnSecurityGroup.EgressProperty;

/**
 * A group without any outgoing rule gets one that allows everything, from EC2 itself. This one, to the loopback
 * address, is never met by a packet that leaves the host, and keeps EC2 from doing so.
 */
export const inertEgress: EgressRule = {
  ipProtocol: '-1',
  cidrIp: '127.0.0.1/32',
  description: 'Nothing: stands here so that EC2 adds no rule to everywhere',
};

/** AWS allows 60 rules a group, direction and address family. */
const maxRulesPerGroup = 60;

/** A function's variables may hold 4 KB together; this much of it is left for the map of the groups. */
const maxMapBytes = 3_000;

/** Entries a direction; AWS counts its own last two among the 20. */
const maxAclEntries = 18;

/**
 * The groups a cut server is moved to, made ahead of time in every VPC, so that a cut is one call an interface; and where
 * the policy may close whole subnets, the network ACL that does.
 */
export class QuarantineGroups extends Construct {
  /** The map `{vpcId: {quarantine, sealed, golden: {channel: group id}, acl}}` as JSON, for the function that cuts. */
  readonly environmentValue: string;

  constructor(scope: Construct, id: string, props: QuarantineGroupsProps) {
    super(scope, id);
    refuseTooManyRules(props.policy.goldenChannels);
    refuseTooLargeMap(props);
    refuseTooManyEntries(props.policy);
    if (props.vpcIds.length === 0) this.warnOfNoVpc();
    const groups = Object.fromEntries(props.vpcIds.map((vpcId) => [vpcId, this.addVpc(vpcId, props.policy)]));
    this.environmentValue = Stack.of(this).toJsonString(groups);
  }

  private addVpc(vpcId: string, policy: Policy) {
    const vpc = new Construct(this, vpcId);
    const golden = policy.goldenChannels.map((channel) => [
      channel.name,
      addGroup(vpc, vpcId, `golden:${channel.name}`, goldenRules(channel)),
    ]);
    return {
      quarantine: addGroup(vpc, vpcId, 'quarantine', { egress: policy.agentPath.cidrs.map(toAgentRule) }),
      sealed: addGroup(vpc, vpcId, 'sealed', {}),
      golden: Object.fromEntries(golden) as Record<string, string>,
      ...(closesSubnets(policy) && { acl: addClosingAcl(vpc, vpcId, policy) }),
    };
  }

  private warnOfNoVpc(): void {
    Validations.of(this).addWarning(
      'connection-fuse:no-vpc',
      'No network cut is possible: no VPC is configured. Name the VPCs under accounts.N.vpcs in fuse.config.yaml',
    );
  }
}

/** Makes one group and answers its id. */
function addGroup(
  scope: Construct,
  vpcId: string,
  role: string,
  rules: { readonly ingress?: readonly IngressRule[]; readonly egress?: readonly EgressRule[] },
): string {
  const egress = rules.egress ?? [];
  // A plain resource: the L2 would need to look the VPC up, and synth must work without an account.
  const group = new CfnSecurityGroup(scope, role, {
    vpcId,
    groupDescription: `connection-fuse ${role}: servers are put here when they are cut`,
    securityGroupIngress: [...(rules.ingress ?? [])],
    securityGroupEgress: egress.length === 0 ? [inertEgress] : [...egress],
    tags: [{ key: tagKeys.role, value: role }],
  });
  return group.attrGroupId;
}

function closesSubnets({ fleet }: Policy): boolean {
  return fleet.networkMeans !== 'interfaces';
}

/**
 * Makes the network ACL that closes a subnet, and answers its id. It keeps no state, so what the agent's calls get back
 * needs an entry of its own. The function that cuts compares the entries with the policy before it uses the ACL.
 */
function addClosingAcl(scope: Construct, vpcId: string, policy: Policy): string {
  const acl = new CfnNetworkAcl(scope, 'acl', {
    vpcId,
    tags: [{ key: tagKeys.role, value: 'closed' }],
  });
  policy.agentPath.cidrs.forEach((cidr, index) => {
    const shared = { networkAclId: acl.attrId, ruleNumber: 100 + index, protocol: 6, ruleAction: 'allow' };
    const peer = cidr.includes(':') ? { ipv6CidrBlock: cidr } : { cidrBlock: cidr };
    const [https, answers] = [
      { from: 443, to: 443 },
      { from: 1024, to: 65_535 },
    ];
    new CfnNetworkAclEntry(acl, `out-${index}`, { ...shared, ...peer, egress: true, portRange: https });
    new CfnNetworkAclEntry(acl, `in-${index}`, { ...shared, ...peer, egress: false, portRange: answers });
  });
  return acl.attrId;
}

function toAgentRule(cidr: string): EgressRule {
  return { ipProtocol: 'tcp', fromPort: 443, toPort: 443, ...toCidr(cidr), description: 'Systems Manager agent' };
}

/** One rule a peer and port, as the policy says it: the function that cuts compares the two before it uses the group. */
function goldenRules(channel: GoldenChannel): { ingress: IngressRule[] } | { egress: EgressRule[] } {
  const ranges = channel.ports?.map((port) => ({ fromPort: port, toPort: port })) ?? [{ fromPort: 0, toPort: 65_535 }];
  const rules = channel.peers.flatMap((peer) =>
    ranges.map((range) => ({
      ipProtocol: 'tcp',
      ...range,
      ...toCidr(peer),
      description: `Golden channel ${channel.name}`,
    })),
  );
  return channel.direction === 'in' ? { ingress: rules } : { egress: rules };
}

function toCidr(cidr: string): { cidrIp: string } | { cidrIpv6: string } {
  return cidr.includes(':') ? { cidrIpv6: cidr } : { cidrIp: cidr };
}

function refuseTooManyRules(channels: readonly GoldenChannel[]): void {
  channels.forEach((channel, index) => {
    const rules = channel.peers.length * (channel.ports?.length ?? 1);
    if (rules <= maxRulesPerGroup) return;
    throw new PolicyInvalidError(
      `Policy is not valid: goldenChannels.${index}: must make at most ${maxRulesPerGroup} security group rules (peers times ports), got ${rules}`,
    );
  });
}

function refuseTooManyEntries(policy: Policy): void {
  const { length } = policy.agentPath.cidrs;
  if (!closesSubnets(policy) || length <= maxAclEntries) return;
  throw new PolicyInvalidError(
    `Policy is not valid: agentPath.cidrs: must be at most ${maxAclEntries} where fleet.networkMeans may close subnets, got ${length}`,
  );
}

/** By the longest ids there are: `sg-` or `vpc-` and 17 digits, with quotes, colon and comma. */
function refuseTooLargeMap({ vpcIds, policy }: QuarantineGroupsProps): void {
  const idBytes = 24;
  const goldenBytes = policy.goldenChannels.reduce((sum, { name }) => sum + name.length + 4 + idBytes, 0);
  const aclBytes = closesSubnets(policy) ? idBytes + '"acl":,'.length : 0;
  const bytes =
    vpcIds.length * (idBytes + '{"quarantine":,"sealed":,"golden":{}}'.length + 2 * idBytes + goldenBytes + aclBytes);
  if (bytes <= maxMapBytes) return;
  throw new PolicyInvalidError(
    `Policy is not valid: goldenChannels: times the VPCs of an account must fit into ${maxMapBytes} bytes of a function's environment, got ${bytes} bytes for ${vpcIds.length} VPCs and ${policy.goldenChannels.length} channels`,
  );
}
