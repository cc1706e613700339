import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assess } from '../../../lambdas/assess/assess.ts';
import { isCutAtOnce, wouldBeCut } from '../../../lambdas/shared/answers/would-be-cut.ts';
import { CohortSchema, profiles, questions, type Assessment } from '../../../lambdas/shared/contracts/incident.ts';
import { signalKinds, spreadingKinds } from '../../../lambdas/shared/contracts/signal.ts';
import { buildAssessTools, buildDelivery } from '../../builders/assess-tools.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildException, buildPolicy } from '../../builders/policy.ts';

const fleet = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5', 'i-6'];
const anyServers = fc.uniqueArray(fc.constantFrom(...fleet), { minLength: 1 });
const anySelector = fc.oneof(
  fc.record({ ids: anyServers }),
  fc.record({ service: fc.constantFrom('matching', 'shop') }),
  fc.record({ profile: fc.constantFrom(...profiles) }),
);
const anyTags = fc.record(
  {
    lifeline: fc.constantFrom('clearing', 'misspelt', ''),
    profile: fc.constantFrom(...profiles),
    service: fc.constantFrom('matching', 'shop', 'unheard-of'),
  },
  { requiredKeys: [] },
);
const anyException = fc.record({
  servers: anySelector,
  instead: fc.constantFrom('ask', 'observe'),
  until: fc.constantFrom('2026-06-01T00:00Z', '2026-01-01T00:00Z'),
  kinds: fc.option(fc.uniqueArray(fc.constantFrom(...signalKinds), { minLength: 1 }), { nil: undefined }),
});
const anyCase = fc.record({
  tags: fc.array(anyTags, { minLength: fleet.length, maxLength: fleet.length }),
  exceptions: fc.array(anyException, { maxLength: 3 }),
  lifelines: fc.array(anySelector, { maxLength: 1 }),
  approvals: fc.record({
    timeoutMinutes: fc.integer({ min: 1, max: 1440 }),
    onTimeout: fc.constantFrom('leave', 'cut'),
  }),
  servicePercent: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  servers: anyServers,
  kind: fc.constantFrom(...signalKinds),
  ports: fc.option(fc.constant([443]), { nil: undefined }),
  breakGlass: fc.option(fc.constant(true), { nil: undefined }),
  expiresInMinutes: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  /** How many fit; null is a budget that cannot be counted. */
  room: fc.option(fc.nat(6)),
  /** What happened to the same incident before. */
  past: fc.constantFrom('nothing', 'restored', 'failed'),
});
type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

/** Assesses one case after its past; `granted` is what every budget that was asked let through. */
async function play(one: Case): Promise<{ assessment: Assessment; granted: ReadonlySet<string> }> {
  const { audit } = new FakeTable();
  const granted = new Set(fleet);
  const take = async (_scope: unknown, servers: readonly string[]) => {
    if (one.room === null) throw new Error('not counted');
    const fitting = new Set(servers.slice(0, one.room));
    for (const server of servers) if (!fitting.has(server)) granted.delete(server);
    return Promise.resolve(fitting);
  };
  const tools = buildAssessTools(
    {
      audit,
      policy: buildPolicy({
        approvals: one.approvals,
        expiry: { serverMinutes: 60, portMinutes: 60, peerMinutes: 60 },
        budgets: { servicePercent: one.servicePercent },
        exceptions: one.exceptions.map((exception, index) => buildException({ ...exception, name: `e${index}` })),
        lifelines: one.lifelines.map((servers) => ({ name: 'kept', kind: 'clearing', servers })),
      }),
      describeServices: async () => new Map([['i-1', 'shop']]),
      budget: { take, count: async () => undefined },
    },
    (server) => one.tags[fleet.indexOf(server)] ?? {},
  );
  const { servers, kind, breakGlass, expiresInMinutes } = one;
  const ports = spreadingKinds.has(kind) ? undefined : one.ports;
  const start = { servers, kind, ports, breakGlass, expiresInMinutes };
  if (one.past !== 'nothing') {
    const first = await assess(buildDelivery(start, { executionId: 'first' }), { ...tools, budget: allFits });
    const at = '2026-05-06T07:05:40.000Z';
    const id = first.incident?.id ?? '';
    await audit.putInIncident(id, one.past === 'failed' ? 'failed#01' : 'closed#01', { outcome: 'contained', at });
    if (one.past === 'restored') await audit.putInIncident(id, 'restored#1', { at: '2026-05-06T08:00:00.000Z' });
  }
  return { assessment: await assess(buildDelivery(start), tools), granted };
}

const allFits = buildAssessTools().budget;

/** All checks draw the same cases, so each is played once. */
const played = new Map<string, ReturnType<typeof play>>();

/** Checks what holds for every case. */
async function check(holds: (one: Case, end: Awaited<ReturnType<typeof play>>) => void): Promise<void> {
  const playOnce = async (one: Case): ReturnType<typeof play> => {
    const key = JSON.stringify(one);
    const known = played.get(key) ?? play(one);
    played.set(key, known);
    return known;
  };
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => holds(one, await playOnce(one))),
    { numRuns: 300 },
  );
}

/** By tag, or by what the policy of the case says; reads it anew, so that it does not agree with the code by itself. */
function isLifeline(server: string, { tags, lifelines }: Case): boolean {
  const tag = tags[fleet.indexOf(server)] ?? {};
  return (
    tag.lifeline !== undefined ||
    lifelines.some((selector) => {
      if ('ids' in selector) return selector.ids.includes(server);
      if ('service' in selector) return tag.service === selector.service;
      return (tag.profile ?? 'general') === selector.profile;
    })
  );
}

describe('whatever policy, servers, budget and past', () => {
  it('never cuts a lifeline, and asks at most about the bypass of life support', async () => {
    await check((one, { assessment }) => {
      for (const { servers, answers, cut, approval, lifelineKinds } of assessment.cohorts) {
        if (!servers.some((server) => isLifeline(server, one))) continue;
        expect(questions.filter((question) => answers[question])).toEqual(['lifeline']);
        expect(cut).toEqual({ scope: 'peers', peers: [] });
        expect(approval?.onTimeout).toBe(lifelineKinds.includes('life-support') ? 'leave' : undefined);
      }
    });
  });

  it('puts every server into one cohort, each cohort under an id of its own', async () => {
    await check(({ servers }, { assessment: { cohorts } }) => {
      expect(cohorts.flatMap((cohort) => cohort.servers).sort()).toEqual([...servers].sort());
      expect(new Set(cohorts.map(({ id }) => id)).size).toBe(cohorts.length);
      for (const cohort of cohorts) expect(CohortSchema.parse(cohort)).toEqual(cohort);
    });
  });

  it('asks before it cuts what does not fit, and what cannot be counted unless it spreads', async () => {
    await check(({ breakGlass, room }, { assessment, granted }) => {
      if (breakGlass === true) return;
      for (const cohort of assessment.cohorts.filter(isCutAtOnce)) {
        expect(room !== null || cohort.answers.spreads).toBe(true);
        // Spreading alone buys no room: it only passes over a count that failed.
        expect(cohort.servers.filter((server) => !granted.has(server))).toEqual([]);
      }
    });
  });

  it('asks only about what would be cut, for as long as the policy says, and nobody where the glass is broken', async () => {
    expect.hasAssertions();

    await check(({ breakGlass, approvals }, { assessment: { cohorts } }) => {
      const { timeoutMinutes, onTimeout } = approvals;
      // Of life support a person is asked something else: its bypass.
      const others = cohorts.filter(({ answers }) => !answers.lifeline);
      const asked = others.flatMap(({ approval }) => approval ?? []);
      const uncut = others.filter((cohort) => !wouldBeCut(cohort));
      expect(uncut.filter(({ approval, expiresAt }) => approval !== null || expiresAt !== null)).toEqual([]);
      expect(asked.filter(() => breakGlass === true)).toEqual([]);
      for (const approval of asked) {
        expect(approval).toMatchObject({ timeoutSeconds: timeoutMinutes * 60, onTimeout });
      }
    });
  });

  it('cuts nothing again that a person put back, unless one breaks the glass', async () => {
    expect.hasAssertions();

    await check(({ past, breakGlass }, { assessment: { cohorts } }) => {
      const mustAsk = past === 'restored' && breakGlass !== true;
      expect(mustAsk ? cohorts.filter(isCutAtOnce) : []).toEqual([]);
    });
  });
});
