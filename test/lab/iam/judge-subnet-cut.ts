import { authoriseCall } from '../../../lab/iam/authorise-call.ts';
import type { Verdict } from '../../../lab/iam/evaluate.ts';
import type { Statement } from '../../../lab/iam/statement.ts';
import { labVpcId } from '../../../lab/lab.ts';
import type { Lab } from '../../../lab/lab.ts';
import { tagKeys } from '../../../lambdas/shared/tags.ts';

/** Calls on the ACL of a subnet, and the part of it that carries a tag. */
export const subnetCuts = [
  { part: 'network ACL', operation: 'CreateNetworkAclEntry' },
  { part: 'network ACL', operation: 'ReplaceNetworkAclAssociation' },
  { part: 'subnet', operation: 'ReplaceNetworkAclAssociation' },
] as const;

let lastSubnet = 0;

/** Says whether a role could make a call on a fresh subnet that is tagged, or whose new ACL is. */
export function judgeSubnetCut(
  { aws }: Lab,
  role: readonly Statement[],
  { part, operation }: (typeof subnetCuts)[number],
  tag: string,
): Verdict {
  lastSubnet += 1;
  const { ec2 } = aws;
  const tagged = { [tag]: 'clearing' };
  const subnetId = `subnet-0c00000000000080${lastSubnet}`;
  // A cut puts subnets only behind an ACL with the role of the fuse's own; the other tag stands beside it.
  const NetworkAclId = ec2.addNetworkAcl({
    vpcId: labVpcId,
    tags: { [tagKeys.role]: 'quarantine', ...(part === 'network ACL' && tagged) },
  });
  const cidrBlock = `10.0.${80 + lastSubnet}.0/24`;
  ec2.addSubnet({ subnetId, vpcId: labVpcId, cidrBlock, ...(part === 'subnet' && { tags: tagged }) });
  const input = { NetworkAclId, AssociationId: ec2.model.subnets.get(subnetId)?.aclAssociationId };
  return authoriseCall(role, { at: 0, caller: '', service: 'ec2', operation, input }, aws);
}
