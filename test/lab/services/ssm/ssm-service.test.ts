import { createHash } from 'node:crypto';
import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SSMClient,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandResult, HostCommand } from '../../../../lab/hosts/host-world.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import { SsmService } from '../../../../lab/services/ssm/ssm-service.ts';
import { toClientConfig } from '../client-config.ts';

const linux = 'i-0000000000000000a';
const windows = 'i-0000000000000000b';
const name = 'ConnectionFuse-KillConnections';
const content = {
  schemaVersion: '2.2',
  parameters: {
    peer: { type: 'String', allowedPattern: '[0-9.]{2,15}', interpolationType: 'ENV_VAR' },
    mode: { type: 'String', allowedValues: ['kill', 'list'], default: 'list' },
    ports: { type: 'StringList', default: ['80'], maxItems: 2, allowedPattern: '[0-9]{1,5}' },
  },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'kill',
      inputs: { timeoutSeconds: '20', runCommand: ['set -eu', 'fuse {{ mode }} "$SSM_peer" {{peer}} \'{{ports}}\''] },
    },
  ],
};

describe('Systems Manager', () => {
  let ssm: SsmService;
  let gateway: Gateway;
  let client: SSMClient;
  let ran: { readonly instanceId: string; readonly command: HostCommand }[];
  let result: Partial<CommandResult>;
  let settled: string[];
  let gate: Promise<void>;
  let due: { readonly delayMs: number; readonly run: () => void }[];

  beforeEach(async () => {
    [ran, result, settled, due] = [[], {}, [], []];
    gate = Promise.resolve();
    ssm = new SsmService({
      accountId: '123456789012',
      runCommand: async (instanceId, command) => {
        ran.push({ instanceId, command });
        return await gate.then(() => ({ exitCode: 0, stdout: 'ok', stderr: '', timedOut: false, ...result }));
      },
      onSettled: ({ instanceId, status, statusDetails }) =>
        void settled.push(`${instanceId} ${status} ${statusDetails}`),
      schedule: (delayMs, run) => void due.push({ delayMs, run }),
    });
    ssm.addDocument(name, content);
    ssm.addInstance({ instanceId: linux });
    ssm.addInstance({ instanceId: windows, platformType: 'Windows', agentVersion: '3.2.0.0' });
    gateway = await startGateway([ssm]);
    client = new SSMClient(toClientConfig({ url: gateway.url, region: 'eu-central-1' }));
  });
  afterEach(async () => await gateway.stop());

  const send = async (changes: object = {}) => {
    const input = { DocumentName: name, InstanceIds: [linux], Parameters: { peer: ['203.0.113.7'] }, ...changes };
    const { Command } = await client.send(new SendCommandCommand(input));
    await ssm.whenIdle();
    return Command?.CommandId ?? '';
  };
  const read = async (CommandId: string, InstanceId = linux) =>
    await client.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));

  it('runs the script with text parameters written in and ENV_VAR ones only in the environment', async () => {
    await send({ Parameters: { peer: ['203.0.113.7'], mode: ['kill'], ports: ['80', '443'] } });

    expect(ran).toEqual([
      {
        instanceId: linux,
        command: {
          script: 'set -eu\nfuse kill "$SSM_peer" {{peer}} \'["80","443"]\'',
          environment: { SSM_peer: '203.0.113.7' },
          timeoutSeconds: 20,
        },
      },
    ]);
  });

  it('answers SendCommand before the script has ended', async () => {
    const { Command } = await client.send(
      new SendCommandCommand({
        DocumentName: name,
        InstanceIds: [linux],
        Parameters: { peer: ['10.0.0.1'] },
        TimeoutSeconds: 30,
      }),
    );

    expect(Command).toMatchObject({
      Status: 'Pending',
      DocumentVersion: '1',
      InstanceIds: [linux],
      TimeoutSeconds: 30,
    });
  });

  it.each([
    [{ exitCode: 0 }, { Status: 'Success', StatusDetails: 'Success', ResponseCode: 0 }],
    [
      { exitCode: 4, stderr: 'no' },
      {
        Status: 'Failed',
        StatusDetails: 'Failed',
        ResponseCode: 4,
        StandardErrorContent: 'no\nfailed to run commands: exit status 4',
      },
    ],
    [
      { timedOut: true, exitCode: 137 },
      { Status: 'TimedOut', StatusDetails: 'ExecutionTimedOut', ResponseCode: -1 },
    ],
  ])('reports a script that ended with %o', async (ending, invocation) => {
    result = ending;

    expect(await read(await send())).toMatchObject(invocation);
    expect(settled).toEqual([`${linux} ${invocation.Status} ${invocation.StatusDetails}`]);
  });

  it('leaves a lost agent in progress until the delivery time-out', async () => {
    ssm.setAgent(linux, 'lost');
    const commandId = await send({ TimeoutSeconds: 30 });
    const before = await read(commandId);

    expect(due).toMatchObject([{ delayMs: 30_000 }]);
    due[0]?.run();

    expect([before, await read(commandId)]).toMatchObject([
      { Status: 'InProgress', ResponseCode: -1, StandardOutputContent: '' },
      { Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 },
    ]);
    expect(ran).toEqual([]);
  });

  it('cancels a command that never arrived, for good', async () => {
    ssm.setAgent(linux, 'lost');
    const CommandId = await send();

    await client.send(new CancelCommandCommand({ CommandId }));
    due[0]?.run();

    expect(await read(CommandId)).toMatchObject({ Status: 'Cancelled', StatusDetails: 'Cancelled', ResponseCode: -1 });
    expect(settled).toEqual([`${linux} Cancelled Cancelled`]);
  });

  it('only asks a running script to stop', async () => {
    let finish: () => void = () => undefined;
    gate = new Promise((resolve) => {
      finish = resolve;
    });
    const { Command } = await client.send(
      new SendCommandCommand({ DocumentName: name, InstanceIds: [linux], Parameters: { peer: ['10.0.0.1'] } }),
    );
    const CommandId = Command?.CommandId ?? '';

    await client.send(new CancelCommandCommand({ CommandId, InstanceIds: [linux] }));
    const before = await read(CommandId);
    finish();
    await ssm.whenIdle();

    expect([before.Status, (await read(CommandId)).Status]).toEqual(['Cancelling', 'Success']);
  });

  it('cancels no command and no server it does not know', async () => {
    const CommandId = await send();
    const unknown = client.send(new CancelCommandCommand({ CommandId: 'absent' }));
    const stray = client.send(new CancelCommandCommand({ CommandId, InstanceIds: [windows] }));

    await expect(unknown).rejects.toMatchObject({ name: 'InvalidCommandId' });
    await expect(stray).rejects.toMatchObject({ name: 'InvalidInstanceId' });
  });

  it('fails an undeliverable command at once', async () => {
    ssm.setAgent(linux, 'undeliverable');

    expect(await read(await send())).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'Undeliverable',
      ResponseCode: -1,
    });
  });

  it('skips a step that does not fit the platform and calls it a success', async () => {
    const commandId = await send({ InstanceIds: [windows] });

    expect(await read(commandId, windows)).toMatchObject({
      Status: 'Success',
      StandardOutputContent: expect.stringContaining('skipped'),
    });
    expect(ran).toEqual([]);
  });

  it('cuts output to the lengths of each call', async () => {
    result = { exitCode: 1, stdout: 'o'.repeat(30_000), stderr: 'e'.repeat(9_000) };
    const commandId = await send();

    const one = await read(commandId);
    const { CommandInvocations: [listed] = [] } = await client.send(
      new ListCommandInvocationsCommand({ CommandId: commandId, Details: true }),
    );

    expect([one.StandardOutputContent?.length, one.StandardErrorContent?.length]).toEqual([24_000, 8_000]);
    expect(listed?.CommandPlugins?.map(({ Name, Output, Status }) => [Name, Output?.length, Status])).toEqual([
      ['kill', 2500, 'Failed'],
    ]);
  });

  it.each([
    ['an unknown document', { DocumentName: 'absent' }, 'InvalidDocument'],
    ['an unknown version', { DocumentVersion: '2' }, 'InvalidDocumentVersion'],
    ['a wrong hash', { DocumentHash: 'f'.repeat(64), DocumentHashType: 'Sha256' }, 'InvalidDocument'],
    ['a server that never registered', { InstanceIds: [linux, 'i-0ffffffffffffffff'] }, 'InvalidInstanceId'],
    ['a server named twice', { InstanceIds: [linux, linux] }, 'DuplicateInstanceId'],
    ['51 servers', { InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${index}`) }, 'ValidationException'],
    ['a missing parameter', { Parameters: {} }, 'InvalidParameters'],
    ['an unknown parameter', { Parameters: { peer: ['10.0.0.1'], extra: ['1'] } }, 'InvalidParameters'],
    ['a value outside the pattern', { Parameters: { peer: ['10.0.0.1; rm'] } }, 'InvalidParameters'],
    ['a value with a last newline', { Parameters: { peer: ['10.0.0.1\n'] } }, 'InvalidParameters'],
    ['a value not allowed', { Parameters: { peer: ['10.0.0.1'], mode: ['stop'] } }, 'InvalidParameters'],
    ['two values for a String', { Parameters: { peer: ['10.0.0.1', '10.0.0.2'] } }, 'InvalidParameters'],
    [
      'three items in a list of two',
      { Parameters: { peer: ['10.0.0.1'], ports: ['1', '2', '3'] } },
      'InvalidParameters',
    ],
    ['a time-out under 30 s', { TimeoutSeconds: 29 }, 'ValidationException'],
    [
      'waves of servers',
      { InstanceIds: [linux, windows], MaxConcurrency: '1', MaxErrors: '100%' },
      'UnsupportedOperation',
    ],
    ['an end after the first error', { InstanceIds: [linux, windows] }, 'UnsupportedOperation'],
    ['a target by tag', { Targets: [{ Key: 'tag:a', Values: ['b'] }] }, 'UnsupportedOperation'],
  ])('refuses a command with %s and runs nothing', async (_, changes, error) => {
    await expect(send(changes)).rejects.toMatchObject({ name: error });

    expect(ran).toEqual([]);
  });

  it('knows no invocation it never had', async () => {
    await expect(read('absent')).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  });

  it('shows a document and its hash', async () => {
    const { Content = '' } = await client.send(new GetDocumentCommand({ Name: name }));
    const { Document } = await client.send(new DescribeDocumentCommand({ Name: name }));

    expect(JSON.parse(Content)).toEqual(content);
    expect(Document).toMatchObject({
      Hash: createHash('sha256').update(Content).digest('hex'),
      HashType: 'Sha256',
      Status: 'Active',
      DocumentVersion: '1',
      PlatformTypes: ['Linux', 'MacOS'],
    });
    await expect(send({ DocumentHash: Document?.Hash })).resolves.toMatch(/-/);
  });

  it('lists agents with version, platform and whether they answer', async () => {
    ssm.setAgent(linux, 'lost');

    const { InstanceInformationList } = await client.send(
      new DescribeInstanceInformationCommand({
        Filters: [{ Key: 'InstanceIds', Values: [linux, windows, 'i-0ffffffffffffffff'] }],
      }),
    );

    expect(InstanceInformationList).toMatchObject([
      { InstanceId: linux, PingStatus: 'ConnectionLost', PlatformType: 'Linux', AgentVersion: '3.3.3572.0' },
      { InstanceId: windows, PingStatus: 'Online', PlatformType: 'Windows', AgentVersion: '3.2.0.0' },
    ]);
  });
});
