import {
  AssociateAddressCommand,
  CreateTagsCommand,
  DescribeAddressesCommand,
  DescribeInstanceStatusCommand,
  DisassociateAddressCommand,
  GetManagedPrefixListEntriesCommand,
} from '@aws-sdk/client-ec2';
import type { AssociateAddressCommandInput } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addServer, server, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

const AllocationId = 'eipalloc-00000000000000001';
const other = 'i-0000000000000000b';

describe('Elastic IP addresses', () => {
  let lab: Ec2Lab;
  let moves: number;
  let card: string;
  let otherCard: string;

  beforeEach(async () => {
    moves = 0;
    lab = await startEc2Lab({ onRouteChange: async () => await Promise.resolve(void (moves += 1)) });
    const groupId = lab.ec2.addSecurityGroup({ groupName: 'own', vpcId });
    card = addServer(lab.ec2, [groupId]);
    otherCard = addServer(lab.ec2, [groupId], other, '10.0.1.10');
    lab.ec2.addElasticIp({ allocationId: AllocationId, publicIp: '100.64.0.1', networkInterfaceId: card });
  });
  afterEach(async () => await lab.gateway.stop());

  const associate = async (change: Partial<AssociateAddressCommandInput> = {}) =>
    await lab.client.send(new AssociateAddressCommand({ AllocationId, InstanceId: other, ...change }));
  const read = async () => (await lab.client.send(new DescribeAddressesCommand({}))).Addresses?.[0];

  it('moves to another instance under a new association, and tells where clients are led', async () => {
    const before = await read();

    const { AssociationId } = await associate();

    expect(before).toMatchObject({ InstanceId: server, NetworkInterfaceId: card, PrivateIpAddress: '10.0.0.10' });
    expect(await read()).toMatchObject({ InstanceId: other, NetworkInterfaceId: otherCard, AssociationId });
    expect(AssociationId).not.toBe(before?.AssociationId);
    expect(moves).toBe(1);
  });

  it('changes nothing when it is there already', async () => {
    const before = await read();

    const { AssociationId } = await associate({ InstanceId: server, AllowReassociation: false });

    expect(AssociationId).toBe(before?.AssociationId);
  });

  it('stays when it may not be taken from another', async () => {
    await expect(associate({ AllowReassociation: false })).rejects.toMatchObject({
      name: 'Resource.AlreadyAssociated',
    });

    expect(await read()).toMatchObject({ InstanceId: server });
  });

  it('frees the address the target had before', async () => {
    lab.ec2.addElasticIp({ allocationId: 'eipalloc-2', publicIp: '100.64.0.2', networkInterfaceId: otherCard });

    await associate();

    const { Addresses } = await lab.client.send(new DescribeAddressesCommand({ AllocationIds: ['eipalloc-2'] }));
    expect(Addresses?.[0]?.AssociationId).toBeUndefined();
  });

  it('is taken away by its association, once', async () => {
    const { AssociationId } = (await read()) ?? {};
    const take = async () => await lab.client.send(new DisassociateAddressCommand({ AssociationId }));

    await take();

    expect((await read())?.InstanceId).toBeUndefined();
    await expect(take()).rejects.toMatchObject({ name: 'InvalidAssociationID.NotFound' });
  });

  it('changes nothing under DryRun', async () => {
    await expect(associate({ DryRun: true })).rejects.toMatchObject({ name: 'DryRunOperation' });

    expect(await read()).toMatchObject({ InstanceId: server });
  });

  it.each([
    ['an unknown address', 'InvalidAllocationID.NotFound', { AllocationId: 'eipalloc-9' }],
    ['an unknown instance', 'InvalidInstanceID.NotFound', { InstanceId: 'i-0000000000000000f' }],
    ['an instance and an interface', 'InvalidParameterCombination', { NetworkInterfaceId: 'eni-1' }],
    ['a private address of somebody else', 'InvalidParameterValue', { PrivateIpAddress: '10.0.9.9' }],
  ])('refuses %s', async (_, name, change) => {
    await expect(associate(change)).rejects.toMatchObject({ name });
  });

  it('refuses an instance of two interfaces, and takes one of them', async () => {
    const groupId = lab.ec2.addSecurityGroup({ groupName: 'two', vpcId });
    const networkInterfaces = ['10.0.3.1', '10.0.3.2'].map((privateIpAddress) => ({
      privateIpAddress,
      groupIds: [groupId],
    }));
    const [first] = lab.ec2.addInstance({ instanceId: 'i-0000000000000000c', vpcId, networkInterfaces });

    await expect(associate({ InstanceId: 'i-0000000000000000c' })).rejects.toMatchObject({ name: 'InvalidInstanceID' });
    await associate({ InstanceId: undefined, NetworkInterfaceId: first });

    expect(await read()).toMatchObject({ NetworkInterfaceId: first });
  });

  it('is found by filters and carries tags', async () => {
    await lab.client.send(new CreateTagsCommand({ Resources: [AllocationId], Tags: [{ Key: 'a', Value: 'b' }] }));
    const find = async (Name: string, value: string) =>
      (await lab.client.send(new DescribeAddressesCommand({ Filters: [{ Name, Values: [value] }] }))).Addresses?.length;

    expect(await find('instance-id', server)).toBe(1);
    expect(await find('instance-id', other)).toBe(0);
    expect(await find('tag:a', 'b')).toBe(1);
  });

  it('is refused beyond the bucket of 50', async () => {
    const throttled = await startEc2Lab({ throttles: true });
    const call = async () => await throttled.client.send(new DisassociateAddressCommand({ AssociationId: 'x' }));
    const names = await Promise.all(
      Array.from({ length: 60 }, async () => await call().then(String, ({ name }: Error) => name)),
    );

    expect(names.filter((name) => name === 'InvalidAssociationID.NotFound').length).toBeGreaterThanOrEqual(50);
    expect(names).toContain('RequestLimitExceeded');
    await throttled.gateway.stop();
  });

  it('tells the status of running instances, and of others only when asked', async () => {
    lab.ec2.setImpaired(server, true);
    const stopped = lab.ec2.model.instances.get(other);
    if (stopped !== undefined) stopped.state = 'stopped';
    const list = async (IncludeAllInstances: boolean) =>
      (await lab.client.send(new DescribeInstanceStatusCommand({ IncludeAllInstances }))).InstanceStatuses?.map(
        ({ InstanceStatus }) => InstanceStatus?.Status,
      );

    expect(await list(false)).toEqual(['impaired']);
    expect(await list(true)).toEqual(['impaired', 'not-applicable']);
  });

  it('lists the entries of a prefix list in pages', async () => {
    lab.ec2.addPrefixList(
      'pl-00000001',
      Array.from({ length: 7 }, (_, index) => `198.51.100.${index}/32`),
    );
    const list = async (PrefixListId: string, NextToken?: string) =>
      await lab.client.send(new GetManagedPrefixListEntriesCommand({ PrefixListId, MaxResults: 5, NextToken }));
    const first = await list('pl-00000001');
    const second = await list('pl-00000001', first.NextToken);

    expect([first, second].map(({ Entries }) => Entries?.length)).toEqual([5, 2]);
    expect(first.Entries?.[0]?.Cidr).toBe('198.51.100.0/32');
    await expect(list('pl-00000009')).rejects.toMatchObject({ name: 'InvalidPrefixListID.NotFound' });
  });
});
