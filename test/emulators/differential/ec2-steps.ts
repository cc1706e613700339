import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import type { EC2Client, IpPermission } from '@aws-sdk/client-ec2';
import type { Clients } from '../clients.ts';
import type { Step } from './step.ts';

/** A VPC with one instance of one interface, in a group `own` that lets in TCP 22 from anywhere. */
export interface Ec2Seed {
  readonly vpcId: string;
  readonly instanceId: string;
  readonly interfaceId: string;
  readonly ownGroupId: string;
}

type Ec2Step = Step<Ec2Seed>;

const tcp = (port: number, cidr: string): IpPermission => ({
  IpProtocol: 'tcp',
  FromPort: port,
  ToPort: port,
  IpRanges: [{ CidrIp: cidr }],
});
const unknown = {
  group: 'sg-0123456789abcdef0',
  rule: 'sgr-0123456789abcdef0',
  eni: 'eni-0123456789abcdef0',
  instance: 'i-0123456789abcdef0',
};

const authorize =
  (permission: IpPermission, more: object = {}): Ec2Step['run'] =>
  async ({ ec2 }, { ownGroupId }) => {
    const { SecurityGroupRules = [] } = await ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: ownGroupId, IpPermissions: [permission], ...more }),
    );
    return SecurityGroupRules.map(({ IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, IsEgress }) => ({
      IpProtocol,
      FromPort,
      ToPort,
      CidrIpv4,
      CidrIpv6,
      IsEgress,
    }));
  };
const setGroups =
  (choose: (seed: Ec2Seed) => { id?: string; groups: string[]; DryRun?: boolean }): Ec2Step['run'] =>
  async ({ ec2 }, seed) => {
    const { id = seed.interfaceId, groups, ...more } = choose(seed);
    await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: id, Groups: groups, ...more }));
    return await readGroups(ec2, seed);
  };
const revoke =
  (request: object): Ec2Step['run'] =>
  async ({ ec2 }, { ownGroupId }) =>
    (await ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: ownGroupId, ...request }))).Return;

/** What the functions ask of EC2, and what it must refuse them. */
export const ec2Steps: readonly Ec2Step[] = [
  {
    name: 'an instance found by a filter',
    run: async ({ ec2 }, { instanceId }) => await findInstances(ec2, instanceId),
  },
  {
    name: 'a filter for an instance that is not there',
    run: async ({ ec2 }) => await findInstances(ec2, unknown.instance),
  },
  {
    name: 'an instance id that is not there',
    run: async ({ ec2 }) => await ec2.send(new DescribeInstancesCommand({ InstanceIds: [unknown.instance] })),
  },
  {
    name: 'a malformed instance id',
    run: async ({ ec2 }) => await ec2.send(new DescribeInstancesCommand({ InstanceIds: ['i-xyz'] })),
  },
  { name: 'interfaces of an instance', run: async ({ ec2 }, seed) => await readGroups(ec2, seed) },
  {
    name: 'an interface id that is not there',
    run: async ({ ec2 }) =>
      await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [unknown.eni] })),
  },
  { name: 'rules of a group', run: async (clients, { ownGroupId }) => await readRules(clients, ownGroupId) },
  { name: 'rules of a group that is not there', run: async (clients) => await readRules(clients, unknown.group) },
  {
    name: 'a rule id that is not there',
    run: async ({ ec2 }) =>
      await ec2.send(new DescribeSecurityGroupRulesCommand({ SecurityGroupRuleIds: [unknown.rule] })),
  },
  {
    name: 'a group id that is not there',
    run: async ({ ec2 }) => await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [unknown.group] })),
  },
  { name: 'authorize a rule', run: authorize(tcp(3389, '203.0.113.7/32')) },
  { name: 'authorize the same rule again', run: authorize(tcp(3389, '203.0.113.7/32')) },
  {
    name: 'authorize a range of ports',
    run: authorize({ IpProtocol: 'tcp', FromPort: 8000, ToPort: 8080, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }),
  },
  {
    name: 'authorize an IPv6 rule',
    run: authorize({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Ipv6Ranges: [{ CidrIpv6: '2001:db8::/32' }] }),
  },
  { name: 'authorize every protocol', run: authorize({ IpProtocol: '-1', IpRanges: [{ CidrIp: '198.51.100.0/24' }] }) },
  { name: 'authorize a malformed address', run: authorize(tcp(80, 'not an address')) },
  { name: 'authorize a protocol that is not there', run: authorize({ ...tcp(80, '10.0.0.0/8'), IpProtocol: 'smtp' }) },
  { name: 'authorize a port that is not there', run: authorize(tcp(70_000, '10.0.0.0/8')) },
  { name: 'authorize as a dry run', run: authorize(tcp(81, '10.0.0.0/8'), { DryRun: true }) },
  { name: 'authorize in a group that is not there', run: authorize(tcp(80, '10.0.0.0/8'), { GroupId: unknown.group }) },
  { name: 'revoke as a dry run', run: revoke({ IpPermissions: [tcp(3389, '203.0.113.7/32')], DryRun: true }) },
  { name: 'revoke a rule by its id', run: async (clients, seed) => await revokeById(clients, seed, '203.0.113.7/32') },
  {
    name: 'the rule is gone',
    run: async (clients, { ownGroupId }) =>
      (await readRules(clients, ownGroupId)).filter((rule) => rule.includes('203.0.113.7')),
  },
  { name: 'revoke a rule id that is not there', run: revoke({ SecurityGroupRuleIds: [unknown.rule] }) },
  {
    name: 'revoke a rule by its words',
    run: revoke({ IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '198.51.100.0/24' }] }] }),
  },
  { name: 'revoke words that stand for no rule', run: revoke({ IpPermissions: [tcp(1, '10.0.0.0/8')] }) },
  { name: 'egress rules of a new group', run: async (clients, seed) => await readNewGroup(clients, seed) },
  { name: 'authorize and revoke an egress rule', run: async (clients, seed) => await changeEgress(clients, seed) },
  { name: 'a group of a name that is taken', run: async ({ ec2 }, { vpcId }) => await createGroup(ec2, vpcId, 'own') },
  {
    name: 'a group in a VPC that is not there',
    run: async ({ ec2 }) => await createGroup(ec2, 'vpc-0123456789abcdef0', 'astray'),
  },
  { name: 'move an interface to another group', run: async (clients, seed) => await moveInterface(clients, seed) },
  { name: 'move an interface back', run: setGroups(({ ownGroupId }) => ({ groups: [ownGroupId] })) },
  {
    name: 'move an interface as a dry run',
    run: setGroups(({ ownGroupId }) => ({ groups: [ownGroupId], DryRun: true })),
  },
  {
    name: 'move an interface that is not there',
    run: setGroups(({ ownGroupId }) => ({ id: unknown.eni, groups: [ownGroupId] })),
  },
  { name: 'the interface is where it was', run: async ({ ec2 }, seed) => await readGroups(ec2, seed) },
  { name: 'tag a group and find it by the tag', run: async (clients, seed) => await findByTag(clients, seed) },
  {
    name: 'delete a group that an interface is in',
    run: async ({ ec2 }, { ownGroupId }) =>
      (await ec2.send(new DeleteSecurityGroupCommand({ GroupId: ownGroupId }))).Return,
  },
  {
    name: 'delete a group that is not there',
    run: async ({ ec2 }) => (await ec2.send(new DeleteSecurityGroupCommand({ GroupId: unknown.group }))).Return,
  },
  { name: 'move an interface to a group that is not there', run: setGroups(() => ({ groups: [unknown.group] })) },
];

async function findInstances(ec2: EC2Client, id: string): Promise<unknown> {
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [id] }] }),
  );
  return Reservations.flatMap(({ Instances = [] }) =>
    Instances.map(({ InstanceId, State }) => ({ InstanceId, state: State?.Name })),
  );
}

async function readGroups(ec2: EC2Client, { instanceId }: Ec2Seed): Promise<unknown> {
  const Filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const { NetworkInterfaces = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  return NetworkInterfaces.map(({ Attachment, Groups = [], PrivateIpAddress }) => ({
    deviceIndex: Attachment?.DeviceIndex,
    instance: Attachment?.InstanceId,
    PrivateIpAddress,
    groups: Groups.map(({ GroupName = '' }) => GroupName).sort(),
  }));
}

async function readRules({ ec2 }: Clients, groupId: string): Promise<string[]> {
  const Filters = [{ Name: 'group-id', Values: [groupId] }];
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
  return SecurityGroupRules.map(({ IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6 }) =>
    [IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4 ?? CidrIpv6].join(' '),
  ).sort();
}

async function revokeById({ ec2 }: Clients, { ownGroupId }: Ec2Seed, cidr: string): Promise<unknown> {
  const Filters = [{ Name: 'group-id', Values: [ownGroupId] }];
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
  const ids = SecurityGroupRules.filter(({ CidrIpv4 }) => CidrIpv4 === cidr).map(
    ({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId,
  );
  const request = { GroupId: ownGroupId, SecurityGroupRuleIds: ids };
  return { count: ids.length, done: (await ec2.send(new RevokeSecurityGroupIngressCommand(request))).Return };
}

async function createGroup(ec2: EC2Client, vpcId: string, name: string): Promise<string> {
  const request = { VpcId: vpcId, GroupName: name, Description: 'of the differential test' };
  return (await ec2.send(new CreateSecurityGroupCommand(request))).GroupId ?? '';
}

async function readNewGroup(clients: Clients, { vpcId }: Ec2Seed): Promise<unknown> {
  return await readRules(clients, await createGroup(clients.ec2, vpcId, 'fresh'));
}

async function changeEgress(clients: Clients, { vpcId }: Ec2Seed): Promise<unknown> {
  const GroupId = await createGroup(clients.ec2, vpcId, 'outgoing');
  const everything = { GroupId, IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }] };
  await clients.ec2.send(
    new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [tcp(443, '10.0.255.0/28')] }),
  );
  await clients.ec2.send(new RevokeSecurityGroupEgressCommand(everything));
  return await readRules(clients, GroupId);
}

async function moveInterface(clients: Clients, seed: Ec2Seed): Promise<unknown> {
  const quarantine = await createGroup(clients.ec2, seed.vpcId, 'quarantine');
  return await setGroups(() => ({ groups: [quarantine] }))(clients, seed);
}

async function findByTag({ ec2 }: Clients, { ownGroupId }: Ec2Seed): Promise<unknown> {
  await ec2.send(new CreateTagsCommand({ Resources: [ownGroupId], Tags: [{ Key: 'role', Value: 'own' }] }));
  const Filters = [{ Name: 'tag:role', Values: ['own'] }];
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
  return SecurityGroups.map(({ GroupName }) => GroupName);
}
