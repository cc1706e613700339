import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { ScenarioService } from '../../lab/scenario.ts';
import type { ServiceIds } from '../../lab/service-ids.ts';
import type { Network } from './account-calls.ts';
import type { Clients } from './clients.ts';

/** Ids of a front, where a target chose them itself. */
type FrontIds = Partial<
  Pick<ServiceIds, 'listenerArn' | 'primaryTargetGroupArn' | 'standbyTargetGroupArn' | 'allocationId'>
>;

/** Makes the front of a service: all is on the primary, and the standby waits. A front no scenario has is an error. */
export async function createFront(
  clients: Clients,
  network: Network,
  service: ScenarioService,
  names: ReadonlyMap<string, string>,
): Promise<FrontIds> {
  const primary = names.get(service.primary) ?? '';
  const standby = names.get(service.standby) ?? '';
  const ids = await createKind(clients, network, service, [primary, standby]);
  // No port is dialled in an emulator: a standby that refuses everybody is one that is stopped.
  if (!service.standbyListens) await clients.ec2.send(new StopInstancesCommand({ InstanceIds: [standby] }));
  return ids;
}

async function createKind(
  clients: Clients,
  network: Network,
  service: ScenarioService,
  servers: readonly [string, string],
): Promise<FrontIds> {
  if (service.front === 'target-groups') return await createBalancer(clients, network, service, servers);
  if (service.front === 'elastic-ip') return await createAddress(clients, servers[0]);
  throw new Error(
    `Front of "${service.name}" not made: "target-groups" or "elastic-ip" is wanted, got "${service.front}"`,
  );
}

async function createBalancer(
  { elb }: Clients,
  { vpcId, subnetId }: Network,
  { name, port }: ScenarioService,
  servers: readonly [string, string],
): Promise<FrontIds> {
  const createGroup = async (role: string, server: string) => {
    const input = {
      Name: `${name}-${role}`,
      Protocol: 'TCP',
      Port: port,
      VpcId: vpcId,
      TargetType: 'instance',
    } as const;
    const { TargetGroups = [] } = await elb.send(new CreateTargetGroupCommand(input));
    const TargetGroupArn = TargetGroups[0]?.TargetGroupArn ?? '';
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: server, Port: port }] }));
    return TargetGroupArn;
  };
  const primaryTargetGroupArn = await createGroup('primary', servers[0]);
  const standbyTargetGroupArn = await createGroup('standby', servers[1]);
  const { LoadBalancers = [] } = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Type: 'network', Subnets: [subnetId] }),
  );
  const TargetGroups = [
    { TargetGroupArn: primaryTargetGroupArn, Weight: 100 },
    { TargetGroupArn: standbyTargetGroupArn, Weight: 0 },
  ];
  const { Listeners = [] } = await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers[0]?.LoadBalancerArn ?? '',
      Protocol: 'TCP',
      Port: port,
      DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups } }],
    }),
  );
  return { listenerArn: Listeners[0]?.ListenerArn ?? '', primaryTargetGroupArn, standbyTargetGroupArn };
}

async function createAddress({ ec2 }: Clients, primary: string): Promise<FrontIds> {
  const { AllocationId: allocationId = '' } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
  await ec2.send(new AssociateAddressCommand({ AllocationId: allocationId, InstanceId: primary }));
  return { allocationId };
}

/** The servers to which a front leads new clients now. */
export async function readFront(clients: Clients, front: ScenarioService['front'], ids: FrontIds): Promise<string[]> {
  if (front === 'elastic-ip') return await readHolder(clients, ids.allocationId ?? '');
  const { elb } = clients;
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ ListenerArns: [ids.listenerArn ?? ''] }));
  const groups = (Listeners[0]?.DefaultActions ?? []).flatMap(({ ForwardConfig }) => ForwardConfig?.TargetGroups ?? []);
  const servers: string[] = [];
  for (const { TargetGroupArn, Weight = 1 } of groups) {
    if (Weight === 0) continue;
    const found = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    servers.push(...(found.TargetHealthDescriptions ?? []).flatMap(({ Target }) => Target?.Id ?? []));
  }
  return servers;
}

/** By the interface: moto forgets the server of an address that was moved to one. */
async function readHolder({ ec2 }: Clients, allocationId: string): Promise<string[]> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({ AllocationIds: [allocationId] }));
  const ids = Addresses.flatMap(({ NetworkInterfaceId }) => NetworkInterfaceId ?? []);
  if (ids.length === 0) return [];
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids }));
  return NetworkInterfaces.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []);
}
