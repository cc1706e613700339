import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { decideOutcome } from '../../../../lambdas/close-incident/decide-outcome.ts';
import { channelTraffic } from '../../../../lambdas/shared/actions/revoke-security-groups/choose-groups.ts';
import { overlaps, toTraffic } from '../../../../lambdas/shared/actions/revoke-security-groups/coverage.ts';
import type { GroupRule } from '../../../../lambdas/shared/actions/revoke-security-groups/group-rule.ts';
import { planRules } from '../../../../lambdas/shared/actions/revoke-security-groups/plan-rules.ts';
import { answerSignal } from '../../../../lambdas/shared/answers/answer-signal.ts';
import { isCutAtOnce, wouldBeCut } from '../../../../lambdas/shared/answers/would-be-cut.ts';
import type { ActionStatus } from '../../../../lambdas/shared/contracts/action.ts';
import type { Signal } from '../../../../lambdas/shared/contracts/signal.ts';
import { parseEvent } from '../../../../lambdas/shared/signals/parse-event.ts';
import {
  buildAssessment,
  buildCohort,
  buildIncident,
  buildOutcome,
  receivedAt,
} from '../../../builders/action-request.ts';
import { buildClosing } from '../../../builders/closing.ts';
import { CutWorld, incidentIdOf } from '../../../builders/cut-world.ts';
import { buildException, buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';
import { buildManualSignal, ownAccount } from '../../../builders/signal.ts';

const list = 'pl-0a0b0c0d0e0f00001';
const server = 'i-0000000000000000a';
const peers = ['203.0.113.0/24', '2001:db8:7::/48'];
const border = { name: 'abroad', cidrs: peers, prefixLists: [list] };
const custody = {
  name: 'custody',
  servers: { ids: [server] },
  direction: 'out',
  peers: ['203.0.113.40/32'],
  ports: [7001],
};
const policy = buildPolicy({
  borders: [border, { name: 'other' }],
  goldenChannels: [custody],
  budgets: { servers: 0 },
  expiry: { peerMinutes: 60 },
});

const review = (over: Partial<Signal> = {}) =>
  buildManualSignal({
    kind: 'border-review',
    servers: [server],
    remoteAddresses: peers,
    border: 'abroad',
    reason: 'audit',
    ...over,
  });

function cohortsOf(signal: Signal, tags: Readonly<Record<string, string>> = {}, over = policy) {
  const descriptions = [buildDescription({ id: server, tags: fuseTags(tags) })];
  return answerSignal(signal, { policy: over, descriptions, accountId: ownAccount, receivedAt, doubts: [] });
}

describe('the cohort of a compliance review', () => {
  it('is locked for exactly the peers, without budget, question or end', () => {
    const [cohort = buildCohort()] = cohortsOf(review());

    expect(cohort).toMatchObject({
      answers: { underReview: true, securityRisk: false, coreBusiness: false },
      cut: { scope: 'peers', peers },
      approval: null,
      expiresAt: null,
      handOver: null,
    });
    // Only what would be cut is counted against the budget.
    expect([wouldBeCut(cohort), isCutAtOnce(cohort)]).toEqual([false, false]);
  });

  it('names the golden channels that live on beyond the border', () => {
    expect(cohortsOf(review())[0]?.evidence.underReview).toContain('golden channels live on though beyond it: custody');
    expect(cohortsOf(review({ remoteAddresses: ['198.18.7.0/24'] }))[0]?.evidence.underReview).not.toContain('golden');
  });

  it('is none for an alarm, a sensor, or a review without a peer', () => {
    for (const over of [{ source: 'host-sensor' }, { source: 'cloudwatch' }, { remoteAddresses: [] }] as const) {
      expect(cohortsOf(review(over as Partial<Signal>))[0]?.answers.underReview).toBe(false);
    }
  });

  it('is the same on core business, and under an exception: a legal lock is no threat that somebody vouches for', () => {
    const over = buildPolicy({
      exceptions: [buildException({ servers: { ids: [server] } })],
      services: [{ name: 'matching', coreBusiness: true }],
    });

    expect(cohortsOf(review(), { service: 'matching' }, over)).toMatchObject([
      { answers: { underReview: true, coreBusiness: false }, approval: null },
    ]);
  });

  it('R0: is never a lifeline, whatever else the server is', () => {
    const tags = fc.record({
      lifeline: fc.string(),
      profile: fc.constantFrom('trading', 'general', 'medical'),
      service: fc.constantFrom('shop', 'matching'),
    });
    fc.assert(
      fc.property(tags, fc.subarray(peers), (own, remoteAddresses) => {
        const [cohort] = cohortsOf(review({ remoteAddresses }), own);

        expect(cohort).toMatchObject({
          answers: { lifeline: true, underReview: false },
          cut: { scope: 'peers', peers: [] },
        });
      }),
    );
  });
});

function plan(rules: readonly GroupRule[], over: Partial<Signal> = {}, goldenChannels: string[] = ['custody']) {
  const Groups = [{ GroupId: 'sg-web' }];
  const card = { NetworkInterfaceId: 'eni-a', Groups, Attachment: { InstanceId: server } };
  const cohort = buildCohort({ servers: [server], cut: { scope: 'peers', peers }, goldenChannels });
  return planRules([card], [card], rules, { incident: buildIncident({ signal: review(over) }), cohort, policy });
}

const rule = (over: Partial<GroupRule> = {}): GroupRule => ({
  id: 'sgr-1',
  groupId: 'sg-web',
  isEgress: false,
  protocol: 'tcp',
  fromPort: 9000,
  toPort: 9000,
  source: { kind: 'prefix-list', id: list },
  description: null,
  tags: {},
  ...over,
});

describe('the network half of a lock', () => {
  it.each([
    ['a prefix list of the border', rule(), {}, 1],
    ['a prefix list of nobody', rule({ source: { kind: 'prefix-list', id: 'pl-1' } }), {}, 0],
    ['a list of another border', rule(), { border: 'other' }, 0],
    ['a list, in a start that takes no lists', rule(), { border: undefined as never }, 0],
    ['a list, in a cut that is no review', rule(), { kind: 'brute-force' }, 0],
    ['a range beyond the border', rule({ source: { kind: 'cidr', cidr: '203.0.113.9/32' } }), {}, 1],
    ['more than that', rule({ source: { kind: 'cidr', cidr: '203.0.112.0/23' } }), {}, 0],
  ] as const)('takes a rule away by what it admits: %s', (_words, one, over, changes) => {
    expect(plan([one], over as Partial<Signal>).changes).toHaveLength(changes);
  });

  it('leaves a list alone that may hold the peers of a golden channel, and says so', () => {
    const channel = rule({ isEgress: true, fromPort: 7001, toPort: 7001 });

    expect(plan([channel])).toMatchObject({
      changes: [],
      leftAlone: [{ target: 'sgr-1', reason: expect.stringContaining('golden') }],
    });
    expect(plan([channel], {}, []).changes).toHaveLength(1);
  });

  it('never touches a rule that carries a golden channel', () => {
    const sources = fc.oneof(
      fc
        .constantFrom('203.0.113.0/24', '203.0.113.40/32', '203.0.113.32/27', '0.0.0.0/0', '2001:db8:7::1/128')
        .map((cidr) => ({ kind: 'cidr', cidr }) as const),
      fc.constant({ kind: 'prefix-list', id: list } as const),
    );
    const rules = fc.record({
      isEgress: fc.boolean(),
      protocol: fc.constantFrom('tcp', 'udp', '-1'),
      ports: fc.constantFrom([7001, 7001], [9000, 9000], [0, 65_535], [7000, 7002]),
      source: sources,
    });
    const [golden] = policy.goldenChannels.map(channelTraffic);
    fc.assert(
      fc.property(rules, ({ ports: [fromPort = 0, toPort = 0], ...rest }) => {
        const one = rule({ ...rest, fromPort, toPort });

        const { changes } = plan([one]);

        const mayCarry = [one, { ...one, source: { kind: 'cidr', cidr: '203.0.113.40/32' } as const }]
          .filter(
            ({ source }) => source.kind === 'cidr' && (one.source.kind !== 'cidr' || source.cidr === one.source.cidr),
          )
          .some((seen) =>
            toTraffic([seen]).some((traffic) => (golden ?? []).some((other) => overlaps(traffic, other))),
          );
        expect(mayCarry && changes.length > 0).toBe(false);
      }),
    );
  });
});

describe('a lock that is undone', () => {
  let world: CutWorld;
  let count = 0;

  beforeAll(async () => {
    world = await CutWorld.start();
  });

  it('leaves the network exactly as it was, whatever its rules', async () => {
    const cidrs = fc.constantFrom('203.0.113.0/24', '203.0.113.9/32', '198.51.100.0/24', '0.0.0.0/0');
    const rules = fc.uniqueArray(fc.tuple(cidrs, fc.integer({ min: 2000, max: 2010 }), fc.boolean()), {
      maxLength: 6,
      selector: (one) => one.join(),
    });
    await fc.assert(
      fc.asyncProperty(rules, async (added) => {
        count += 1;
        const { model } = world.lab.ec2;
        const known = new Set(model.securityGroups.get(world.groups.web)?.rules.keys());
        for (const [cidrIpv4, fromPort, isEgress] of added) {
          const seed = { ipProtocol: 'tcp', fromPort, cidrIpv4, description: 'added', tags: { owner: 'desk' } };
          world.lab.ec2.addRule(world.groups.web, seed, isEgress ? 'egress' : 'ingress');
        }
        const before = world.snapshot();

        const outcome = await world.cut(`lock ${count}`, { cut: { scope: 'peers', peers } });
        const during = world.snapshot();
        await world.restore({ incidentId: incidentIdOf(`lock ${count}`) });

        const beyond = added.filter(([cidr]) => cidr.startsWith('203.'));
        expect(outcome.status).toBe(beyond.length === 0 ? 'unchanged' : 'verified');
        expect((before.rules as string[]).length - (during.rules as string[]).length).toBe(beyond.length);
        expect(world.snapshot()).toEqual(before);
        const web = model.securityGroups.get(world.groups.web)?.rules;
        for (const id of [...(web?.keys() ?? [])].filter((one) => !known.has(one))) web?.delete(id);
      }),
      { numRuns: 12 },
    );
  });
});

describe('the outcome of a lock', () => {
  const answers = { ...buildCohort().answers, securityRisk: false, underReview: true };
  const incident = buildIncident({ signal: review() });
  const assessment = buildAssessment({ incident, cohorts: [buildCohort({ answers })] });
  const decide = (network: ActionStatus, host: ActionStatus) => {
    const steps = [[buildOutcome({ status: network }), buildOutcome({ action: 'kill-connections', status: host })]];
    const { outcome, isFailure } = decideOutcome(buildClosing({ assessment, steps }));
    return [outcome, isFailure];
  };

  it.each([
    ['verified', 'verified', 'locked', false],
    ['unchanged', 'verified', 'locked', false],
    ['verified', 'failed', 'partly-contained', true],
    ['verified', 'unchanged', 'partly-contained', true],
    ['verified', 'refused', 'partly-contained', true],
    ['unchanged', 'failed', 'failed', true],
    ['failed', 'verified', 'partly-contained', true],
    ['planned', 'planned', 'planned', false],
    ['refused', 'refused', 'refused', false],
    ['unchanged', 'unchanged', 'observed', false],
  ] as const)('network %s, host %s: %s, red: %s', (network, host, outcome, isFailure) => {
    expect(decide(network, host)).toEqual([outcome, isFailure]);
  });
});

describe('the border of a manual start', () => {
  const start = {
    fuse: 'trip',
    kind: 'border-review',
    servers: [server],
    peers,
    requestedBy: 'ada',
    reason: 'x',
    requestId: 'r',
    border: 'abroad',
  };
  const read = (event: object) => parseEvent(event, { accountId: ownAccount, region: 'us-east-1', receivedAt });

  it('is part of what tells one start from another', () => {
    const identities = [start, { ...start, border: 'other' }, { ...start, border: undefined }].map((one) => {
      const parsed = read(JSON.parse(JSON.stringify(one)) as object);
      return parsed.kind === 'signal' ? parsed.signal.identity : '';
    });

    expect(new Set(identities).size).toBe(3);
  });

  it('is refused where no border is locked', () => {
    expect(() => read({ ...start, kind: 'brute-force' })).toThrow('border: must be left out but for a review');
  });
});
