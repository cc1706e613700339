import { DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeDocumentCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { killConnections } from '../../../../../lambdas/shared/actions/kill-connections/kill-connections.ts';
import { runCommand } from '../../../../../lambdas/shared/actions/host-work/run-command.ts';
import { digestDocument } from '../../../../../lambdas/shared/document-digest.ts';

const fleet = Array.from({ length: 50 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
const lost = [fleet[3], fleet[31]];
const timing = { nowMs: () => 0, sleep: async () => Promise.resolve() };

describe('a command for hosts of which Systems Manager lost two', () => {
  const ssm = new SSMClient({ region: 'eu-central-1' });
  const mock = mockClient(ssm);

  beforeEach(() => {
    mock.reset();
    mock.on(GetDocumentCommand).resolves({ Content: '{}', DocumentVersion: '1' });
    mock.on(DescribeDocumentCommand).resolves({ Document: { DocumentVersion: '1', Hash: 'h', HashType: 'Sha256' } });
    mock.on(SendCommandCommand).callsFake(({ InstanceIds }: { InstanceIds: string[] }) => {
      if (!InstanceIds.some((id) => lost.includes(id))) return { Command: { CommandId: InstanceIds.join() } };
      throw Object.assign(new Error('not in a valid state for account'), { name: 'InvalidInstanceId' });
    });
    mock.on(ListCommandInvocationsCommand).callsFake(({ CommandId }: { CommandId: string }) => ({
      CommandInvocations: CommandId.split(',').map((InstanceId) => ({ InstanceId, Status: 'Success' })),
    }));
  });

  it('runs on all others once, and says which it did not reach', async () => {
    const document = { name: 'Fuse-Kill', version: '1', hash: 'h' };

    const answers = await runCommand(ssm, timing, {
      document,
      servers: fleet,
      parameters: {},
      comment: '',
      scriptSeconds: 20,
    });

    const started = mock.commandCalls(ListCommandInvocationsCommand).flatMap(({ args }) => args[0].input.CommandId);
    const reached = started.flatMap((id) => id?.split(',') ?? []);
    expect([...answers].filter(([, { kind }]) => kind === 'none').map(([server]) => server)).toEqual(lost);
    expect(answers.get(fleet[3] ?? '')).toMatchObject({ reason: expect.stringContaining('InvalidInstanceId') });
    expect(reached.sort()).toEqual(fleet.filter((id) => !lost.includes(id)));
  });

  it.each([
    ['have no interface any more', [], 'irreversible'],
    ['are only stopped', lost.map((InstanceId) => ({ Attachment: { InstanceId } })), 'failed'],
  ])('says how undo of them ends when they %s: %#', async (_, found, status) => {
    const ec2 = new EC2Client({ region: 'eu-central-1' });
    mockClient(ec2).on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: found });
    const undoDocument = { name: 'Fuse-Release', digest: digestDocument('{}') };
    const changes = lost.map((target = '') => ({
      target,
      server: target,
      before: {},
      intended: { incident: 'inc-1' },
    }));

    const undoings = await killConnections({ ssm, ec2, undoDocument, timing }).undo(changes, new Map());

    expect(undoings.map((undoing) => undoing.status)).toEqual([status, status]);
  });
});
