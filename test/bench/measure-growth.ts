import type { NetworkInterface } from '@aws-sdk/client-ec2';
import type { GroupRule } from '../../lambdas/shared/actions/revoke-security-groups/group-rule.ts';
import { planInterfaces } from '../../lambdas/shared/actions/revoke-security-groups/plan-interfaces.ts';
import { answerSignal } from '../../lambdas/shared/answers/answer-signal.ts';
import { buildCohort, buildIncident, receivedAt } from '../builders/action-request.ts';
import { buildPolicy } from '../builders/policy.ts';
import { buildDescription } from '../builders/server.ts';
import { buildSignal, ownAccount } from '../builders/signal.ts';
import { round } from './measured.ts';
import type { Measured } from './measured.ts';
import { median } from './percentile.ts';

const turns = 9;
const step = 10;
/** Ten times the work may take ten times as long, or twice that on a busy machine; a hundred times would be every pair. */
const mostGrowth = 20;

/** How the time of the decisions grows when there is ten times as much to decide on. */
export function measureGrowth(): Measured[] {
  return [
    grow('answers, by servers', 100, (servers) => answerFor(servers, 10)),
    grow('answers for 100 servers, by services and lifelines of the policy', 10, (entries) => answerFor(100, entries)),
    grow('plan of the network cut, by interfaces', 100, (interfaces) => planFor(interfaces, 50)),
    grow('plan of the network cut of 100 interfaces, by rules', 50, (rules) => planFor(100, rules)),
  ];
}

/** Times the same work at a size and at ten times the size, in turn. `prepare` is not timed, what it returns is. */
function grow(name: string, size: number, prepare: (size: number) => () => unknown): Measured {
  const sizes = [size, size * step];
  const works = sizes.map(prepare);
  // Compiled once, before anything counts.
  for (const work of works) work();
  const times = works.map((): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) works.forEach((work, place) => times[place]?.push(timeOf(work)));
  const [smallMs = 0, largeMs = 0] = times.map(median);
  const ratio = largeMs / smallMs;
  return {
    name: `growth of ${name}, ${sizes.join(' to ')}`,
    value: round(largeMs, 2),
    unit: 'ms',
    reference: round(smallMs, 2),
    ratio: round(ratio, 1),
    budget: `at most ${mostGrowth} times for ${step} times as many`,
    ok: ratio <= mostGrowth,
  };
}

function timeOf(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function idOf(prefix: string, number: number): string {
  return `${prefix}-0b${String(number).padStart(15, '0')}`;
}

function answerFor(serverCount: number, entries: number): () => unknown {
  const ids = Array.from({ length: serverCount }, (_, number) => idOf('i', number));
  const numbers = Array.from({ length: entries }, (_, number) => number);
  const policy = buildPolicy({
    services: numbers.map((number) => ({
      name: `service-${number}`,
      coreBusiness: false,
      servers: [idOf('i', number)],
    })),
    lifelines: numbers.map((number) => ({
      name: `line-${number}`,
      kind: 'life-support',
      servers: { ids: [idOf('i', 1_000_000 + number)] },
    })),
  });
  const descriptions = ids.map((id) =>
    buildDescription({ id, interfaces: [{ id: id.replace('i-', 'eni-'), tags: {} }] }),
  );
  const signal = buildSignal({ servers: ids });
  return () => answerSignal(signal, { policy, descriptions, accountId: ownAccount, receivedAt, doubts: [] });
}

const vpcId = 'vpc-0b000000000000001';
const groupId = 'sg-0b000000000000001';
const quarantine = { [vpcId]: { quarantine: 'sg-0b000000000000002', sealed: 'sg-0b000000000000003', golden: {} } };

function planFor(interfaceCount: number, ruleCount: number): () => unknown {
  const servers = Array.from({ length: interfaceCount }, (_, number) => idOf('i', number));
  const interfaces: NetworkInterface[] = servers.map((InstanceId, number) => ({
    NetworkInterfaceId: idOf('eni', number),
    VpcId: vpcId,
    Groups: [{ GroupId: groupId }],
    Attachment: { InstanceId, DeviceIndex: 0, NetworkCardIndex: 0 },
  }));
  const rules = Array.from({ length: ruleCount }, (_, number): GroupRule => buildRule(number));
  const context = { incident: buildIncident(), cohort: buildCohort({ servers }), policy: buildPolicy() };
  return () => planInterfaces(interfaces, rules, quarantine, context);
}

/** One user's way in; the first rule lets everything out, as EC2's own rule does. */
function buildRule(number: number): GroupRule {
  const isEgress = number === 0;
  return {
    id: idOf('sgr', number),
    groupId,
    isEgress,
    protocol: isEgress ? '-1' : 'tcp',
    fromPort: isEgress ? -1 : 443,
    toPort: isEgress ? -1 : 443,
    source: { kind: 'cidr', cidr: isEgress ? '0.0.0.0/0' : `198.18.${number >> 8}.${number & 255}/32` },
    description: null,
    tags: {},
  };
}
