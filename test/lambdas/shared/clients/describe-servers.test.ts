import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeAlarms } from '../../../../lambdas/shared/clients/describe-alarms.ts';
import { describeServers } from '../../../../lambdas/shared/clients/describe-servers.ts';

const ec2 = mockClient(EC2Client);
const cloudWatch = mockClient(CloudWatchClient);

beforeEach(() => {
  ec2.reset();
  cloudWatch.reset();
});

describe('describeServers', () => {
  it('joins each instance with its own interfaces', async () => {
    const Tags = [{ Key: 'connection-fuse:profile', Value: 'trading' }, { Key: 'empty' }];
    const instances = ['i-1', 'i-2'].map((InstanceId) => ({ InstanceId, State: { Name: 'running' as const }, Tags }));
    const interfaces = ['i-1', 'i-1', 'i-2'].map((InstanceId, index) => ({
      NetworkInterfaceId: `eni-${index}`,
      Attachment: { InstanceId },
      SubnetId: `subnet-${index % 2}`,
      Groups: [{ GroupId: `sg-${3 - index}` }, { GroupId: 'sg-0' }],
      TagSet: index === 1 ? [{ Key: 'connection-fuse:lifeline', Value: '' }] : [],
    }));
    ec2
      .on(DescribeInstancesCommand)
      .resolves({ Reservations: [{ Instances: instances.slice(0, 1) }, { Instances: instances.slice(1) }] });
    ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: interfaces });

    const [first, second] = await describeServers(new EC2Client({}), ['i-1', 'i-2', 'i-3']);

    expect(first).toEqual({
      id: 'i-1',
      state: 'running',
      tags: { 'connection-fuse:profile': 'trading', empty: '' },
      securityGroups: ['sg-0', 'sg-2', 'sg-3'],
      subnets: ['subnet-0', 'subnet-1'],
      interfaces: [
        { id: 'eni-0', tags: {} },
        { id: 'eni-1', tags: { 'connection-fuse:lifeline': '' } },
      ],
    });
    expect(second?.interfaces).toEqual([{ id: 'eni-2', tags: {} }]);
  });

  it('asks once for each 200 ids, by filter', async () => {
    ec2.on(DescribeInstancesCommand).resolves({});
    ec2.on(DescribeNetworkInterfacesCommand).resolves({});

    await describeServers(
      new EC2Client({}),
      Array.from({ length: 201 }, (_, index) => `i-${index}`),
    );

    const filters = ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters?.[0]);
    expect(filters.map((filter) => [filter?.Name, filter?.Values?.length])).toEqual([
      ['instance-id', 200],
      ['instance-id', 1],
    ]);
  });

  it('leaves out an instance without a state: nothing is known about it', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [{ InstanceId: 'i-1' }] }] });
    ec2.on(DescribeNetworkInterfacesCommand).resolves({});

    await expect(describeServers(new EC2Client({}), ['i-1'])).resolves.toEqual([]);
  });
});

describe('describeAlarms', () => {
  it('finds the servers in the dimensions of metrics and of metric math', async () => {
    const dimension = (Value: string) => ({ Name: 'InstanceId', Value });
    cloudWatch.on(DescribeAlarmsCommand).resolves({
      MetricAlarms: [
        { AlarmName: 'a', Dimensions: [dimension('i-1'), { Name: 'Other', Value: 'x' }] },
        {
          AlarmName: 'b',
          Metrics: [
            { Id: 'm1', MetricStat: { Metric: { Dimensions: [dimension('i-2')] }, Period: 60, Stat: 'Average' } },
          ],
        },
        { AlarmName: 'c' },
      ],
    });

    await expect(describeAlarms(new CloudWatchClient({}), ['a', 'b', 'c'])).resolves.toEqual([
      { name: 'a', instanceIds: ['i-1'] },
      { name: 'b', instanceIds: ['i-2'] },
      { name: 'c', instanceIds: [] },
    ]);
  });

  it('reports a throttled call as such', async () => {
    cloudWatch
      .on(DescribeAlarmsCommand)
      .rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));

    await expect(describeAlarms(new CloudWatchClient({}), ['a'])).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});
