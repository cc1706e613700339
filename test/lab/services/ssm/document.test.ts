import { GetCommandInvocationCommand, SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectState } from '../../../../documents/collect-state.ts';
import type { CommandDocumentContent } from '../../../../documents/command-document.ts';
import { killConnections, killConnectionsOnWindows } from '../../../../documents/kill-connections.ts';
import { stopService } from '../../../../documents/stop-service.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import { SsmService } from '../../../../lab/services/ssm/ssm-service.ts';
import { toClientConfig } from '../client-config.ts';

const name = 'ConnectionFuse-KillConnections';
const content = {
  schemaVersion: '2.2',
  parameters: { peer: { type: 'String' }, ports: { type: 'StringList' } },
  mainSteps: [{ action: 'aws:runShellScript', name: 'kill', inputs: { runCommand: ['fuse {{peer}} {{ports}}'] } }],
};

describe('SSM documents', () => {
  const [step] = content.mainSteps;

  it.each([
    ['another schema', { ...content, schemaVersion: '1.2' }],
    [
      'look-around, which the agent cannot read',
      { ...content, parameters: { ...content.parameters, peer: { type: 'String', allowedPattern: '(?!x).*' } } },
    ],
    [
      'an ENV_VAR list',
      {
        ...content,
        parameters: { ...content.parameters, ports: { type: 'StringList', interpolationType: 'ENV_VAR' } },
      },
    ],
    ['a parameter it does not define', { ...content, parameters: {} }],
    ['an action the lab does not run', { ...content, mainSteps: [{ ...step, action: 'aws:downloadContent' }] }],
    ['no steps', { ...content, mainSteps: [] }],
    ['two steps of one name', { ...content, mainSteps: [step, step] }],
    [
      'a platform there is none of',
      { ...content, mainSteps: [{ ...step, precondition: { StringEquals: ['platformType', 'linux'] } }] },
    ],
  ])('are refused with %s', (_, changed) => {
    const ssm = new SsmService({ accountId: '1', runCommand: async () => await Promise.reject(new Error('no host')) });

    expect(() => ssm.addDocument(name, changed)).toThrow(`Content of document '${name}' is not valid`);
  });
});

describe('SSM documents for two platforms', () => {
  const linux = 'i-0000000000000000a';
  const windows = 'i-0000000000000000b';
  let ssm: SsmService;
  let gateway: Gateway;
  let client: SSMClient;
  let ran: { readonly instanceId: string; readonly script: string }[];

  beforeEach(async () => {
    ran = [];
    ssm = new SsmService({
      accountId: '123456789012',
      runCommand: async (instanceId, { script }) => {
        ran.push({ instanceId, script });
        return Promise.resolve({ exitCode: 0, stdout: 'ok', stderr: '', timedOut: false });
      },
    });
    ssm.addInstance({ instanceId: linux });
    ssm.addInstance({ instanceId: windows, platformType: 'Windows' });
    gateway = await startGateway([ssm]);
    client = new SSMClient(toClientConfig({ url: gateway.url, region: 'eu-central-1' }));
  });
  afterEach(async () => await gateway.stop());

  const run = async (document: CommandDocumentContent, parameters: Readonly<Record<string, string>>) => {
    ran = [];
    ssm.addDocument(name, document);
    const { Command } = await client.send(
      new SendCommandCommand({
        DocumentName: name,
        InstanceIds: [linux, windows],
        MaxErrors: '100%',
        Parameters: Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, [value]])),
      }),
    );
    await ssm.whenIdle();
    const read = async (InstanceId: string, PluginName: string) =>
      await client.send(
        new GetCommandInvocationCommand({ CommandId: Command?.CommandId ?? '', InstanceId, PluginName }),
      );
    return { read, scripts: ran.map(({ instanceId, script }) => `${instanceId} ${script.split('\n')[0]}`) };
  };

  it.each([
    ['collect-state', collectState, {}],
    ['stop-service', stopService, { services: 'MSSQL$SALES' }],
  ])('run on each host the script for it: %s', async (_, document, parameters) => {
    const { scripts } = await run(document, { incident: 'a', ...parameters });

    expect(scripts).toEqual([`${linux} #!/bin/bash`, `${windows} Set-StrictMode -Version Latest`]);
  });

  it('are skipped with success where there is no script for the host, and say so', async () => {
    const onLinux = await run(killConnections, { incident: 'a', scope: 'server' });
    const onWindows = await run(killConnectionsOnWindows, { incident: 'a', scope: 'server' });

    expect(onLinux.scripts).toEqual([`${linux} #!/bin/bash`]);
    expect(onWindows.scripts).toEqual([`${windows} Set-StrictMode -Version Latest`]);
    expect(await onWindows.read(linux, 'killConnectionsOnWindows')).toMatchObject({
      Status: 'Success',
      StandardOutputContent: expect.stringContaining('skipped') as string,
    });
    expect(await onWindows.read(windows, 'killConnectionsOnWindows')).toMatchObject({ StandardOutputContent: 'ok' });
  });
});
