import type { SSMClient } from '@aws-sdk/client-ssm';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../../../lambdas/shared/actions/action.ts';
import { holdTask } from '../../../../lambdas/shared/actions/hold-task/hold-task.ts';
import type { HostTools } from '../../../../lambdas/shared/actions/host-work/host-action.ts';
import { actions } from '../../../../lambdas/shared/actions/index.ts';
import { killConnections } from '../../../../lambdas/shared/actions/kill-connections/kill-connections.ts';
import { killSessions } from '../../../../lambdas/shared/actions/kill-sessions/kill-sessions.ts';
import { resyncClock } from '../../../../lambdas/shared/actions/resync-clock/resync-clock.ts';
import { shedConnections } from '../../../../lambdas/shared/actions/shed-connections/shed-connections.ts';
import { stopService } from '../../../../lambdas/shared/actions/stop-service/stop-service.ts';
import type { Mode } from '../../../../lambdas/shared/clients/audit-table.ts';
import { profiles, type Cut } from '../../../../lambdas/shared/contracts/incident.ts';
import { digestDocument } from '../../../../lambdas/shared/document-digest.ts';
import { runAction } from '../../../../lambdas/shared/run-action.ts';
import { buildCohort, buildIncident } from '../../../builders/action-request.ts';
import { FakeTable } from '../../../builders/fake-table.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';

const hostActions: readonly ((tools: HostTools) => Action)[] = [
  killConnections,
  stopService,
  holdTask,
  killSessions,
  resyncClock,
  shedConnections,
];
const fleet = ['i-0000000000000000a', 'i-0000000000000000b'];
const content = { schemaVersion: '2.2', mainSteps: [] };
const document = { name: 'Fuse-Host', digest: digestDocument(content) };
const policy = buildPolicy({
  profiles: { logistics: { users: ['batch'] } },
  priorityClasses: [
    { name: 'batch', ports: [8085] },
    { name: 'customers', ports: [443] },
  ],
});

const anyCase = fc.record({
  create: fc.constantFrom(...hostActions),
  profile: fc.constantFrom(...profiles),
  cut: fc.constantFrom<Cut>(
    { scope: 'server' },
    { scope: 'ports', ports: [8080] },
    { scope: 'peers', peers: ['203.0.113.7/32'] },
  ),
  lifelines: fc.subarray(fleet),
  platform: fc.constantFrom('Linux', 'Windows'),
});
type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

/** Runs an action in a mode; every host does as it is told and says nothing about it. */
async function run({ create, profile, cut, lifelines, platform }: Case, mode: Mode) {
  const sent: { name: string; input: { InstanceIds?: readonly string[] } }[] = [];
  const answers: Record<string, unknown> = {
    GetDocument: { Content: JSON.stringify(content), DocumentVersion: '3' },
    DescribeDocument: { Document: { DocumentVersion: '3', Hash: 'h', HashType: 'Sha256' } },
    DescribeInstanceInformation: {
      InstanceInformationList: fleet.map((InstanceId) => ({
        InstanceId,
        PlatformType: platform,
        AgentVersion: '3.3.2746.0',
        PingStatus: 'Online',
      })),
    },
    SendCommand: { Command: { CommandId: 'c' } },
    ListCommandInvocations: {
      CommandInvocations: fleet.map((InstanceId) => ({ InstanceId, Status: 'Success', CommandPlugins: [] })),
    },
  };
  const send = async (command: { constructor: { name: string }; input: object }) => {
    const name = command.constructor.name.replace('Command', '');
    sent.push({ name, input: command.input });
    return Promise.resolve(answers[name] ?? {});
  };
  let nowMs = 0;
  const timing = { nowMs: () => nowMs, sleep: async (pauseMs: number) => Promise.resolve((nowMs += pauseMs)) };
  const action = create({ ssm: { send } as unknown as SSMClient, document, timing });
  const table = new FakeTable();
  const describeOne = (id: string) =>
    buildDescription({ id, tags: fuseTags(lifelines.includes(id) ? { lifeline: 'clearing' } : {}) });
  const outcome = await runAction(
    {
      action: action.id,
      incident: buildIncident(),
      cohort: buildCohort({ servers: fleet, profile, cut, byProfile: true }),
    },
    {
      action,
      audit: table.audit,
      policy,
      readFacts: async () => Promise.resolve({ mode, servers: new Map(fleet.map((id) => [id, describeOne(id)])) }),
      now: () => '2026-05-06T07:05:32.000Z',
    },
  );
  const intended = table.items.filter(({ sk }) => sk.endsWith('1-intended')).map((item) => ({ ...item, mode: '' }));
  return { outcome, intended, sent, reached: sent.flatMap(({ input }) => input.InstanceIds ?? []) };
}

/** Checked in tests of their own: they work on no host, or on lifelines alone. */
const checkedElsewhere = ['revoke-security-groups', 'fail-over', 'hold-open'];

describe('every action that cuts on hosts', () => {
  it('is checked here', () => {
    const checked = hostActions.map((create) => create({ ssm: {} as SSMClient }).id);

    expect(new Set([...checked, ...checkedElsewhere])).toEqual(new Set(Object.keys(actions)));
  });

  it('records in shadow mode what it records when armed, and sends nothing to any host', async () => {
    let commands = 0;
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const [armed, shadow] = [await run(one, 'armed'), await run(one, 'shadow')];

        commands += armed.reached.length;
        expect(shadow.intended).toEqual(armed.intended);
        expect(shadow.sent.filter(({ name }) => !/^(Get|Describe)/.test(name))).toEqual([]);
        expect(['planned', 'unchanged', 'refused', 'failed']).toContain(shadow.outcome.status);
        expect(shadow.outcome).toMatchObject({ firstCallAt: null, counts: { verified: 0, connectionsCut: 0 } });
      }),
      { numRuns: 100 },
    );

    expect(commands).toBeGreaterThan(50);
  });

  it('sends nothing to a lifeline, nor to anyone while the fuse is off', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (one) => {
        const [armed, off] = [await run(one, 'armed'), await run(one, 'off')];

        expect(armed.reached.filter((server) => one.lifelines.includes(server))).toEqual([]);
        expect(off.reached).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
