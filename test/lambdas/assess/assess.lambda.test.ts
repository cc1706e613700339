import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFixture } from '../../builders/events.ts';
import { renderPolicy } from '../../builders/policy.ts';

vi.stubEnv('AWS_REGION', 'us-east-1');
// Read when the logger is made: lets the test silence the console it then writes to.
vi.stubEnv('POWERTOOLS_DEV', 'true');
const { handler } = await import('../../../lambdas/assess/assess.lambda.ts');

const ec2 = mockClient(EC2Client);
const dynamoDb = mockClient(DynamoDBClient);
const folder = mkdtempSync(join(tmpdir(), 'fuse-assess-'));
const known: Partial<Context> = { functionName: 'assess', awsRequestId: 'r1', getRemainingTimeInMillis: () => 10_000 };
const context = known as Context;

beforeEach(() => {
  ec2.reset();
  dynamoDb.reset();
  vi.stubEnv('FUSE_TABLE_NAME', 'audit');
  vi.stubEnv('FUSE_ACCOUNT_ID', '123456789012');
  vi.stubEnv('LAMBDA_TASK_ROOT', folder);
  writeFileSync(join(folder, 'policy.json'), renderPolicy());
  for (const level of ['info', 'log', 'error', 'warn'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
  const InstanceId = 'i-0b0c0d0e0f00000a1';
  ec2
    .on(DescribeInstancesCommand)
    .resolves({ Reservations: [{ Instances: [{ InstanceId, State: { Name: 'running' } }] }] });
  ec2.on(DescribeNetworkInterfacesCommand).resolves({
    NetworkInterfaces: [
      { NetworkInterfaceId: 'eni-1', Attachment: { InstanceId }, Groups: [{ GroupId: 'sg-1' }], TagSet: [] },
    ],
  });
  dynamoDb.on(PutItemCommand).resolves({}).on(QueryCommand).resolves({}).on(UpdateItemCommand).resolves({});
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('assess.lambda', () => {
  const request = {
    event: readFixture('guardduty-command-and-control'),
    receivedAt: '2026-05-06T07:08:09Z',
    executionId: 'e1',
  };

  it('answers with the cohorts after it has opened the incident', async () => {
    const assessment = await handler(request, context);

    expect(assessment).toMatchObject({
      outcome: 'incident',
      cohorts: [{ servers: ['i-0b0c0d0e0f00000a1'], securityGroupHints: ['sg-1'], cut: { scope: 'server' } }],
    });
    const opened = dynamoDb.commandCalls(PutItemCommand).map(({ args }) => args[0].input.Item?.['sk']?.S);
    expect(opened).toContain('opened#01');
  });

  it('counts the server against the budget of the window', async () => {
    await handler(request, context);

    expect(dynamoDb.commandCalls(UpdateItemCommand).map(({ args }) => args[0].input)).toEqual([
      {
        TableName: 'audit',
        Key: { pk: { S: 'budget' }, sk: { S: '2026-05-06T07:00:00.000Z#all' } },
        UpdateExpression: 'ADD servers :servers',
        ConditionExpression: 'attribute_not_exists(servers) OR size(servers) <= :room',
        ExpressionAttributeValues: { ':servers': { SS: ['i-0b0c0d0e0f00000a1'] }, ':room': { N: '99' } },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      },
    ]);
  });

  it('asks a person where the budget cannot be counted', async () => {
    dynamoDb.on(UpdateItemCommand).rejects(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));

    await expect(handler(request, context)).resolves.toMatchObject({
      cohorts: [{ approval: { reason: expect.stringContaining('ThrottlingException: slow down') } }],
    });
  });

  it('asks EC2 for the size of services where the policy sets a share', async () => {
    writeFileSync(join(folder, 'policy.json'), renderPolicy({ budgets: { servicePercent: 50 } }));

    await handler(request, context);

    const filters = ec2.commandCalls(DescribeInstancesCommand).map(({ args }) => args[0].input.Filters);
    expect(filters).toContainEqual([{ Name: 'tag-key', Values: ['connection-fuse:service'] }]);
  });

  it('sees the lifeline tag of an interface', async () => {
    const TagSet = [{ Key: 'connection-fuse:lifeline', Value: 'clearing' }];
    const Attachment = { InstanceId: 'i-0b0c0d0e0f00000a1' };
    ec2
      .on(DescribeNetworkInterfacesCommand)
      .resolves({ NetworkInterfaces: [{ NetworkInterfaceId: 'eni-1', Attachment, TagSet }] });

    await expect(handler(request, context)).resolves.toMatchObject({ cohorts: [{ answers: { lifeline: true } }] });
  });

  it.each([
    ['RequestLimitExceeded', 'ThrottledError'],
    ['UnauthorizedOperation', 'LookupFailedError'],
  ])('reports %s of EC2 as %s and opens nothing', async (code, name) => {
    ec2.on(DescribeInstancesCommand).rejects(Object.assign(new Error(code), { name: code }));

    await expect(handler(request, context)).rejects.toMatchObject({ name });
    expect(dynamoDb.commandCalls(PutItemCommand)).toHaveLength(0);
  });

  it('does nothing under a policy that does not hold', async () => {
    writeFileSync(join(folder, 'policy.json'), '{"version":2}');

    await expect(handler(request, context)).rejects.toMatchObject({ name: 'PolicyInvalidError' });
    expect(ec2.calls()).toHaveLength(0);
  });
});
