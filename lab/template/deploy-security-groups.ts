import * as z from 'zod/mini';
import type { RuleSeed, SecurityGroupSeed } from '../services/ec2/seed.ts';
import { inert, looseNumber, readProperties, tagsSchema, toTagRecord } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const reach = {
  IpProtocol: z.coerce.string(),
  FromPort: z.optional(looseNumber),
  ToPort: z.optional(looseNumber),
  CidrIp: z.optional(z.string()),
  CidrIpv6: z.optional(z.string()),
  Description: z.optional(z.string()),
};
const ingressSchema = z.strictObject({
  ...reach,
  SourceSecurityGroupId: z.optional(z.string()),
  SourcePrefixListId: z.optional(z.string()),
});
const egressSchema = z.strictObject({
  ...reach,
  DestinationSecurityGroupId: z.optional(z.string()),
  DestinationPrefixListId: z.optional(z.string()),
});

const groupSchema = z.strictObject({
  GroupDescription: z.string(),
  GroupName: z.optional(z.string()),
  VpcId: z.string(),
  SecurityGroupIngress: z.optional(z.array(ingressSchema)),
  SecurityGroupEgress: z.optional(z.array(egressSchema)),
  Tags: tagsSchema,
});

/** Reads a group. CloudFormation keeps EC2's rule to everywhere only when no outgoing rule is given. */
export function toSecurityGroupSeed(resource: ResolvedResource): SecurityGroupSeed {
  const properties = readProperties(groupSchema, resource);
  const egress = (properties.SecurityGroupEgress ?? []).map(toEgress);
  return {
    groupId: resource.identity.ref,
    groupName: properties.GroupName ?? resource.logicalId,
    description: properties.GroupDescription,
    vpcId: properties.VpcId,
    ingress: (properties.SecurityGroupIngress ?? []).map(toIngress),
    ...(egress.length > 0 && { egress }),
    tags: toTagRecord(properties.Tags),
  };
}

/** A rule that is a resource of its own, and the group it belongs to. */
export interface LooseRule {
  readonly groupId: string;
  readonly direction: 'ingress' | 'egress';
  readonly rule: RuleSeed;
}

/** Reads a rule that is a resource of its own. */
export function toLooseRule(resource: ResolvedResource): LooseRule {
  const own = { GroupId: z.string(), Tags: inert };
  if (resource.type === 'AWS::EC2::SecurityGroupEgress') {
    const { GroupId: groupId, Tags: _, ...egress } = readProperties(z.extend(egressSchema, own), resource);
    return { groupId, direction: 'egress', rule: toEgress(egress) };
  }
  const { GroupId: groupId, Tags: _, ...ingress } = readProperties(z.extend(ingressSchema, own), resource);
  return { groupId, direction: 'ingress', rule: toIngress(ingress) };
}

function toIngress(rule: z.output<typeof ingressSchema>): RuleSeed {
  return { ...toReach(rule), groupId: rule.SourceSecurityGroupId, prefixListId: rule.SourcePrefixListId };
}

function toEgress(rule: z.output<typeof egressSchema>): RuleSeed {
  return { ...toReach(rule), groupId: rule.DestinationSecurityGroupId, prefixListId: rule.DestinationPrefixListId };
}

function toReach(rule: z.output<typeof ingressSchema> | z.output<typeof egressSchema>): RuleSeed {
  const { IpProtocol: ipProtocol, FromPort: fromPort, ToPort: toPort, CidrIp, CidrIpv6, Description } = rule;
  return { ipProtocol, fromPort, toPort, cidrIpv4: CidrIp, cidrIpv6: CidrIpv6, description: Description };
}
