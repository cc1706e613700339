import { EC2Client, DescribeInstancesCommand, DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { SSMClient, SendCommandCommand } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { holdOpen } from '../../../../../lambdas/shared/actions/hold-open/hold-open.ts';
import { digestDocument } from '../../../../../lambdas/shared/document-digest.ts';
import { runAction } from '../../../../../lambdas/shared/run-action.ts';
import { readGuardFacts } from '../../../../../lambdas/shared/guard/read-facts.ts';
import type { Mode } from '../../../../../lambdas/shared/clients/audit-table.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { FakeTable } from '../../../../builders/fake-table.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { fuseTags } from '../../../../builders/server.ts';

const [first, second] = ['i-0000000000000000a', 'i-0000000000000000b'] as const;
const incident = buildIncident();
const content = { schemaVersion: '2.2', mainSteps: [] };
const document = { name: 'Fuse-HoldTime', digest: digestDocument(content) };

const time = { sources: ['10.0.7.1', '10.0.7.2'], backup: { kind: 'reference-clock', referenceId: 'PHC0' } };
const core = { name: 'core', kind: 'clearing', servers: { ids: [first] }, time };
const desk = {
  name: 'desk',
  kind: 'clearing',
  servers: { tag: { key: 'desk', value: 'yes' } },
  time: { sources: ['GPS'], backup: { kind: 'holdover' }, limitMs: 0.5 },
};

const verdict = {
  ok: true,
  document: 'hold-time',
  incident: incident.id,
  backup: 'clock:PHC0',
  result: 'switched',
  changed: true,
  selected: 'PHC0',
  watched: [
    { name: '10.0.7.1', answer: 'silent', state: 'unusable' },
    { name: '10.0.7.2', answer: 'silent', state: 'unusable' },
  ],
  sources: [],
  boundMs: 0.031,
  limitMs: 1,
  growthPpm: null,
  underLimitSeconds: null,
  hardwareClock: 'unread',
  error: '',
};

interface World {
  readonly verdicts?: Readonly<Record<string, object>>;
  readonly platform?: string;
  readonly managed?: readonly string[];
  readonly tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly mode?: Mode;
  readonly state?: 'running' | 'terminated';
}

describe('holdOpen', () => {
  const [ec2, ssm] = [mockClient(EC2Client), mockClient(SSMClient)];
  beforeEach(() => {
    ec2.reset();
    ssm.reset();
  });

  async function run(lifelines: readonly object[], world: World = {}, table = new FakeTable()) {
    const { verdicts = {}, platform = 'Linux', managed = [first, second], mode = 'armed', state = 'running' } = world;
    const servers = [first, second];
    const tagsOf = (id: string) => ({ ...fuseTags({ lifeline: 'clearing' }), ...world.tags?.[id] });
    ec2.on(DescribeNetworkInterfacesCommand).resolves({});
    ec2.on(DescribeInstancesCommand).resolves({
      Reservations: [
        {
          Instances: servers.map((id) => ({
            InstanceId: id,
            State: { Name: id === second ? 'running' : state },
            Tags: Object.entries(tagsOf(id)).map(([Key, Value]) => ({ Key, Value })),
          })),
        },
      ],
    });
    ssm.callsFake((input: Record<string, unknown>, getClient: unknown) => {
      void getClient;
      if ('InstanceIds' in input) return { Command: { CommandId: (input['InstanceIds'] as string[]).join() } };
      if ('CommandId' in input) {
        return {
          CommandInvocations: String(input['CommandId'])
            .split(',')
            .map((InstanceId) => ({
              InstanceId,
              Status: 'Success',
              CommandPlugins: [{ Output: JSON.stringify({ ...verdict, ...verdicts[InstanceId] }) }],
            })),
        };
      }
      if ('Filters' in input) {
        return {
          InstanceInformationList: managed.map((InstanceId) => ({
            InstanceId,
            PlatformType: platform,
            AgentVersion: '3.3.2746.0',
            PingStatus: 'Online',
          })),
        };
      }
      if ('DocumentFormat' in input) return { Content: JSON.stringify(content), DocumentVersion: '3' };
      return { Document: { DocumentVersion: '3', Hash: 'h', HashType: 'Sha256' } };
    });
    const [ec2Client, ssmClient] = [new EC2Client({}), new SSMClient({})];
    const cohort = buildCohort({
      servers: [...servers],
      answers: { ...buildCohort().answers, lifeline: true },
      lifelineKinds: ['clearing'],
    });
    const outcome = await runAction(
      { action: 'hold-open', incident, cohort },
      {
        action: holdOpen({ ec2: ec2Client, ssm: ssmClient, document }),
        audit: table.audit,
        policy: buildPolicy({ lifelines }),
        readFacts: async (ids) => readGuardFacts(ec2Client, { readMode: async () => Promise.resolve(mode) }, ids),
        now: () => '2026-05-06T07:05:32.000Z',
      },
    );
    const sent = ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input);
    return { outcome, sent, table };
  }

  const both = [core, { ...core, name: 'other', servers: { ids: [second] } }];

  it('runs its one document on lifelines that share a clock by one command, and tells who the time comes from', async () => {
    const { outcome, sent } = await run(both);

    expect(outcome).toMatchObject({ status: 'verified', counts: { verified: 2, failed: 0, refused: 0 } });
    expect(outcome.summary).toContain(
      `${first}: switched to the backup (clock:PHC0), time from PHC0, 10.0.7.1, 10.0.7.2 silent, at most 0.031 ms off, limit 1 ms`,
    );
    expect(sent).toMatchObject([
      {
        DocumentName: 'Fuse-HoldTime',
        InstanceIds: [first, second],
        Parameters: { sources: ['10.0.7.1 10.0.7.2'], backup: ['clock:PHC0'], limitMs: ['1'] },
      },
    ]);
  });

  it('takes each lifeline by its own sources, as its present tags say', async () => {
    const { sent } = await run([core, desk], { tags: { [second]: { desk: 'yes' } } });

    expect(
      sent.map(({ InstanceIds, Parameters }) => [InstanceIds, Parameters?.['backup'], Parameters?.['limitMs']]),
    ).toEqual([
      [[first], ['clock:PHC0'], ['1']],
      [[second], ['holdover'], ['0.5']],
    ]);
  });

  it('is unchanged where all sources answer, and says so with the figures', async () => {
    const kept = { result: 'kept', changed: false, selected: '10.0.7.1', watched: [] };

    const { outcome } = await run(both, { verdicts: { [first]: kept, [second]: kept } });

    expect(outcome.status).toBe('unchanged');
    expect(outcome.summary).toContain('its own sources keep the clock right, time from 10.0.7.1, at most 0.031 ms off');
  });

  it('writes ahead what it does, and notes no cut: nothing is cut', async () => {
    const { table } = await run(both);

    expect(table.items.map(({ sk }) => sk)).toEqual([
      'action#hold-open#c1#1-intended',
      'action#hold-open#c1#2-applied',
      'action#hold-open#c1#3-verified',
    ]);
  });

  it.each<[string, World, readonly object[], string]>([
    ['the policy names no sources for', {}, [], 'The policy names no time sources for it'],
    ['run Windows', { platform: 'Windows' }, both, 'Platform "Windows" has no such document'],
    ['Systems Manager does not know', { managed: [] }, both, 'Server is not managed by Systems Manager'],
  ])('hands lifelines over to a person that %s, and runs nothing', async (_, world, lifelines, why) => {
    const { outcome, sent, table } = await run(lifelines, world);

    expect(outcome).toMatchObject({ status: 'handed-over', counts: { planned: 0, failed: 0 } });
    expect(outcome.summary).toMatch(
      /^Nothing was cut: keep the lifeline alive by hand\. clearing: check both NTP sources/,
    );
    expect(outcome.summary).toContain(why);
    expect(sent).toEqual([]);
    expect(table.items.map(({ sk }) => sk)).toEqual(['action#hold-open#c1#3-handed-over']);
  });

  it('holds those it can and hands the rest over, in one outcome that a person reads', async () => {
    const { outcome, sent } = await run([core]);

    expect(sent).toHaveLength(1);
    expect(outcome).toMatchObject({ status: 'handed-over', counts: { verified: 1 } });
    expect(outcome.summary).toContain(`${second}: The policy names no time sources for it`);
    expect(outcome.summary).toContain(`${first}: switched to the backup`);
  });

  it('leaves it to a person which of two clocks is right', async () => {
    const { outcome } = await run([core, { ...desk, servers: { ids: [first] } }]);

    expect(outcome.summary).toContain('Several lifelines of the policy name different time sources for it');
  });

  it.each([
    [
      'the host says so',
      { ok: false, result: 'failed', error: "Reference clock 'PHC0' does not answer" },
      'does not answer',
    ],
    ['the clock is not surely right, whatever else is said', { boundMs: 1.5 }, 'at most 1.5 ms off'],
    ['the host does not know by how much the clock is off', { boundMs: null }, 'at most unknown ms off'],
  ])('fails where %s, and tells what a person has to see to', async (_, over, words) => {
    const { outcome } = await run(both, { verdicts: { [first]: over, [second]: over } });

    expect(outcome.status).toBe('failed');
    expect(outcome.summary).toContain(words);
    expect(outcome.summary).toContain('keep the lifeline alive by hand');
  });

  it.each(['shadow', 'off'] as const)('runs nothing while the fuse is in mode %s', async (mode) => {
    const { outcome, sent } = await run(both, { mode });

    expect(outcome.status).toBe(mode === 'shadow' ? 'planned' : 'refused');
    expect(sent).toEqual([]);
  });

  it('says nothing to a person about a lifeline that is gone', async () => {
    const { outcome, sent } = await run([core], { state: 'terminated' });

    expect(sent).toEqual([]);
    expect(outcome.status).toBe('handed-over');
    expect(outcome.summary).not.toContain(first);
  });
});
