import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { ScenarioServer } from '../../lab/scenario.ts';
import { isRecord } from '../../lambdas/shared/record.ts';
import type { Clients } from './clients.ts';
import { busOf } from './target.ts';

/** A VPC with one subnet that holds the addresses of all scenarios. */
export interface Network {
  readonly vpcId: string;
  readonly subnetId: string;
}

export async function createNetwork({ ec2 }: Clients): Promise<Network> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const vpcId = Vpc?.VpcId ?? '';
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpcId, CidrBlock: '10.0.0.0/16' }));
  return { vpcId, subnetId: Subnet?.SubnetId ?? '' };
}

/**
 * Runs an instance with the scenario's interfaces, tags and a group of its own, as `placeServer` does in the lab.
 * Interfaces are named with their groups: moto keeps the groups of such an interface right when they are changed.
 */
export async function runServer({ ec2 }: Clients, network: Network, server: ScenarioServer): Promise<string> {
  const tags = Object.entries(server.tags).map(([Key, Value]) => ({ Key, Value }));
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({
      VpcId: network.vpcId,
      GroupName: `own group of ${server.id}`,
      Description: 'what the peers dial',
    }),
  );
  const permissions = toPermissions(server);
  if (permissions.length > 0) {
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: permissions }));
  }
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-12c6146b',
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: Array.from({ length: server.interfaces }, (_, index) => ({
        DeviceIndex: index,
        SubnetId: network.subnetId,
        Groups: [GroupId],
        PrivateIpAddress: nextAddress(server.address, index),
      })),
      TagSpecifications: tags.length === 0 ? [] : [{ ResourceType: 'instance', Tags: tags }],
    }),
  );
  return Instances[0]?.InstanceId ?? '';
}

/** Two peers on one port need one rule. */
function toPermissions({ peers }: ScenarioServer) {
  const rules = peers
    .filter(({ direction }) => direction === 'in')
    .map(({ port, address, allowed }) => ({ port, cidr: allowed === 'anyone' ? '0.0.0.0/0' : `${address}/32` }));
  const distinct = new Map(rules.map((rule) => [`${rule.port} ${rule.cidr}`, rule]));
  return [...distinct.values()].map(({ port, cidr }) => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp: cidr }],
  }));
}

function nextAddress(address: string, step: number): string {
  const parts = address.split('.');
  return [...parts.slice(0, 3), String(Number(parts[3]) + step)].join('.');
}

/** Sends an event as its source would; an emulator takes the sources of AWS through the same door, and none emits them. */
export async function putEvent(
  { events }: Clients,
  outputs: Readonly<Record<string, string>>,
  event: unknown,
): Promise<void> {
  if (!isRecord(event)) throw new Error(`Event not sent: an object is wanted, got "${JSON.stringify(event)}"`);
  const source = String(event['source']);
  const { Entries = [] } = await events.send(
    new PutEventsCommand({
      Entries: [
        {
          Source: source,
          DetailType: String(event['detail-type']),
          Detail: JSON.stringify(event['detail']),
          EventBusName: busOf(source, outputs),
          Resources: [event['resources'] ?? []].flat().map(String),
          Time: new Date(String(event['time'])),
        },
      ],
    }),
  );
  const [entry] = Entries;
  if (entry?.EventId === undefined) {
    throw new Error(`Event not sent: "${entry?.ErrorCode}" ${entry?.ErrorMessage ?? ''}`);
  }
}

export async function readOutputs({ cloudFormation }: Clients, stack: string): Promise<Record<string, string>> {
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stack }));
  return Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}
