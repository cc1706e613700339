import {
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RestoreRequest } from '../../../lambdas/shared/contracts/restoring.ts';
import { ReviewRegister } from '../../../lambdas/shared/reviews/review-register.ts';
import type { LockStart } from '../../../lambdas/shared/reviews/to-start.ts';
import { watchReviews } from '../../../lambdas/watch-reviews/watch-reviews.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildPolicy } from '../../builders/policy.ts';

const [alpha, beta] = ['i-0000000000000000a', 'i-0000000000000000b'];
const list = 'pl-0a0b0c0d0e0f00001';
const policy = buildPolicy({
  servers: { [beta]: { service: 'shop' } },
  borders: [
    { name: 'abroad', cidrs: ['203.0.113.0/24'] },
    { name: 'listed', prefixLists: [list] },
  ],
});
const ec2 = mockClient(EC2Client);

let table: FakeTable;
let locks: LockStart['input'][];
let unlocks: RestoreRequest[];
let clock: string;

beforeEach(() => {
  table = new FakeTable();
  [locks, unlocks, clock] = [[], [], '2026-11-23T12:00:00.000Z'];
  ec2.reset();
  const tags = [{ Key: 'connection-fuse:service', Value: 'shop' }];
  const Instances = [
    { InstanceId: alpha, State: { Name: 'running' as const }, Tags: tags },
    { InstanceId: beta, State: { Name: 'running' as const } },
    { InstanceId: 'i-0000000000000000c', State: { Name: 'running' as const } },
    { InstanceId: 'i-0000000000000000d', State: { Name: 'stopped' as const }, Tags: tags },
  ];
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [{ Instances }] });
  ec2.on(DescribeNetworkInterfacesCommand).resolves({});
});

async function watch(source: string, detail: object = {}, id = 'e1') {
  const event = {
    source,
    'detail-type': source === 'aws.events' ? 'Scheduled Event' : 'Compliance Review',
    id,
    detail,
  };
  return watchReviews(
    { ...event, account: '123456789012', region: 'eu-central-1', resources: [] },
    {
      policy,
      home: { accountId: '123456789012', region: 'eu-central-1' },
      register: new ReviewRegister(table.client, 'audit'),
      audit: table.audit,
      ec2: new EC2Client(),
      machines: {
        lock: async ({ input }) => void locks.push(input),
        unlock: async (request) => void unlocks.push(request),
      },
      now: () => clock,
    },
  );
}

const open = async (over: object = {}, id = 'e1') =>
  watch(
    'connection-fuse.review',
    {
      operation: 'open',
      name: 'export',
      border: 'abroad',
      scope: { service: 'shop' },
      owner: 'legal',
      reason: 'audit',
      until: '2026-12-01T00:00:00Z',
      ...over,
    },
    id,
  );

describe('watchReviews', () => {
  it('locks the running servers in scope, by tag and by policy, and once', async () => {
    const seen = await open();
    await open();
    await watch('aws.events');

    expect(seen).toEqual({ reviews: ['export'], locksStarted: 1, unlocksStarted: 0 });
    expect(locks).toMatchObject([{ servers: [alpha, beta], peers: ['203.0.113.0/24'], kind: 'border-review' }]);
  });

  it('has every start on record before it is made', async () => {
    await open();

    const recorded = table.items.find(({ sk }) => sk.startsWith('lock#'));
    expect(recorded).toMatchObject({ pk: 'review#export', servers: [alpha, beta], peers: ['203.0.113.0/24'] });
  });

  it('starts nothing where the record is not taken', async () => {
    table.onCall = (call) => {
      if (call.includes('lock#')) throw new Error('throttled');
    };

    await expect(open()).rejects.toMatchObject({ name: 'ReviewNotWatchedError' });
    expect(locks).toEqual([]);
  });

  it('locks nothing of half a border, and goes on with the other reviews', async () => {
    ec2.on(GetManagedPrefixListEntriesCommand).rejects(new Error('no route'));
    await expect(open({ name: 'a-listed', border: 'listed' }, 'e0')).rejects.toThrow(/Prefix list/);

    await open();
    await expect(watch('aws.events')).rejects.toThrow('Review "a-listed"');

    expect(locks.map(({ requestId }) => requestId)).toEqual(['review:export:1']);
  });

  it('says so when no firewall takes part of a border, after it locked the rest', async () => {
    const Entries = [{ Cidr: '0.1.0.0/16' }, { Cidr: '198.18.7.0/24' }];
    ec2
      .on(GetManagedPrefixListEntriesCommand)
      .resolvesOnce({ Entries: [Entries[0] ?? {}], NextToken: 'more' })
      .resolves({ Entries: [Entries[1] ?? {}] });

    await expect(open({ border: 'listed' })).rejects.toThrow(
      'stay open, for no host\'s firewall takes them: "0.1.0.0/16"',
    );

    expect(locks).toMatchObject([{ peers: ['198.18.7.0/24'] }]);
  });

  it('looks at one server only when that one starts', async () => {
    await open({ scope: { servers: ['i-0000000000000000c'] } });
    const event = { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' };
    locks = [];

    await watch(event.source, { 'instance-id': alpha, state: 'running' });

    expect(locks).toEqual([]);
    await expect(watch(event.source, { 'instance-id': alpha, state: 'stopped' })).rejects.toThrow(
      'must name an instance',
    );
  });

  it('closes a review whose time is over, and locks nothing more for it', async () => {
    await open();
    clock = '2026-12-01T00:00:00.000Z';
    locks = [];

    await watch('aws.events');

    const closed = table.items.find(({ sk }) => sk === 'export#closed');
    expect(closed).toMatchObject({ by: 'connection-fuse', eventId: null });
    expect(locks).toEqual([]);
  });

  it('restores what a closed review has cut, by its closer, and tells when nothing is left', async () => {
    await open();
    const incidentId = String(table.items.find(({ sk }) => sk.startsWith('lock#'))?.['incidentId']);
    const entry = { incidentId, action: 'kill-connections', cohortId: 'c1' } as const;
    await table.audit.putInIncident(incidentId, 'opened#01', { assessment: { cohorts: [] } });
    await table.audit.putInIncident(incidentId, 'closed#01', {});
    await table.audit.putCut({ entry, since: clock, expiresAt: null, targets: [], inherited: [] });

    await watch('connection-fuse.review', { operation: 'close', name: 'export', by: 'ada', reason: 'done' }, 'e2');
    await table.audit.removeCut(entry);
    await watch('aws.events');
    const early = table.items.some(({ sk }) => sk === 'export#unlocked');
    clock = '2026-11-23T12:05:00.000Z';
    await watch('aws.events');

    expect(unlocks).toEqual([
      { incidentId, automatic: true, requestedBy: 'ada', reason: 'Compliance review "export" is closed: done' },
    ]);
    expect([early, table.items.some(({ sk }) => sk === 'export#unlocked')]).toEqual([false, true]);
  });

  it('keeps a closed review in sight while a lock of it may still be under way', async () => {
    await open();
    await watch('connection-fuse.review', { operation: 'close', name: 'export', by: 'ada', reason: 'done' }, 'e2');
    const incidentId = String(table.items.find(({ sk }) => sk.startsWith('lock#'))?.['incidentId']);
    await table.audit.putInIncident(incidentId, 'opened#01', { assessment: { cohorts: [] } });
    clock = '2026-11-23T12:30:00.000Z';

    await watch('aws.events');

    expect(table.items.some(({ sk }) => sk === 'export#unlocked')).toBe(false);
  });

  it('takes no event of anyone else', async () => {
    await expect(watch('aws.s3')).rejects.toMatchObject({ name: 'MessageInvalidError' });
  });
});
