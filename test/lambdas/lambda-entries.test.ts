import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Context } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { handler as closeIncident } from '../../lambdas/close-incident/close-incident.lambda.ts';
import { handler as holdOpen } from '../../lambdas/hold-open/hold-open.lambda.ts';
import { handler as restore } from '../../lambdas/restore/restore.lambda.ts';
import { handler as revoke } from '../../lambdas/revoke-security-groups/revoke-security-groups.lambda.ts';
import { buildRequest } from '../builders/action-request.ts';
import { buildClosing } from '../builders/closing.ts';
import { renderPolicy } from '../builders/policy.ts';

// Powertools writes through the global console only in this mode, and looks for it while the functions load.
vi.hoisted(() => vi.stubEnv('POWERTOOLS_DEV', 'true'));

const context = { awsRequestId: 'request', functionName: 'test', getRemainingTimeInMillis: () => 30_000 } as Context;
const digest = 'a'.repeat(64);
const lifeline = {
  InstanceId: 'i-0000000000000000a',
  State: { Name: 'running' as const },
  Tags: [{ Key: 'connection-fuse:lifeline', Value: 'clearing' }],
};

describe('the functions as Lambda calls them', () => {
  const dynamo = mockClient(DynamoDBClient);
  const ec2 = mockClient(EC2Client);
  const events = mockClient(EventBridgeClient);

  beforeEach(async () => {
    for (const mock of [dynamo, ec2, events]) mock.reset();
    dynamo.on(PutItemCommand).resolves({}).on(QueryCommand).resolves({ Items: [] }).on(GetItemCommand).resolves({});
    const folder = await mkdtemp(join(tmpdir(), 'fuse-policy-'));
    await writeFile(join(folder, 'policy.json'), renderPolicy());
    vi.stubEnv('LAMBDA_TASK_ROOT', folder);
    vi.stubEnv('AWS_REGION', 'eu-central-1');
    vi.stubEnv('FUSE_TABLE_NAME', 'audit');
    vi.stubEnv('FUSE_BUS_NAME', 'fuse');
    vi.stubEnv('FUSE_QUARANTINE', '{}');
    for (const name of ['DOCUMENT', 'WINDOWS_DOCUMENT']) {
      vi.stubEnv(`FUSE_${name}_NAME`, 'hold');
      vi.stubEnv(`FUSE_${name}_DIGEST`, digest);
    }
    vi.stubEnv('FUSE_UNDO_DOCUMENTS', JSON.stringify({ 'kill-connections': { name: 'release', digest } }));
    vi.spyOn(console, 'info').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    vi.spyOn(console, 'log').mockReturnValue();
  });

  it('hold-open hands over a lifeline whose time sources the policy does not name', async () => {
    ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances: [lifeline] }] });
    ec2.on(DescribeNetworkInterfacesCommand).resolves({});

    const outcome = await holdOpen(buildRequest({ action: 'hold-open' }), context);

    expect(outcome).toMatchObject({ status: 'handed-over', counts: { planned: 0, refused: 0 } });
    expect(dynamo.commandCalls(PutItemCommand)).toHaveLength(1);
  });

  it('revoke-security-groups refuses a server that EC2 does not know', async () => {
    ec2.on(DescribeInstancesCommand).resolves({}).on(DescribeNetworkInterfacesCommand).resolves({});
    ec2.on(DescribeSecurityGroupRulesCommand).resolves({});

    expect(await revoke(buildRequest(), context)).toMatchObject({ status: 'refused', counts: { refused: 1 } });
  });

  it('revoke-security-groups takes no request of another action', async () => {
    await expect(revoke(buildRequest({ action: 'kill-connections' }), context)).rejects.toThrow(/action/);

    expect(ec2.calls()).toEqual([]);
  });

  it('close-incident ends red after it recorded and published a failed action', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });

    const closing = closeIncident(buildClosing({ statuses: ['failed'] }), context);

    await expect(closing).rejects.toMatchObject({ name: 'IncidentFailedError' });
    expect([dynamo.commandCalls(PutItemCommand).length, events.commandCalls(PutEventsCommand).length]).toEqual([1, 1]);
  });

  it('close-incident says so when the bus takes no event, though the call succeeds', async () => {
    events.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] });

    const closing = closeIncident(buildClosing(), context);

    await expect(closing).rejects.toMatchObject({ name: 'OutcomeNotPublishedError' });
    expect(events.commandCalls(PutEventsCommand)).toHaveLength(3);
  });

  it.each([
    ['names nothing', { requestedBy: 'me', reason: 'test' }],
    ['names an unknown incident', { incidentId: 'inc-00000000000000000009', requestedBy: 'me', reason: 'test' }],
    ['gives no reason', { incidentId: 'inc-00000000000000000009', requestedBy: 'me', reason: '' }],
  ])('restore refuses a request that %s', async (_, request) => {
    const finding = restore({ step: 'find-entries', request }, context);

    await expect(finding).rejects.toMatchObject({ name: 'MessageInvalidError' });
  });
});
