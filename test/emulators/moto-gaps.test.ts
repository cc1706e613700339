import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetCommandInvocationCommand, ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, it } from 'vitest';
import { fillMotoGaps } from './moto-gaps.ts';

const ec2 = mockClient(EC2Client);
const ssm = mockClient(SSMClient);
const fill = fillMotoGaps({
  ec2: new EC2Client({}),
  ssm: new SSMClient({}),
  machines: new Map([['i-1', { platform: 'Windows', timeZone: 'Asia/Tokyo' }]]),
});

it('tells hosts of every page, those that run and are asked for', async () => {
  const page = (...ids: string[]) => [
    { Instances: ids.map((InstanceId) => ({ InstanceId, State: { Name: 'running' } as const })) },
  ];
  const stopped = { Instances: [{ InstanceId: 'i-3', State: { Name: 'stopped' } as const }] };
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: page('i-1'), NextToken: 'more' });
  ec2.on(DescribeInstancesCommand, { NextToken: 'more' }).resolves({ Reservations: [...page('i-2', 'i-4'), stopped] });

  const Filters = [{ Key: 'InstanceIds', Values: ['i-1', 'i-2', 'i-3'] }];
  const told = await fill('DescribeInstanceInformation', JSON.stringify({ Filters }));

  const host = (InstanceId: string, PlatformType: string) =>
    expect.objectContaining({ InstanceId, PlatformType }) as object;
  expect(told).toEqual({ InstanceInformationList: [host('i-1', 'Windows'), host('i-2', 'Linux')] });
});

it.each([
  ['FuseHostDocumentsDetectTimeZones85A8480A', '"offsetMinutes":540'],
  ['FuseHostDocumentsKillConnectionsA08DA7B6', ''],
])('puts words into the mouth of hosts for the question about zones alone: %s', async (DocumentName, words) => {
  const Parameters = { incident: ['watch-time-zones'], deadlineSeconds: ['20'] };
  ssm.on(ListCommandsCommand).resolves({ Commands: [{ DocumentName, InstanceIds: ['i-1'], Parameters }] });
  ssm.on(GetCommandInvocationCommand).resolves({ Status: 'Success', StandardOutputContent: '' });

  const told = await fill('ListCommandInvocations', '{"CommandId":"1"}');

  const { CommandInvocations: [one] = [] } = told as {
    CommandInvocations?: { CommandPlugins: { Output: string }[] }[];
  };
  expect(one?.CommandPlugins[0]?.Output).toContain(words);
  expect(one?.CommandPlugins[0]?.Output === '').toBe(words === '');
});

it('leaves every other operation to moto', async () => {
  expect(await fill('SendCommand', '{}')).toBeUndefined();
});
