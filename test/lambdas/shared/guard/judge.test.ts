import { describe, expect, it } from 'vitest';
import type { ActionPlan } from '../../../../lambdas/shared/actions/action.ts';
import { judge } from '../../../../lambdas/shared/guard/judge.ts';
import type { GuardFacts } from '../../../../lambdas/shared/guard/read-facts.ts';
import { buildCohort } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';

const a = 'i-0000000000000000a';
const b = 'i-0000000000000000b';
const cohort = buildCohort({ servers: [a, b] });
const plan: ActionPlan = {
  changes: [a, b].map((server) => ({ target: `eni-${server}`, server, before: {}, intended: {} })),
  leftAlone: [],
  unable: [],
};

function facts(
  over: Partial<ReturnType<typeof buildDescription>> = {},
  mode: GuardFacts['mode'] = 'armed',
): GuardFacts {
  return {
    mode,
    servers: new Map([
      [a, buildDescription({ id: a, ...over })],
      [b, buildDescription({ id: b })],
    ]),
  };
}

describe('judge', () => {
  it('lets through what is no lifeline', () => {
    const judgement = judge(plan, cohort, facts(), buildPolicy());

    expect(judgement).toStrictEqual({
      mode: 'armed',
      allowed: plan.changes,
      refusals: [],
      leftAlone: [],
      unable: [],
    });
  });

  it.each([
    ['its tag', facts({ tags: fuseTags({ lifeline: 'clearing' }) }), {}],
    ['its tag with a misspelt kind', facts({ tags: fuseTags({ lifeline: 'claering' }) }), {}],
    ['its tag without a value', facts({ tags: fuseTags({ lifeline: '' }) }), {}],
    ['the tag of an interface', facts({ interfaces: [{ id: 'eni-1', tags: fuseTags({ lifeline: 'clearing' }) }] }), {}],
    ['its id in the policy', facts(), { lifelines: [{ name: 'core', kind: 'clearing', servers: { ids: [a] } }] }],
    [
      'its profile in the policy',
      facts({ tags: fuseTags({ profile: 'trading' }) }),
      { lifelines: [{ name: 'core', kind: 'clearing', servers: { profile: 'trading' } }] },
    ],
  ] as const)('refuses a lifeline by %s and goes on with the rest', (_, known, policy) => {
    const judgement = judge(plan, cohort, known, buildPolicy(policy));

    expect(judgement.allowed.map(({ server }) => server)).toEqual([b]);
    expect(judgement.refusals.map(({ target }) => target)).toEqual([a]);
  });

  it('refuses a server whose facts are missing', () => {
    const judgement = judge(
      plan,
      cohort,
      { mode: 'armed', servers: new Map([[b, buildDescription({ id: b })]]) },
      buildPolicy(),
    );

    expect(judgement.allowed.map(({ server }) => server)).toEqual([b]);
    expect(judgement.refusals).toEqual([{ target: a, reason: 'Facts about the server could not be read' }]);
  });

  it('refuses everything while the fuse is off', () => {
    const judgement = judge(plan, cohort, facts({}, 'off'), buildPolicy());

    expect(judgement.allowed).toEqual([]);
    expect(judgement.refusals.map(({ reason }) => reason)).toEqual(['The fuse is off', 'The fuse is off']);
  });

  it('refuses a server with a golden channel that the assessment did not know', () => {
    const channel = { name: 'replication', servers: { ids: [a] }, direction: 'in', peers: ['10.0.0.0/24'] };

    const judgement = judge(plan, cohort, facts(), buildPolicy({ goldenChannels: [channel] }));

    expect(judgement.refusals.map(({ target }) => target)).toEqual([a]);
  });

  it('refuses a change that a lifeline would feel, though it is another server that is cut', () => {
    const shared = { target: 'sgr-1', server: b, alsoTouches: [a], before: {}, intended: {} };

    const judgement = judge(
      { ...plan, changes: [shared] },
      cohort,
      facts({ tags: fuseTags({ lifeline: 'clearing' }) }),
      buildPolicy(),
    );

    expect(judgement.allowed).toEqual([]);
  });

  it('lets a change through that others need still, though its first server is terminated', () => {
    const shared = { target: 'subnet-1', server: a, alsoTouches: [b], before: {}, intended: {} };

    const { allowed } = judge({ ...plan, changes: [shared] }, cohort, facts({ state: 'terminated' }), buildPolicy());

    expect(allowed).toEqual([shared]);
  });

  it('leaves a terminated server alone and counts it as no failure', () => {
    const unable = [{ target: a, reason: 'Server is not managed by Systems Manager' }];

    const judgement = judge({ ...plan, unable }, cohort, facts({ state: 'terminated' }), buildPolicy());

    expect(judgement).toMatchObject({ refusals: [], unable: [] });
    expect(judgement.allowed.map(({ server }) => server)).toEqual([b]);
    expect(judgement.leftAlone).toEqual([{ target: a, reason: 'Server is terminated: nothing to cut' }]);
  });

  it('calls a terminated server refused, not left alone, when it must not be touched anyway', () => {
    const known = facts({ state: 'terminated', tags: fuseTags({ lifeline: 'clearing' }) });

    const judgement = judge(plan, cohort, known, buildPolicy());

    expect(judgement.leftAlone).toEqual([]);
    expect(judgement.refusals.map(({ target }) => target)).toEqual([a]);
  });

  it.each([
    ['a server that is let through', b, facts(), true],
    ['what is no server of the cohort', 'eni-1', facts(), true],
    ['a server that is refused', a, facts({ tags: fuseTags({ lifeline: 'clearing' }) }), false],
    ['a server that is gone', a, facts({ state: 'shutting-down' }), false],
  ])('keeps the failure of %s: %s', (_, target, known, isKept) => {
    const unable = [{ target, reason: 'Not managed' }];

    const judgement = judge({ ...plan, unable }, cohort, known, buildPolicy());

    expect(judgement.unable).toEqual(isKept ? unable : []);
  });
});
