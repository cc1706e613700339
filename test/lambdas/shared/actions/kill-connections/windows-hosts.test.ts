import {
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { killConnections } from '../../../../../lambdas/shared/actions/kill-connections/kill-connections.ts';
import { digestDocument } from '../../../../../lambdas/shared/document-digest.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const contents: Readonly<Record<string, object>> = {
  'Fuse-Kill': { schemaVersion: '2.2', mainSteps: ['linux'] },
  'Fuse-Kill-Windows': { schemaVersion: '2.2', mainSteps: ['windows'] },
};
const refer = (name: string) => ({ name, digest: digestDocument(contents[name] ?? {}) });
const linux = 'i-0000000000000000a';
const windows = 'i-0000000000000000b';
const context = {
  incident: buildIncident(),
  policy: buildPolicy(),
  cohort: buildCohort({ servers: [linux, windows] }),
};

describe('kill-connections on hosts of both systems', () => {
  const ssm = new SSMClient({ region: 'eu-central-1' });
  const mock = mockClient(ssm);

  beforeEach(() => {
    mock.reset();
    mock.on(GetDocumentCommand).callsFake(({ Name }: { Name: string }) => ({
      Content: JSON.stringify(contents[Name]),
      DocumentVersion: '1',
    }));
    mock.on(DescribeDocumentCommand).resolves({ Document: { DocumentVersion: '1', Hash: 'h', HashType: 'Sha256' } });
    const host = { AgentVersion: '3.3.2746.0', PingStatus: 'Online' } as const;
    mock.on(DescribeInstanceInformationCommand).resolves({
      InstanceInformationList: [
        { ...host, InstanceId: linux, PlatformType: 'Linux' },
        { ...host, InstanceId: windows, PlatformType: 'Windows' },
      ],
    });
    mock.on(SendCommandCommand).resolves({ Command: { CommandId: 'one' } });
    mock.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [] });
  });

  let clockMs = 0;
  const timing = { nowMs: () => clockMs, sleep: async (pause: number) => Promise.resolve((clockMs += pause)) };
  const sent = () =>
    mock.commandCalls(SendCommandCommand).map(({ args: [{ input }] }) => ({
      document: input.DocumentName,
      servers: input.InstanceIds,
      blockRanges: input.Parameters?.['blockRanges']?.[0],
    }));

  it('sends each its own document with its own parameters', async () => {
    const action = killConnections({
      ssm,
      timing,
      document: refer('Fuse-Kill'),
      windowsDocument: refer('Fuse-Kill-Windows'),
    });

    const { changes, unable } = await action.plan(context);
    await action.apply(changes, context, letThrough);

    expect(unable).toEqual([]);
    expect(changes.map(({ target, intended }) => [target, 'blockRanges' in Object(intended)])).toEqual([
      [linux, false],
      [windows, true],
    ]);
    expect(sent()).toEqual([
      { document: 'Fuse-Kill', servers: [linux], blockRanges: undefined },
      {
        document: 'Fuse-Kill-Windows',
        servers: [windows],
        blockRanges: expect.stringContaining('in@any@0-65535@1.0.0.0-'),
      },
    ]);
  });

  it('leaves out only those whose document was changed by somebody', async () => {
    const windowsDocument = { name: 'Fuse-Kill-Windows', digest: 'f'.repeat(64) };
    const action = killConnections({ ssm, timing, document: refer('Fuse-Kill'), windowsDocument });

    const { changes, unable } = await action.plan(context);

    expect(changes.map(({ target }) => target)).toEqual([linux]);
    expect(unable).toEqual([
      { target: windows, reason: expect.stringContaining('"Fuse-Kill-Windows" has the digest') },
    ]);
  });

  it('sends both the same where one document serves both', async () => {
    const action = killConnections({ ssm, timing, document: refer('Fuse-Kill') });

    const { changes } = await action.plan(context);
    await action.apply(changes, context, letThrough);

    expect(sent().map(({ document, servers }) => [document, servers])).toEqual([
      ['Fuse-Kill', [linux]],
      ['Fuse-Kill', [windows]],
    ]);
    expect(mock.commandCalls(GetDocumentCommand)).toHaveLength(1);
  });
});
