import { EC2Client, DescribeInstancesCommand, DescribeNetworkInterfacesCommand } from '@aws-sdk/client-ec2';
import { SSMClient, SendCommandCommand } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { holdOpen } from '../../../../../lambdas/shared/actions/hold-open/hold-open.ts';
import { digestDocument } from '../../../../../lambdas/shared/document-digest.ts';
import { runAction } from '../../../../../lambdas/shared/run-action.ts';
import type { LifelineKind } from '../../../../../lambdas/shared/guard/find-lifeline.ts';
import { readGuardFacts } from '../../../../../lambdas/shared/guard/read-facts.ts';
import type { Mode } from '../../../../../lambdas/shared/clients/audit-table.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { FakeTable } from '../../../../builders/fake-table.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import { fuseTags } from '../../../../builders/server.ts';

/** The lifelines of every run. */
export const [first, second] = ['i-0000000000000000a', 'i-0000000000000000b'] as const;
const incident = buildIncident();
const content = { schemaVersion: '2.2', mainSteps: [] };
const document = { name: 'Fuse-HoldTime', digest: digestDocument(content) };

const time = { sources: ['10.0.7.1', '10.0.7.2'], backup: { kind: 'reference-clock', referenceId: 'PHC0' } };
export const core = { name: 'core', kind: 'clearing', servers: { ids: [first] }, time };
export const desk = {
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

export interface World {
  readonly verdicts?: Readonly<Record<string, object>>;
  readonly platform?: string;
  readonly managed?: readonly string[];
  readonly tags?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly mode?: Mode;
  readonly state?: 'running' | 'terminated';
  readonly kind?: LifelineKind;
}

/** Runs hold-open on two lifelines whose hosts print the given verdicts. */
export class HoldBench {
  readonly #ec2 = mockClient(EC2Client);
  readonly #ssm = mockClient(SSMClient);

  async run(lifelines: readonly object[], world: World = {}, table = new FakeTable()) {
    const { verdicts = {}, platform = 'Linux', managed = [first, second], mode = 'armed', state = 'running' } = world;
    const { kind = 'clearing' } = world;
    const servers = [first, second];
    const tagsOf = (id: string) => ({ ...fuseTags({ lifeline: kind }), ...world.tags?.[id] });
    this.#ec2.on(DescribeNetworkInterfacesCommand).resolves({});
    this.#ec2.on(DescribeInstancesCommand).resolves({
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
    this.#ssm.callsFake((input: Record<string, unknown>, getClient: unknown) => {
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
      lifelineKinds: [kind],
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
    const sent = this.#ssm.commandCalls(SendCommandCommand).map(({ args }) => args[0].input);
    return { outcome, sent, table };
  }
}
