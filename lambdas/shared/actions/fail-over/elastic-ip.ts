import { AssociateAddressCommand, DescribeAddressesCommand, DisassociateAddressCommand } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import { describeInstances } from '../../clients/ec2-reads.ts';
import type { FailOver } from '../../policy/fail-over-schema.ts';
import { checkServers, toSight } from './check-servers.ts';
import { onRecords, placeBy, type Aim, type Mechanism, type MechanismTools } from './mechanism.ts';

type ElasticIp = Extract<FailOver, { by: 'elastic-ip' }>;

/** Where the address lies; all null where it lies nowhere. */
const RoutingSchema = z.object({
  networkInterfaceId: z.nullable(z.string()),
  privateIpAddress: z.nullable(z.string()),
  instanceId: z.nullable(z.string()),
  associationId: z.nullable(z.string()),
});
type Routing = z.infer<typeof RoutingSchema>;

/**
 * Moves an Elastic IP address to the primary interface of the standby, within seconds. Connections through the address
 * break and have to be made anew.
 */
export function elasticIp(how: ElasticIp, servers: readonly string[], tools: MechanismTools): Mechanism {
  const { ec2 } = tools;
  const look = async ({ instanceId }: Routing) =>
    // Lying nowhere is a former state that nobody has to carry.
    instanceId === null ? noServer : toSight(await checkServers(ec2, [instanceId]), 'all');
  return onRecords(RoutingSchema, {
    target: how.allocationId,
    isRepeatable: true,
    read: async () => readAddress(tools, how.allocationId),
    aim: async (present) => {
      const { networkInterfaceId, instanceId } = present;
      const isOurs = networkInterfaceId === null || [how.standby, ...servers].includes(instanceId ?? '');
      if (isOurs) return aimAtStandby(tools, how.standby);
      return {
        kind: 'leave',
        reason: `The address lies at "${instanceId ?? networkInterfaceId}", which is not in question`,
      };
    },
    place: placeBy(({ networkInterfaceId, privateIpAddress }: Routing) => [networkInterfaceId, privateIpAddress]),
    examine: async ({ to }) => look(to),
    route: async (present, { to }) => move(tools, how.allocationId, present, to),
    settle: async ({ to }) => (await look(to)).hindrance,
  });
}

const noServer = { servers: [], healthy: [], hindrance: null };

async function readAddress({ ec2 }: MechanismTools, allocationId: string): Promise<Routing> {
  const { Addresses: [found] = [] } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
  return {
    networkInterfaceId: found?.NetworkInterfaceId ?? null,
    privateIpAddress: found?.PrivateIpAddress ?? null,
    instanceId: found?.InstanceId ?? null,
    associationId: found?.AssociationId ?? null,
  };
}

async function aimAtStandby({ ec2 }: MechanismTools, standby: string): Promise<Aim<Routing>> {
  const instance = (await describeInstances(ec2, [standby])).find(({ InstanceId }) => InstanceId === standby);
  const primary = instance?.NetworkInterfaces?.find(({ Attachment }) => Attachment?.DeviceIndex === 0);
  const { NetworkInterfaceId: networkInterfaceId, PrivateIpAddress: privateIpAddress } = primary ?? {};
  if (networkInterfaceId === undefined || privateIpAddress === undefined)
    return { kind: 'no-standby', reason: `"${standby}" has no primary interface that EC2 knows` };
  return { kind: 'switch', to: { networkInterfaceId, privateIpAddress, instanceId: standby, associationId: null } };
}

/** Association names the interface: a server with several would be ambiguous. */
async function move({ ec2 }: MechanismTools, allocationId: string, present: Routing, to: Routing): Promise<void> {
  if (to.networkInterfaceId !== null) {
    const place = { NetworkInterfaceId: to.networkInterfaceId, AllowReassociation: true };
    const address = to.privateIpAddress === null ? {} : { PrivateIpAddress: to.privateIpAddress };
    await ec2.send(new AssociateAddressCommand({ AllocationId: allocationId, ...place, ...address }));
  } else if (present.associationId !== null) {
    await ec2.send(new DisassociateAddressCommand({ AssociationId: present.associationId }));
  }
}
