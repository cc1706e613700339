import * as z from 'zod/mini';
import type { NetworkAclEntry } from '../services/ec2/model.ts';
import type { NetworkAclSeed } from '../services/ec2/seed-subnets.ts';
import { LabSetupError } from '../services/setup-error.ts';
import { looseBoolean, looseNumber, readProperties, tagsSchema, toTagRecord } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const aclSchema = z.strictObject({ VpcId: z.string(), Tags: tagsSchema });
const entrySchema = z.strictObject({
  NetworkAclId: z.string(),
  RuleNumber: looseNumber,
  Protocol: looseNumber,
  RuleAction: z.enum(['allow', 'deny']),
  Egress: z._default(looseBoolean, false),
  CidrBlock: z.optional(z.string()),
  Ipv6CidrBlock: z.optional(z.string()),
  PortRange: z.optional(z.strictObject({ From: looseNumber, To: looseNumber })),
});

const protocols = new Map<number, NetworkAclEntry['protocol']>([
  [-1, '-1'],
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
]);

/** Reads a network ACL: as AWS makes it, it lets nothing through until it has entries. */
export function toNetworkAclSeed(resource: ResolvedResource): NetworkAclSeed {
  const { VpcId: vpcId, Tags } = readProperties(aclSchema, resource);
  return { networkAclId: resource.identity.ref, vpcId, tags: toTagRecord(Tags) };
}

/** Reads an entry, which is always a resource of its own. */
export function toNetworkAclEntry(resource: ResolvedResource): {
  readonly networkAclId: string;
  readonly entry: NetworkAclEntry;
} {
  const properties = readProperties(entrySchema, resource);
  const { NetworkAclId: networkAclId, RuleNumber: ruleNumber, RuleAction: action, Egress: egress } = properties;
  const protocol = protocols.get(properties.Protocol);
  const cidr = properties.CidrBlock ?? properties.Ipv6CidrBlock;
  if (protocol === undefined || cidr === undefined) {
    throw new LabSetupError(
      `Could not deploy '${resource.logicalId}': protocol '${properties.Protocol}' and CIDR '${cidr}' are not both known`,
    );
  }
  const { From: fromPort, To: toPort } = properties.PortRange ?? { From: -1, To: -1 };
  return { networkAclId, entry: { ruleNumber, egress, action, protocol, fromPort, toPort, cidr } };
}
