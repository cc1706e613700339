import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
  type InstanceInformation,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ActionContext, Json } from '../../../../../lambdas/shared/actions/action.ts';
import { killConnections } from '../../../../../lambdas/shared/actions/kill-connections/kill-connections.ts';
import { digestDocument } from '../../../../../lambdas/shared/document-digest.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { killVerdict as verdict, releaseVerdict as release } from '../../../../builders/kill-verdict.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const content = { schemaVersion: '2.2', mainSteps: [] };
const document = { name: 'Fuse-Kill', digest: digestDocument(content) };
const a = 'i-0000000000000000a';
const incident = buildIncident();

describe('kill-connections', () => {
  const ssm = new SSMClient({ region: 'eu-central-1' });
  const mock = mockClient(ssm);
  let clockMs = 0;
  const timing = { nowMs: () => clockMs, sleep: async (pause: number) => Promise.resolve((clockMs += pause)) };

  beforeEach(() => {
    mock.reset();
    clockMs = 0;
    mock.on(GetDocumentCommand).resolves({ Content: JSON.stringify(content, null, 2), DocumentVersion: '3' });
    mock.on(DescribeDocumentCommand).resolves({ Document: { DocumentVersion: '3', Hash: 'h', HashType: 'Sha256' } });
    mock.on(DescribeInstanceInformationCommand).callsFake(({ Filters }: { Filters: { Values: string[] }[] }) => ({
      InstanceInformationList: Filters[0]?.Values.map((id) => host({ InstanceId: id })),
    }));
    mock.on(SendCommandCommand).callsFake(({ InstanceIds }: { InstanceIds: string[] }) => ({
      Command: { CommandId: InstanceIds.join() },
    }));
    answer(JSON.stringify(verdict));
  });

  function host(over: Partial<InstanceInformation> = {}): InstanceInformation {
    return { InstanceId: a, PlatformType: 'Linux', AgentVersion: '3.3.2746.0', PingStatus: 'Online', ...over };
  }

  function answer(output: string, status = 'Success'): void {
    mock.on(ListCommandInvocationsCommand).callsFake(({ CommandId }: { CommandId: string }) => ({
      CommandInvocations: CommandId.split(',').map((InstanceId) => ({
        InstanceId,
        Status: status,
        StatusDetails: status,
        CommandPlugins: [{ Output: output }],
      })),
    }));
  }

  function context(servers = [a]): ActionContext {
    const golden = {
      name: 'desk',
      servers: { ids: [a] },
      direction: 'in',
      peers: ['10.0.9.0/24', 'fd20::/64'],
      ports: [9100],
    };
    const policy = buildPolicy({ agentPath: { cidrs: ['10.0.8.0/24'] }, goldenChannels: [golden] });
    return { incident, cohort: buildCohort({ servers, goldenChannels: ['desk'] }), policy };
  }

  async function run(servers = [a]) {
    const action = killConnections({ ssm, document, timing });
    const plan = await action.plan(context(servers));
    await action.apply(plan.changes, context(servers), letThrough);
    return { plan, seen: await action.verify(plan.changes, context(servers)) };
  }

  const sent = () => mock.commandCalls(SendCommandCommand).map(({ args }) => args[0].input);

  it('runs the very document that was checked, with golden channels and agent path, on servers by id', async () => {
    const { seen } = await run();

    expect(sent()).toEqual([
      {
        DocumentName: 'Fuse-Kill',
        DocumentVersion: '3',
        DocumentHash: 'h',
        DocumentHashType: 'Sha256',
        InstanceIds: [a],
        Parameters: {
          incident: [incident.id],
          scope: ['server'],
          golden: ['in@10.0.9.0/24@9100 in@fd20::/64@9100'],
          agent: ['10.0.8.0/24'],
          ttlSeconds: ['0'],
          deadlineSeconds: ['20'],
        },
        TimeoutSeconds: 30,
        MaxConcurrency: '50',
        MaxErrors: '100%',
        Comment: `connection-fuse ${incident.id} c1`,
      },
    ]);
    expect(seen).toMatchObject([{ target: a, held: true, connectionsCut: 7, seen: { tableDigest: 'a'.repeat(64) } }]);
  });

  it('keeps the peers that only the host knew, and says who they are', async () => {
    const peers = ['203.0.113.9', 'fd66::1'];
    answer(JSON.stringify({ ...verdict, scope: 'peers', peers, peersFound: 18 }));

    const { seen } = await run();

    const reason = '7 connections cut, none survived; blocked 203.0.113.9, fd66::1 and 16 more, who logged in at night';
    expect(seen).toMatchObject([{ held: true, reason, seen: { peers, peersFound: 18 } }]);
  });

  it('asks 87 servers in two commands', async () => {
    const fleet = Array.from({ length: 87 }, (_, index) => `i-${String(index).padStart(17, '0')}`);

    const { seen } = await run(fleet);

    expect(sent().map(({ InstanceIds }) => InstanceIds?.length)).toEqual([50, 37]);
    expect(seen.filter(({ held }) => held)).toHaveLength(87);
  });

  it.each([
    ['sockets survive', { survivors: 1, ok: false }],
    ['sockets survive and the host calls it fine', { survivors: 1 }],
    ['a golden connection was lost', { goldenLost: 1 }],
    ['nothing is blocked', { blocked: false }],
    ['the host says it failed', { ok: false }],
    ['the verdict is of another incident', { incident: 'inc-ffffffffffffffffffff' }],
    ['the verdict is of another document', { document: 'release-connections' }],
    ['a count is missing', { survivors: undefined }],
  ])('does not hold when %s, whatever the status says', async (_, over) => {
    answer(JSON.stringify({ ...verdict, ...over }));

    const { seen } = await run();

    expect(seen.map(({ held }) => held)).toEqual([false]);
  });

  it.each([
    ['prints nothing', '', 'Success'],
    ['prints no JSON', 'bash: nft: not found', 'Failed'],
    ['was cut off', JSON.stringify(verdict).slice(0, 100), 'Success'],
    ['never got it', '', 'TimedOut'],
  ])('does not hold when the host %s', async (_, output, status) => {
    answer(output, status);

    const { seen } = await run();

    expect(seen).toMatchObject([{ held: false, seen: null }]);
  });

  it('reads the verdict after a banner', async () => {
    answer(`Welcome to web-1\n${JSON.stringify(verdict)}\n`);

    expect((await run()).seen[0]?.held).toBe(true);
  });

  it('gives up on a host that never answers, in its own time, and says so', async () => {
    answer('', 'InProgress');
    mock.on(CancelCommandCommand).resolves({});

    const { seen } = await run();

    expect(seen).toMatchObject([{ held: false, reason: 'Host did not answer in time: "InProgress"' }]);
    expect(clockMs).toBeLessThanOrEqual(55_000);
    expect(mock.commandCalls(CancelCommandCommand)).toHaveLength(1);
  });

  it.each([
    ['macOS', host({ PlatformType: 'MacOS' })],
    ['an agent that would paste parameters into the script', host({ AgentVersion: '3.3.2745.9' })],
    ['an agent of unknown version', host({ AgentVersion: 'latest' })],
    ['a lost agent', host({ PingStatus: 'ConnectionLost' })],
    ['an unmanaged server', undefined],
  ])('reports %s as failed and sends nothing', async (_, information) => {
    mock
      .on(DescribeInstanceInformationCommand)
      .resolves({ InstanceInformationList: information === undefined ? [] : [information] });

    const { plan } = await run();

    expect(plan.changes).toEqual([]);
    expect(plan.unable.map(({ target }) => target)).toEqual([a]);
  });

  it.each(['3.3.2746.0', '3.3.3572.0', '3.4.0.0', '4.0.0.0'])('takes agent %s', async (AgentVersion) => {
    mock.on(DescribeInstanceInformationCommand).resolves({ InstanceInformationList: [host({ AgentVersion })] });

    expect((await run()).plan.changes).toHaveLength(1);
  });

  it.each([
    ['its content was changed', { Content: JSON.stringify({ ...content, mainSteps: ['rm'] }), DocumentVersion: '3' }],
    ['it is no JSON', { Content: 'schemaVersion: 2.2', DocumentVersion: '3' }],
    [
      'another version became the default between the reads',
      { Content: JSON.stringify(content), DocumentVersion: '4' },
    ],
  ])('runs no document when %s', async (_, answered) => {
    mock.on(GetDocumentCommand).resolves(answered);

    const { plan } = await run();

    expect(plan).toMatchObject({ changes: [], unable: [{ target: a }] });
    expect(sent()).toEqual([]);
  });

  it('keeps the answers of one batch when another cannot be sent', async () => {
    const fleet = Array.from({ length: 51 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
    const fails = mock.on(SendCommandCommand);
    fails.callsFake(({ InstanceIds }: { InstanceIds: string[] }) => {
      if (InstanceIds.length === 1) throw new Error('no such host');
      return { Command: { CommandId: InstanceIds.join() } };
    });

    const { seen } = await run(fleet);

    expect(seen.filter(({ held }) => held)).toHaveLength(50);
    expect(seen.at(-1)?.reason).toBe('Command not run: Error: no such host');
  });

  describe('undo', () => {
    const change = { target: a, server: a, before: { table: 'none' }, intended: { incident: incident.id } };
    const undo = async (seen: ReadonlyMap<string, Json> = new Map()) =>
      killConnections({ ssm, undoDocument: document, timing }).undo([change], seen);

    it('asks for the table that the verdict named', async () => {
      answer(JSON.stringify(release));

      const undoings = await undo(new Map([[a, verdict]]));

      expect(sent()[0]?.Parameters).toEqual({
        incident: [incident.id],
        expectedDigest: ['a'.repeat(64)],
        deadlineSeconds: ['20'],
      });
      expect(undoings.map(({ status }) => status)).toEqual(['undone']);
    });

    it('leaves the comparison to the host when the cut was interrupted', async () => {
      answer(JSON.stringify(release));

      await undo();

      expect(sent()[0]?.Parameters?.['expectedDigest']).toBeUndefined();
    });

    it.each([
      ['released', { state: 'released' }, 'undone'],
      ['already-released', { state: 'already-released' }, 'already-undone'],
      ['drifted', { state: 'drifted', ok: false, error: 'not the one that was set' }, 'drifted'],
      ['nothing it could do', { state: '', ok: false, error: 'Tool nft is missing' }, 'failed'],
      ['released, but not ok', { ok: false, error: 'still there' }, 'failed'],
      ['something of another incident', { incident: 'inc-ffffffffffffffffffff' }, 'failed'],
    ])('says, when the host says %s: %#', async (_, over, status) => {
      answer(JSON.stringify({ ...release, ...over }));

      const undoings = await undo();

      expect(undoings.map((undoing) => undoing.status)).toEqual([status]);
    });

    it('runs no document that was changed', async () => {
      mock.on(GetDocumentCommand).resolves({ Content: '{}', DocumentVersion: '3' });

      const undoings = await undo();

      expect(undoings.map(({ status }) => status)).toEqual(['failed']);
      expect(sent()).toEqual([]);
    });
  });
});
