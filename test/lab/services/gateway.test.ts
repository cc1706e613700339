import { CreateTagsCommand, DescribeInstancesCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { PutItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { startAwsLab } from '../../../lab/services/aws-lab.ts';
import type { AwsLab } from '../../../lab/services/aws-lab.ts';
import { ServiceError } from '../../../lab/services/wire/service-error.ts';
import { toClientConfig } from './client-config.ts';

describe('gateway', () => {
  let lab: AwsLab;
  let ec2: EC2Client;

  beforeAll(async () => {
    lab = await startAwsLab({ runCommand: async () => await Promise.reject(new Error('no host')) });
    ec2 = new EC2Client(toClientConfig(lab));
  });
  beforeEach(() => lab.gateway.setIntercept(undefined));
  afterAll(async () => await lab.stop());

  it('records who called what with which input', async () => {
    const before = lab.gateway.calls.length;

    await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: ['i-0'] }], MaxResults: 5 }),
    );

    expect(lab.gateway.calls.slice(before)).toEqual([
      {
        at: expect.any(Number),
        service: 'ec2',
        operation: 'DescribeInstances',
        input: { Filter: [{ Name: 'instance-id', Value: ['i-0'] }], MaxResults: '5' },
        caller: 'AKIALABTEST',
      },
    ]);
  });

  it('records the session of a caller that has one', async () => {
    const { credentials, ...config } = toClientConfig(lab);
    const client = new EC2Client({ ...config, credentials: { ...credentials, sessionToken: 'one process' } });

    await client.send(new DescribeInstancesCommand({ MaxResults: 5 }));

    expect(lab.gateway.calls.at(-1)?.session).toBe('one process');
  });

  it('does what a fault says once the call took effect, and answers with the error of it', async () => {
    lab.ec2.addVpc({ vpcId: 'vpc-1', cidrBlock: '10.0.0.0/8' });
    const group = lab.ec2.addSecurityGroup({ groupName: 'struck', vpcId: 'vpc-1' });
    const seen: unknown[] = [];
    const afterwards = async () => {
      seen.push(...lab.ec2.model.tagsOf(group));
      return await Promise.reject(new ServiceError('InternalError', 'made', 500));
    };
    lab.gateway.setIntercept(() => ({ afterwards }));
    const call = ec2.send(new CreateTagsCommand({ Resources: [group], Tags: [{ Key: 'a', Value: 'b' }] }));

    await expect(call).rejects.toMatchObject({ name: 'InternalError' });
    expect(seen).toEqual([['a', 'b']]);
  });

  it.each([
    ['an EC2 operation', async () => await ec2.send(new DescribeVpcsCommand({}))],
    ['an EC2 parameter', async () => await ec2.send(new DescribeInstancesCommand({ IncludeManagedResources: true }))],
    [
      'an SSM operation',
      async () => await new SSMClient(toClientConfig(lab)).send(new GetParameterCommand({ Name: 'a' })),
    ],
  ])('refuses %s it does not have', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'UnsupportedOperation', $metadata: { httpStatusCode: 400 } });
  });

  it.each([
    ['an unknown service', { 'x-amz-target': 'Logs_20140328.PutLogEvents' }, 400],
    ['a call without credentials', { 'x-amz-target': 'AmazonSSM.GetDocument' }, 403],
    ['a call without a service', {}, 400],
  ])('refuses %s', async (_, headers, status) => {
    const answer = await fetch(lab.url, {
      method: 'POST',
      body: '{}',
      headers: { ...headers } as Record<string, string>,
    });

    expect(answer.status).toBe(status);
  });

  it('throws the injected error instead of running the call', async () => {
    lab.gateway.setIntercept(({ operation }) =>
      operation === 'DescribeInstances'
        ? { error: { code: 'RequestLimitExceeded', message: 'Request limit exceeded.', status: 503 } }
        : undefined,
    );

    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'RequestLimitExceeded',
      $metadata: { httpStatusCode: 503 },
    });
  });

  it('runs another input than the caller sent, and records the one that was sent', async () => {
    lab.gateway.setIntercept(() => ({ input: { MaxResults: '7' } }));

    await expect(ec2.send(new DescribeInstancesCommand({ MaxResults: 4 }))).resolves.toMatchObject({});

    expect(lab.gateway.calls.at(-1)?.input).toEqual({ MaxResults: '4' });
  });

  it('runs the call and loses the answer', async () => {
    await lab.dynamodb.addTable({
      tableName: 'lost',
      attributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      keySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    });
    const client = new DynamoDBClient(toClientConfig(lab));
    const put = new PutItemCommand({
      TableName: 'lost',
      Item: { pk: { S: 'a' } },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    lab.gateway.setIntercept(() => ({ loseAnswer: true }));

    await expect(client.send(put)).rejects.toMatchObject({ code: 'ECONNRESET' });
    lab.gateway.setIntercept(undefined);
    await expect(client.send(put)).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  it('delays a call without holding up the others', async () => {
    const order: string[] = [];
    lab.gateway.setIntercept(({ input }) => ('MaxResults' in (input as object) ? { delayMs: 50 } : undefined));

    await Promise.all([
      ec2.send(new DescribeInstancesCommand({ MaxResults: 5 })).then(() => order.push('delayed')),
      ec2.send(new DescribeInstancesCommand({})).then(() => order.push('other')),
    ]);

    expect(order).toEqual(['other', 'delayed']);
  });
});
