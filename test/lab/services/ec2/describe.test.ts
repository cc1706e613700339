import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  paginateDescribeNetworkInterfaces,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { server, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

const fleet = Array.from({ length: 12 }, (_, index) => `i-1000000000000${(1000 + index).toString().padStart(4, '0')}`);

describe('EC2 describes', () => {
  let lab: Ec2Lab;
  let web: string;
  let cards: readonly string[];

  beforeAll(async () => {
    lab = await startEc2Lab({ pageLimit: 5 });
    web = lab.ec2.addSecurityGroup({ groupName: 'web', vpcId, tags: { 'connection-fuse:role': 'quarantine' } });
    const data = lab.ec2.addSecurityGroup({ groupName: 'data', vpcId });
    cards = lab.ec2.addInstance({
      instanceId: server,
      vpcId,
      platform: 'windows',
      tags: { Name: 'a<b>&"c"', 'connection-fuse:profile': 'trading' },
      networkInterfaces: [
        { privateIpAddress: '10.0.0.10', groupIds: [web], tags: { 'connection-fuse:lifeline': 'clearing' } },
        { privateIpAddress: '10.0.0.11', groupIds: [data, web], deviceIndex: 2, networkCardIndex: 1 },
      ],
    });
    fleet.forEach((instanceId, index) =>
      lab.ec2.addInstance({
        instanceId,
        vpcId,
        networkInterfaces: [{ privateIpAddress: `10.0.1.${index}`, groupIds: [data] }],
      }),
    );
  });
  afterAll(async () => await lab.gateway.stop());

  it('show an instance with tags, groups and every interface', async () => {
    const { Reservations } = await lab.client.send(new DescribeInstancesCommand({ InstanceIds: [server] }));

    expect(Reservations?.[0]?.Instances?.[0]).toMatchObject({
      InstanceId: server,
      State: { Code: 16, Name: 'running' },
      Platform: 'windows',
      PrivateIpAddress: '10.0.0.10',
      VpcId: vpcId,
      LaunchTime: expect.any(Date),
      SecurityGroups: [{ GroupId: web, GroupName: 'web' }],
      Tags: [
        { Key: 'Name', Value: 'a<b>&"c"' },
        { Key: 'connection-fuse:profile', Value: 'trading' },
      ],
      NetworkInterfaces: [
        {
          NetworkInterfaceId: cards[0],
          Attachment: { DeviceIndex: 0, NetworkCardIndex: 0 },
          Groups: [{ GroupName: 'web' }],
        },
        {
          NetworkInterfaceId: cards[1],
          Attachment: { DeviceIndex: 2, NetworkCardIndex: 1 },
          Groups: [{ GroupName: 'data' }, { GroupName: 'web' }],
        },
      ],
    });
  });

  it('show an interface with its own tags and attachment', async () => {
    const { NetworkInterfaces } = await lab.client.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [server] }] }),
    );

    expect(NetworkInterfaces).toMatchObject([
      {
        NetworkInterfaceId: cards[0],
        TagSet: [{ Key: 'connection-fuse:lifeline', Value: 'clearing' }],
        Attachment: { InstanceId: server, DeviceIndex: 0, Status: 'attached' },
        PrivateIpAddress: '10.0.0.10',
        RequesterManaged: false,
      },
      { NetworkInterfaceId: cards[1], TagSet: [], Attachment: { DeviceIndex: 2 } },
    ]);
  });

  it.each([
    ['tag:connection-fuse:profile', ['trading'], 1],
    ['tag:connection-fuse:profile', ['Trading'], 0],
    ['tag:Name', ['a<b>*'], 1],
    ['tag-key', ['connection-fuse:*'], 1],
    ['instance-id', [server, fleet[0] ?? ''], 2],
    ['instance-id', ['i-1000000000000101?'], 2],
    ['instance-id', [String.raw`i-1000000000000100\*`], 0],
    ['instance-id', ['i-1000000000000?001'], 1],
    ['network-interface.addresses.private-ip-address', ['10.0.0.11'], 1],
    ['vpc-id', ['vpc-0'], 0],
  ])('keep what filter %s=%s matches', async (Name, Values, count) => {
    const { Reservations } = await lab.client.send(new DescribeInstancesCommand({ Filters: [{ Name, Values }] }));

    expect(Reservations).toHaveLength(count);
  });

  it('keep what all filters match', async () => {
    const { NetworkInterfaces } = await lab.client.send(
      new DescribeNetworkInterfacesCommand({
        Filters: [
          { Name: 'group-id', Values: [web] },
          { Name: 'attachment.device-index', Values: ['2'] },
        ],
      }),
    );

    expect(NetworkInterfaces?.map(({ NetworkInterfaceId }) => NetworkInterfaceId)).toEqual([cards[1]]);
  });

  it('come in pages even when no size is asked for', async () => {
    const sizes: number[] = [];
    for await (const page of paginateDescribeNetworkInterfaces({ client: lab.client }, {})) {
      sizes.push(page.NetworkInterfaces?.length ?? 0);
    }

    expect(sizes).toEqual([5, 5, 4]);
  });

  it('show a group by its tag', async () => {
    const { SecurityGroups } = await lab.client.send(
      new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag:connection-fuse:role', Values: ['quarantine'] }] }),
    );

    expect(SecurityGroups).toMatchObject([
      { GroupId: web, GroupName: 'web', VpcId: vpcId, IpPermissions: [], IpPermissionsEgress: [{ IpProtocol: '-1' }] },
    ]);
  });

  it.each([
    ['an unknown id', { InstanceIds: ['i-0ffffffffffffffff'] }, 'InvalidInstanceID.NotFound'],
    ['a malformed id', { InstanceIds: ['server-1'] }, 'InvalidInstanceID.Malformed'],
    ['an unknown filter', { Filters: [{ Name: 'mood', Values: ['good'] }] }, 'InvalidParameterValue'],
    ['a page too small', { MaxResults: 4 }, 'InvalidParameterValue'],
    ['a page size beside ids', { MaxResults: 5, InstanceIds: [server] }, 'InvalidParameterCombination'],
    ['a made-up token', { NextToken: 'next' }, 'InvalidNextToken'],
    [
      '201 filter values',
      { Filters: [{ Name: 'instance-id', Values: Array.from({ length: 201 }, () => server) }] },
      'FilterLimitExceeded',
    ],
    ['DryRun', { DryRun: true }, 'DryRunOperation'],
  ])('are refused with %s', async (_, input, name) => {
    await expect(lab.client.send(new DescribeInstancesCommand(input))).rejects.toMatchObject({ name });
  });
});
