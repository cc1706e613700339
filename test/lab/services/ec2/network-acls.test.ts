import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeSubnetsCommand,
  ReplaceNetworkAclAssociationCommand,
  ReplaceNetworkAclEntryCommand,
} from '@aws-sdk/client-ec2';
import type { CreateNetworkAclEntryCommandInput } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addServer, server, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

const sealed = 'acl-0000000000000000f';

describe('network ACLs', () => {
  let lab: Ec2Lab;
  let subnetId: string;

  beforeEach(async () => {
    lab = await startEc2Lab();
    const groupId = lab.ec2.addSecurityGroup({ groupName: 'own', vpcId });
    addServer(lab.ec2, [groupId]);
    subnetId = lab.ec2.model.instances.get(server)?.subnetId ?? '';
    lab.ec2.addNetworkAcl({ networkAclId: sealed, vpcId, tags: { role: 'sealed' } });
    await lab.ec2.tellFirewalls();
  });
  afterEach(async () => await lab.gateway.stop());

  const readAcl = async () =>
    (
      await lab.client.send(
        new DescribeNetworkAclsCommand({ Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] }),
      )
    ).NetworkAcls?.[0];
  const associationOf = async () => (await readAcl())?.Associations?.[0]?.NetworkAclAssociationId;
  const replace = async (AssociationId: string | undefined, NetworkAclId = sealed) =>
    await lab.client.send(new ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId }));
  const create = async (change: Partial<CreateNetworkAclEntryCommandInput> = {}) =>
    await lab.client.send(
      new CreateNetworkAclEntryCommand({
        NetworkAclId: sealed,
        RuleNumber: 10,
        Protocol: '6',
        RuleAction: 'deny',
        Egress: false,
        CidrBlock: '203.0.113.7/32',
        PortRange: { From: 443, To: 443 },
        ...change,
      }),
    );
  const lastTold = () => lab.told.at(-1)?.firewall;

  it('let everything through by default, and say nothing to the hosts', async () => {
    const acl = await readAcl();

    expect(acl?.IsDefault).toBe(true);
    expect(acl?.Entries?.map(({ RuleNumber, RuleAction, Egress }) => [RuleNumber, RuleAction, Egress])).toEqual([
      [100, 'allow', false],
      [32_767, 'deny', false],
      [100, 'allow', true],
      [32_767, 'deny', true],
    ]);
    expect(lastTold()).not.toHaveProperty('subnet');
  });

  it('are swapped for a whole subnet under a new association id each time, and reach the hosts', async () => {
    const first = await associationOf();
    const former = (await readAcl())?.NetworkAclId;

    const { NewAssociationId: second } = await replace(first);
    const all = { protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0', allows: false };
    expect(lastTold()?.subnet).toEqual({ cidr: '10.0.0.0/24', ingress: [all], egress: [all] });
    const { NewAssociationId: third } = await replace(second, former);

    expect(new Set([first, second, third]).size).toBe(3);
    expect(await associationOf()).toBe(third);
    expect(lastTold()).not.toHaveProperty('subnet');
    await expect(replace(first)).rejects.toMatchObject({ name: 'InvalidAssociationID.NotFound' });
  });

  it('take entries in the order of their numbers, in canonical form', async () => {
    await replace(await associationOf());
    await create({ RuleNumber: 20, RuleAction: 'allow', Protocol: '-1', CidrBlock: '0.0.0.0/0' });
    await create({ CidrBlock: '203.0.113.7/24' });

    expect(lastTold()?.subnet?.ingress.map(({ cidr, allows }) => [cidr, allows])).toEqual([
      ['203.0.113.0/24', false],
      ['0.0.0.0/0', true],
      ['0.0.0.0/0', false],
    ]);
  });

  it.each([
    ['a number that is taken', 'NetworkAclEntryAlreadyExists', {}],
    ['number 0', 'InvalidParameterValue', { RuleNumber: 0 }],
    ['the last number', 'InvalidParameterValue', { RuleNumber: 32_767 }],
    ['TCP without ports', 'MissingParameter', { RuleNumber: 11, PortRange: undefined }],
    ['ports in the wrong order', 'InvalidParameterValue', { RuleNumber: 11, PortRange: { From: 2, To: 1 } }],
    ['an address that is no CIDR', 'InvalidParameterValue', { RuleNumber: 11, CidrBlock: '203.0.113.7' }],
    ['a protocol nobody knows', 'InvalidParameterValue', { RuleNumber: 11, Protocol: '200' }],
    ['an unknown ACL', 'InvalidNetworkAclID.NotFound', { NetworkAclId: 'acl-00000000000000009' }],
  ])('refuse %s', async (_, name, change) => {
    await create();

    await expect(create(change)).rejects.toMatchObject({ name });
  });

  it('hold 20 entries in each direction', async () => {
    for (let number = 1; number <= 20; number++) await create({ RuleNumber: number });

    await expect(create({ RuleNumber: 21 })).rejects.toMatchObject({ name: 'NetworkAclEntryLimitExceeded' });
    await create({ RuleNumber: 21, Egress: true });
  });

  it('lose an entry by number and direction, once, and never the last one', async () => {
    await create();
    const remove = async (RuleNumber: number, Egress = false) =>
      await lab.client.send(new DeleteNetworkAclEntryCommand({ NetworkAclId: sealed, RuleNumber, Egress }));

    await expect(remove(10, true)).rejects.toMatchObject({ name: 'InvalidNetworkAclEntry.NotFound' });
    await remove(10);

    await expect(remove(10)).rejects.toMatchObject({ name: 'InvalidNetworkAclEntry.NotFound' });
    await expect(remove(32_767)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('replace an entry that is there', async () => {
    await create();
    const entry = { NetworkAclId: sealed, Protocol: '-1', RuleAction: 'allow', Egress: false, CidrBlock: '0.0.0.0/0' };
    const put = async (RuleNumber: number) =>
      await lab.client.send(new ReplaceNetworkAclEntryCommand({ ...entry, RuleNumber, RuleAction: 'allow' }));

    await put(10);

    await expect(put(11)).rejects.toMatchObject({ name: 'InvalidNetworkAclEntry.NotFound' });
    expect(lab.ec2.model.networkAcls.get(sealed)?.entries.find(({ ruleNumber }) => ruleNumber === 10)?.action).toBe(
      'allow',
    );
  });

  it('refuse a subnet of another VPC', async () => {
    lab.ec2.addVpc({ vpcId: 'vpc-00000000000000002', cidrBlock: '10.1.0.0/16' });
    const stranger = lab.ec2.addNetworkAcl({ vpcId: 'vpc-00000000000000002' });

    await expect(replace(await associationOf(), stranger)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('stand before subnets, which neighbours share', async () => {
    const [groupId = ''] = lab.ec2.model.interfacesOf(server)[0]?.groupIds ?? [];
    addServer(lab.ec2, [groupId], 'i-0000000000000000b', '10.0.0.11');
    lab.ec2.addSubnet({ subnetId: 'subnet-00000000000000002', vpcId, cidrBlock: '10.0.2.0/24', availabilityZone: 'z' });

    const { Subnets } = await lab.client.send(new DescribeSubnetsCommand({}));

    expect(Subnets?.map(({ CidrBlock, AvailabilityZone }) => [CidrBlock, AvailabilityZone])).toEqual([
      ['10.0.0.0/24', 'eu-central-1a'],
      ['10.0.2.0/24', 'z'],
    ]);
  });
});
