import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { handler } from '../../../lambdas/fail-over/fail-over.lambda.ts';
import { buildCohort, buildRequest } from '../../builders/action-request.ts';
import { renderPolicy } from '../../builders/policy.ts';

vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));

const context = { awsRequestId: 'request', functionName: 'test', getRemainingTimeInMillis: () => 30_000 } as Context;

describe('the function fail-over', () => {
  const dynamo = mockClient(DynamoDBClient);
  const ec2 = mockClient(EC2Client);

  beforeEach(async () => {
    dynamo.reset();
    dynamo.on(PutItemCommand).resolves({}).on(QueryCommand).resolves({ Items: [] }).on(GetItemCommand).resolves({});
    ec2.on(DescribeInstancesCommand).resolves({}).on(DescribeNetworkInterfacesCommand).resolves({});
    const folder = await mkdtemp(join(tmpdir(), 'fuse-policy-'));
    const services = [{ name: 'orders', coreBusiness: true, standby: 'the other hall' }];
    await writeFile(join(folder, 'policy.json'), renderPolicy({ services }));
    vi.stubEnv('LAMBDA_TASK_ROOT', folder);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('FUSE_TABLE_NAME', 'audit');
    vi.spyOn(console, 'info').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    vi.spyOn(console, 'log').mockReturnValue();
  });

  it('hands over and records it where the policy declares no means', async () => {
    const outcome = await handler(
      buildRequest({ action: 'fail-over', cohort: buildCohort({ service: 'orders' }) }),
      context,
    );

    expect(outcome).toMatchObject({
      status: 'handed-over',
      summary: expect.stringContaining('the other hall') as string,
    });
    expect(dynamo.commandCalls(PutItemCommand)).toHaveLength(1);
  });

  it('takes no request of another action', async () => {
    await expect(handler(buildRequest({ action: 'kill-connections' }), context)).rejects.toThrow(/action/);
  });
});
