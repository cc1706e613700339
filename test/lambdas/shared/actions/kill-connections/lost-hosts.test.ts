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

  it('runs on nobody whom the guard spares, and says why, also after a try that was throttled', async () => {
    const document = { name: 'Fuse-Kill', version: '1', hash: 'h' };
    const [first = '', second = '', third = ''] = fleet;
    let questions = 0;
    let left = 1;
    mock.on(SendCommandCommand).callsFake(({ InstanceIds }: { InstanceIds: string[] }) => {
      if (left-- > 0) throw Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
      return { Command: { CommandId: InstanceIds.join() } };
    });

    const answers = await runCommand(ssm, timing, {
      document,
      servers: [first, second, third],
      parameters: {},
      comment: '',
      scriptSeconds: 20,
      findObjection: async (server) => {
        questions += 1;
        const isLate = questions > 3;
        return Promise.resolve(server === first || (isLate && server === third) ? `${server} is a lifeline` : null);
      },
    });

    const sent = mock.commandCalls(SendCommandCommand).map(({ args }) => args[0].input.InstanceIds);
    expect(sent).toEqual([[second, third], [second]]);
    expect(answers.get(second)?.kind).toBe('output');
    for (const server of [first, third])
      expect(answers.get(server)).toEqual({ kind: 'none', reason: `${server} is a lifeline` });
  });

  it('sends no command where nobody is left, and none where the guard gives no word', async () => {
    const request = {
      document: { name: 'Fuse-Kill', version: '1', hash: 'h' },
      servers: fleet.slice(0, 2),
      parameters: {},
      comment: '',
      scriptSeconds: 20,
    };

    const spared = await runCommand(ssm, timing, { ...request, findObjection: async () => Promise.resolve('no') });
    const unknown = await runCommand(ssm, timing, {
      ...request,
      findObjection: async () => Promise.reject(new Error('table is gone')),
    });

    expect([...spared.values()]).toEqual([1, 2].map(() => ({ kind: 'none', reason: 'no' })));
    expect([...unknown.values()]).toEqual(
      [1, 2].map(() => ({ kind: 'none', reason: 'Command not run: Error: table is gone' })),
    );
    expect(mock.commandCalls(SendCommandCommand)).toEqual([]);
  });

  it("repeats a guard's look that failed for now, and sends the command then", async () => {
    let questions = 0;

    const answers = await runCommand(ssm, timing, {
      document: { name: 'Fuse-Kill', version: '1', hash: 'h' },
      servers: fleet.slice(0, 1),
      parameters: {},
      comment: '',
      scriptSeconds: 20,
      findObjection: async () => {
        questions += 1;
        if (questions === 1) throw Object.assign(new Error('try again'), { name: 'InternalError' });
        return Promise.resolve(null);
      },
    });

    expect(questions).toBe(2);
    expect([...answers.values()]).toMatchObject([{ kind: 'output' }]);
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
