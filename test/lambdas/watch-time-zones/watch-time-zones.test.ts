import { DescribeInstancesCommand, DescribeNetworkInterfacesCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  CancelCommandCommand,
  DescribeDocumentCommand,
  DescribeInstanceInformationCommand,
  GetDocumentCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { digestDocument } from '../../../lambdas/shared/document-digest.ts';
import { parseEvent } from '../../../lambdas/shared/signals/parse-event.ts';
import type { SensorReport } from '../../../lambdas/shared/signals/parse-sensor.ts';
import { tagKeys } from '../../../lambdas/shared/tags.ts';
import { watchTimeZones } from '../../../lambdas/watch-time-zones/watch-time-zones.ts';
import { buildPolicy } from '../../builders/policy.ts';

const content = { schemaVersion: '2.2', mainSteps: [] };
const document = { name: 'Fuse-Zones', digest: digestDocument(content) };
const ec2Client = new EC2Client({ region: 'eu-central-1' });
const ssmClient = new SSMClient({ region: 'eu-central-1' });
const ec2 = mockClient(ec2Client);
const ssm = mockClient(ssmClient);

interface Server {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly state?: string;
  readonly agent?: string;
  /** What it prints; a number is the offset in a whole verdict, null is no answer in time. */
  readonly says: number | string | null;
}

const logistics = (service?: string) => ({
  [tagKeys.profile]: 'logistics',
  ...(service !== undefined && { [tagKeys.service]: service }),
});
const server = (id: string, says: Server['says'], over: Partial<Server> = {}): Server => ({
  id,
  says,
  tags: logistics('orders'),
  ...over,
});

function toVerdict(offsetMinutes: number | null, over: object = {}): string {
  return JSON.stringify({
    ok: true,
    document: 'detect-time-zones',
    incident: 'watch-time-zones',
    offsetMinutes,
    zone: '',
    localtime: '',
    ntpSynchronized: '',
    engines: [],
    processes: [],
    processZones: 0,
    listFile: '',
    listDigest: '',
    totalMs: 1,
    error: '',
    ...over,
  });
}

let servers: readonly Server[] = [];
let items: AuditItem[] = [];
let reports: SensorReport[] = [];
let clockMs = 0;

const toInstance = ({ id, tags, state = 'running' }: Server) => ({
  InstanceId: id,
  State: { Name: state as 'running' },
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

beforeEach(() => {
  [items, reports, clockMs] = [[], [], 0];
  ec2.reset();
  ssm.reset();
  ec2.on(DescribeInstancesCommand).callsFake(({ Filters }: { Filters: { Name: string; Values: string[] }[] }) => {
    const [filter] = Filters;
    const found = servers.filter(({ id, tags }) =>
      filter?.Name === 'tag-key' ? filter.Values.some((key) => key in tags) : filter?.Values.includes(id),
    );
    return { Reservations: [{ Instances: found.map(toInstance) }] };
  });
  ec2.on(DescribeNetworkInterfacesCommand).resolves({ NetworkInterfaces: [] });
  ssm.on(GetDocumentCommand).resolves({ Content: JSON.stringify(content), DocumentVersion: '2' });
  ssm.on(DescribeDocumentCommand).resolves({ Document: { DocumentVersion: '2', Hash: 'h', HashType: 'Sha256' } });
  ssm.on(DescribeInstanceInformationCommand).callsFake(({ Filters }: { Filters: { Values: string[] }[] }) => ({
    InstanceInformationList: servers
      .filter(({ id, agent }) => agent !== 'none' && Filters[0]?.Values.includes(id))
      .map(({ id, agent = 'Online' }) => ({
        InstanceId: id,
        PlatformType: agent === 'Windows' ? 'Windows' : 'Linux',
        AgentVersion: '3.3.2746.0',
        PingStatus: 'Online',
      })),
  }));
  ssm.on(CancelCommandCommand).resolves({});
  ssm.on(SendCommandCommand).callsFake(({ InstanceIds }: { InstanceIds: string[] }) => ({
    Command: { CommandId: InstanceIds.join() },
  }));
  ssm.on(ListCommandInvocationsCommand).callsFake(({ CommandId }: { CommandId: string }) => ({
    CommandInvocations: CommandId.split(',').map((id) => {
      const says = servers.find((each) => each.id === id)?.says ?? null;
      const Status = says === null ? 'InProgress' : 'Success';
      const Output = typeof says === 'number' ? toVerdict(says) : (says ?? '');
      return { InstanceId: id, Status, StatusDetails: Status, CommandPlugins: [{ Output }] };
    }),
  }));
});

const store = {
  put: async (item: AuditItem) => {
    if (items.some(({ pk, sk }) => pk === item.pk && sk === item.sk)) return Promise.resolve('existing' as const);
    items.push(item);
    return Promise.resolve('written' as const);
  },
  query: async (pk: string) => Promise.resolve(items.filter((item) => item.pk === pk)),
};

async function watch(now: readonly Server[], policy = buildPolicy()) {
  servers = now;
  return watchTimeZones({
    ec2: ec2Client,
    ssm: ssmClient,
    document,
    timing: { nowMs: () => clockMs, sleep: async (pause) => Promise.resolve((clockMs += pause)) },
    store,
    bus: { report: async (detail) => Promise.resolve(void reports.push(detail)) },
    policy,
    now: () => '2026-11-23T07:00:00.000Z',
  });
}

const asked = () => ssm.commandCalls(SendCommandCommand).flatMap(({ args }) => args[0].input.InstanceIds ?? []);
const agreeing = [server('i-1', 0), server('i-2', 0), server('i-3', 0)];
const conflicting = [server('i-1', 0), server('i-2', 540), server('i-3', 0)];

describe('watchTimeZones', () => {
  it('reports the servers that deviate as one signal that starts the fuse', async () => {
    const result = await watch(conflicting);

    expect(result).toMatchObject({ read: 3, unknown: {}, processConflicts: [], ended: 0 });
    expect(reports).toEqual([
      {
        instanceIds: ['i-2'],
        kind: 'time-zone-conflict',
        signalId: expect.stringMatching(/^time-zones-[0-9a-f]{16}-1$/) as string,
        observedAt: '2026-11-23T07:00:00.000Z',
      },
    ]);
    const envelope = {
      source: 'connection-fuse.sensor',
      'detail-type': 'Host Sensor Signal',
      account: '1',
      region: 'r',
    };
    expect(parseEvent({ ...envelope, detail: reports[0] })).toMatchObject({
      kind: 'signal',
      signal: { kind: 'time-zone-conflict', servers: ['i-2'], source: 'host-sensor' },
    });
  });

  it('runs the very document that was checked, fifty servers a command', async () => {
    const fleet = Array.from({ length: 87 }, (_, index) => server(`i-${String(index).padStart(3, '0')}`, 0));

    const { read } = await watch(fleet);

    expect(read).toBe(87);
    const sent = ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input);
    expect(sent.map(({ InstanceIds = [] }) => InstanceIds.length)).toEqual([50, 37]);
    expect(sent[0]).toMatchObject({
      DocumentName: 'Fuse-Zones',
      DocumentVersion: '2',
      DocumentHash: 'h',
      Parameters: { incident: ['watch-time-zones'], deadlineSeconds: ['20'] },
    });
    expect(reports).toEqual([]);
  });

  it('runs nothing where somebody altered the document, and says so loudly', async () => {
    ssm.on(GetDocumentCommand).resolves({ Content: '{}', DocumentVersion: '2' });

    await expect(watch(conflicting)).rejects.toThrow(expect.objectContaining({ name: 'LookupFailedError' }));
    expect(asked()).toEqual([]);
    expect(reports).toEqual([]);
  });

  it('keeps the id while a conflict lasts, and takes another when it comes again', async () => {
    await watch(conflicting);
    await watch(conflicting);
    const over = await watch(agreeing);
    await watch(conflicting);

    const ids = reports.map(({ signalId }) => signalId.replace(/^time-zones-[0-9a-f]+-/, ''));
    expect(ids).toEqual(['1', '1', '2']);
    expect(over).toMatchObject({ conflicts: [], ended: 1 });
    expect(items.map(({ sk }) => sk.replace(/#[0-9a-f]{16}#/, ' '))).toEqual(['opened 1', 'ended 1', 'opened 2']);
    expect(new Set(items.map(({ pk }) => pk))).toEqual(new Set(['watch#time-zones']));
  });

  it('ends nothing by silence', async () => {
    await watch(conflicting);
    const silent = await watch([server('i-1', 0), server('i-2', null), server('i-3', 0)]);
    await watch(conflicting);

    expect(silent).toMatchObject({
      conflicts: [],
      ended: 0,
      unknown: { 'i-2': expect.stringContaining('in time') as string },
    });
    expect(reports.map(({ signalId }) => signalId.endsWith('-1'))).toEqual([true, true]);
  });

  it('tells of the same episode under the same id when the bus refused it at first', async () => {
    servers = conflicting;
    const broken = { report: async () => Promise.reject(new Error('bus is down')) };
    const tools = {
      ec2: ec2Client,
      ssm: ssmClient,
      document,
      timing: { nowMs: () => clockMs, sleep: async () => Promise.resolve() },
      store,
      policy: buildPolicy(),
      now: () => '',
    };
    await expect(watchTimeZones({ ...tools, bus: broken })).rejects.toThrow('bus is down');

    await watch(conflicting);

    expect(reports.map(({ signalId }) => signalId.endsWith('-1'))).toEqual([true]);
  });

  it.each<[string, Server, RegExp]>([
    ['a host that does not answer', server('i-2', null), /did not answer in time/],
    ['a verdict nobody can read', server('i-2', 'Segmentation fault'), /no verdict/],
    ['a verdict of another run', server('i-2', toVerdict(540, { incident: 'inc-1' })), /no verdict/],
    ['a zone the host cannot tell', server('i-2', toVerdict(null, { ok: false, error: 'Cannot read' })), /Cannot read/],
    ['a server without an agent', server('i-2', 540, { agent: 'none' }), /not managed/],
    ['a Windows server', server('i-2', 540, { agent: 'Windows' }), /Platform "Windows"/],
    ['a server without a service', server('i-2', 540, { tags: logistics() }), /No service/],
    [
      'a lifeline',
      server('i-2', 540, { tags: { ...logistics('orders'), [tagKeys.lifeline]: 'clearing' } }),
      /Lifeline/,
    ],
  ])('calls %s unknown, neither fine nor a conflict', async (_case, strange, reason) => {
    const result = await watch([server('i-1', 0), strange, server('i-3', 0)]);

    expect(result).toMatchObject({ read: 2, conflicts: [] });
    expect(result.unknown).toEqual({ 'i-2': expect.stringMatching(reason) as string });
    expect(reports).toEqual([]);
  });

  it('does not let a host that knows half hide the half it knows', async () => {
    const half = toVerdict(540, { ok: false, error: 'Cannot read the zone of postgresql' });

    const result = await watch([server('i-1', 0), server('i-2', half), server('i-3', 0)]);

    expect(reports).toMatchObject([{ instanceIds: ['i-2'] }]);
    expect(result.unknown).toEqual({ 'i-2': 'Cannot read the zone of postgresql' });
  });

  it('asks no lifeline, nobody of another profile and nobody who does not run', async () => {
    await watch([
      ...conflicting,
      server('i-4', 540, { tags: { [tagKeys.profile]: 'trading', [tagKeys.service]: 'orders' } }),
      server('i-5', 540, { state: 'stopped' }),
      server('i-6', 540, { tags: { ...logistics('orders'), [tagKeys.lifeline]: 'clearing' } }),
    ]);

    expect(asked()).toEqual(['i-1', 'i-2', 'i-3']);
  });

  it('takes servers from the policy, which wins over their tags', async () => {
    const policy = buildPolicy({
      services: [{ name: 'orders', coreBusiness: false }],
      servers: { 'i-1': { profile: 'trading' }, 'i-7': { profile: 'logistics', service: 'orders' } },
    });

    await watch([server('i-1', 540), server('i-2', 0), server('i-7', 0, { tags: {} })], policy);

    expect(asked()).toEqual(['i-2', 'i-7']);
    expect(reports).toEqual([]);
  });

  it('asks Systems Manager nothing where there is nobody to watch', async () => {
    expect(await watch([])).toMatchObject({ read: 0, unknown: {}, conflicts: [] });
    expect(ssm.calls()).toEqual([]);
  });
});
