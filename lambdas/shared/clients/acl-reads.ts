import {
  DescribeNetworkAclsCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type NetworkAcl,
  type Subnet,
} from '@aws-sdk/client-ec2';
import { readAll } from './ec2-reads.ts';

/** How long a read may take; left out: as long as the client waits. */
interface ReadOptions {
  readonly abortSignal?: AbortSignal;
}

/** Network ACLs with entries and associations, by `vpc-id`, `network-acl-id` or `association.subnet-id`. */
export async function describeNetworkAcls(
  ec2: EC2Client,
  filter: string,
  values: readonly string[],
  options: ReadOptions = {},
): Promise<NetworkAcl[]> {
  return readAll('Network ACLs', filter, values, async (input) => {
    const output = await ec2.send(new DescribeNetworkAclsCommand(input), options);
    return { items: output.NetworkAcls, next: output.NextToken };
  });
}

/** Subnets of VPCs, with their addresses and tags. */
export async function describeSubnets(
  ec2: EC2Client,
  vpcIds: readonly string[],
  options: ReadOptions = {},
): Promise<Subnet[]> {
  return readAll('Subnets', 'vpc-id', vpcIds, async (input) => {
    const output = await ec2.send(new DescribeSubnetsCommand(input), options);
    return { items: output.Subnets, next: output.NextToken };
  });
}
