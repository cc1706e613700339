import { DescribeInstancesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { describeServices } from '../../../../lambdas/shared/clients/describe-services.ts';

const ec2 = mockClient(EC2Client);
const tagged = (InstanceId: string, service: string, name: 'running' | 'stopped' | 'terminated'): Instance => ({
  InstanceId,
  State: { Name: name },
  Tags: [
    { Key: 'Name', Value: InstanceId },
    { Key: 'connection-fuse:service', Value: service },
  ],
});

beforeEach(() => void ec2.reset());

describe('describeServices', () => {
  it('reads the service of every tagged server that is not gone, page by page', async () => {
    ec2
      .on(DescribeInstancesCommand)
      .resolvesOnce({
        Reservations: [{ Instances: [tagged('i-1', 'shop', 'running'), tagged('i-2', 'shop', 'terminated')] }],
        NextToken: 'more',
      })
      .resolvesOnce({ Reservations: [{ Instances: [tagged('i-3', 'desk', 'stopped')] }, {}] });

    const services = await describeServices(new EC2Client({}));

    expect([...services]).toEqual([
      ['i-1', 'shop'],
      ['i-3', 'desk'],
    ]);
    expect(ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input)).toEqual([
      { Filters: [{ Name: 'tag-key', Values: ['connection-fuse:service'] }], MaxResults: 1000 },
      { Filters: [{ Name: 'tag-key', Values: ['connection-fuse:service'] }], MaxResults: 1000, NextToken: 'more' },
    ]);
  });

  it('says that it could not read them', async () => {
    ec2.on(DescribeInstancesCommand).rejects(Object.assign(new Error('slow'), { name: 'RequestLimitExceeded' }));

    await expect(describeServices(new EC2Client({}))).rejects.toMatchObject({ name: 'ThrottledError' });
  });
});
