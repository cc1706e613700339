import { startAwsLab } from '../../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../../lab/services/aws-lab.ts';

export const vpcId = 'vpc-0000000000000000a';
export const [primary, standby, spare] = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'] as const;

/** A lab with three servers whose ports answer or not, on a clock that a test puts forward. */
export interface RoutingLab {
  readonly aws: AwsLab;
  /** Addresses whose ports refuse everybody. */
  readonly deaf: Set<string>;
}

/** Starts it on skipped time, without functions. */
export async function startRoutingLab(): Promise<RoutingLab> {
  const deaf = new Set<string>();
  const aws = await startAwsLab({
    skipsWaits: true,
    runCommand: async () => await Promise.reject(new Error('no host')),
    probe: async ({ address }) => await Promise.resolve(!deaf.has(address)),
  });
  aws.ec2.addVpc({ vpcId, cidrBlock: '10.0.0.0/16' });
  const groupId = aws.ec2.addSecurityGroup({ groupName: 'own', vpcId });
  for (const [instanceId, privateIpAddress] of [
    [primary, '10.0.1.20'],
    [standby, '10.0.2.20'],
    [spare, '10.0.3.20'],
  ] as const) {
    aws.ec2.addInstance({ instanceId, vpcId, networkInterfaces: [{ privateIpAddress, groupIds: [groupId] }] });
  }
  return { aws, deaf };
}
