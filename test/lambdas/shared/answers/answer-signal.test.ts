import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerSignal } from '../../../../lambdas/shared/answers/answer-signal.ts';
import { applyMeanings } from '../../../../lambdas/shared/answers/apply-meanings.ts';
import { CohortSchema, questions } from '../../../../lambdas/shared/contracts/incident.ts';
import { receivedAt } from '../../../builders/action-request.ts';
import { buildPolicy } from '../../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../../builders/server.ts';
import { buildSignal, ownAccount } from '../../../builders/signal.ts';
import type { ServerDescription } from '../../../../lambdas/shared/policy/server-facts.ts';

const noCut = { scope: 'peers', peers: [] };

function cohortsOf(signal = buildSignal(), descriptions: readonly ServerDescription[] = [], policy = buildPolicy()) {
  return answerSignal(signal, { policy, descriptions, accountId: ownAccount, receivedAt, doubts: [] });
}

describe('answerSignal', () => {
  it('makes one cohort of 87 servers that are alike', () => {
    const servers = Array.from({ length: 87 }, (_, index) => `i-${index}`);
    const descriptions = servers.map((id, index) =>
      buildDescription({ id, securityGroups: [`sg-${index % 3}`, 'sg-all'] }),
    );

    const cohorts = cohortsOf(buildSignal({ kind: 'ransomware', servers }), descriptions);

    expect(cohorts).toHaveLength(1);
    expect(cohorts[0]).toMatchObject({
      id: 'c1',
      servers,
      cut: { scope: 'server' },
      securityGroupHints: ['sg-0', 'sg-1', 'sg-2', 'sg-all'],
      handOver: null,
    });
    expect(cohorts[0]?.evidence.securityRisk).toBe('"Backdoor:EC2/C&CActivity.B" is of the ransomware kind');
  });

  it('puts what is cut first and lifelines behind, each with its evidence', () => {
    const servers = ['i-1', 'i-2', 'i-3', 'i-4', 'i-5'];
    const descriptions = [
      buildDescription({ id: 'i-1', tags: fuseTags({ lifeline: 'clearing' }) }),
      buildDescription({ id: 'i-2' }),
      buildDescription({ id: 'i-3', interfaces: [{ id: 'eni-3', tags: fuseTags({ lifeline: 'clearing' }) }] }),
      buildDescription({ id: 'i-4', tags: fuseTags({ service: 'matching' }) }),
    ];

    const cohorts = cohortsOf(buildSignal({ kind: 'ransomware', servers }), descriptions);

    expect(cohorts.map((cohort) => [cohort.id, ...cohort.servers])).toEqual([
      ['c1', 'i-4'],
      ['c2', 'i-2'],
      ['c3', 'i-1', 'i-3'],
      ['c4', 'i-5'],
    ]);
    expect(cohorts[2]?.evidence.lifeline).toBe(
      'Lifeline by its tag "connection-fuse:lifeline=clearing" (i-1, one of 2 servers)',
    );
  });

  it('holds lifelines of different kinds open apart, for different things keep them alive', () => {
    const servers = ['i-1', 'i-2', 'i-3'];
    const kinds = ['clearing', 'grid-dispatch', 'misspelt'];
    const descriptions = servers.map((id, index) =>
      buildDescription({ id, tags: fuseTags({ lifeline: kinds[index] ?? '' }) }),
    );

    const cohorts = cohortsOf(buildSignal({ kind: 'ransomware', servers }), descriptions);

    expect(cohorts.map((cohort) => cohort.lifelineKinds)).toEqual([
      ['clearing'],
      ['grid-dispatch'],
      ['clearing', 'life-support', 'grid-dispatch'],
    ]);
    // Where it may be life support a person is asked about its bypass, and about nothing else.
    expect(cohorts.map(({ approval }) => approval?.onTimeout ?? null)).toEqual([null, null, 'leave']);
  });

  it.each([
    ['is not found', [], 'EC2 knows no such server in account 123456789012 and this region'],
    ['is terminated', [buildDescription({ state: 'terminated' })], 'The server is terminated: nothing is left to cut'],
    [
      'is shutting down',
      [buildDescription({ state: 'shutting-down' })],
      'The server is shutting-down: nothing is left to cut',
    ],
  ])('cuts no server that %s', (_title, descriptions, handOver) => {
    const [cohort] = cohortsOf(buildSignal({ kind: 'ransomware' }), descriptions);

    expect(cohort).toMatchObject({ handOver, cut: noCut, servers: ['i-0b0c0d0e0f00000a1'] });
    expect(Object.values(cohort?.answers ?? {})).toEqual(questions.map(() => false));
  });

  it('cuts no server of another account, even under an id of our own', () => {
    const signal = buildSignal({ kind: 'ransomware', accountId: '999999999999' });

    const [cohort] = cohortsOf(signal, [buildDescription()]);

    expect(cohort).toMatchObject({ cut: noCut, answers: { spreads: false, securityRisk: false } });
    expect(cohort?.handOver).toContain('belong to account 999999999999');
  });

  it.each([
    ['account-threat', 4, true],
    ['account-threat', 3.9, false],
    ['other-alarm', null, false],
    ['business-outage', null, true],
  ] as const)('hands over %s of severity %j without a server: %j', (kind, severity, handsOver) => {
    const cohorts = cohortsOf(buildSignal({ kind, severity, servers: [], resource: 'S3Bucket' }));

    expect(cohorts).toHaveLength(1);
    expect(cohorts[0]).toMatchObject({ servers: [], cut: noCut });
    expect(cohorts[0]?.handOver !== null).toBe(handsOver);
  });

  it('hands over what could not be found out', () => {
    const signal = buildSignal({ servers: [] });
    const doubts = ['Child alarm "x" could not be looked up'];

    const cohorts = answerSignal(signal, {
      policy: buildPolicy(),
      descriptions: [],
      accountId: ownAccount,
      receivedAt,
      doubts,
    });

    expect(cohorts).toMatchObject([{ servers: [], handOver: doubts[0], cut: noCut }]);
  });

  it('puts every server into exactly one cohort, and cuts only what it knows', () => {
    const server = fc.record({
      known: fc.boolean(),
      tags: fc.record(
        {
          lifeline: fc.constantFrom('clearing', ''),
          profile: fc.constantFrom('trading', 'general', 'misspelt'),
          service: fc.constantFrom('matching', 'shop'),
        },
        { requiredKeys: [] },
      ),
      state: fc.constantFrom('running', 'stopped', 'terminated'),
    });

    fc.assert(
      fc.property(
        fc.array(server, { maxLength: 30 }),
        fc.constantFrom('ransomware', 'clock-offset', 'overload'),
        (fleet, kind) => {
          const servers = fleet.map((_, index) => `i-${index}`);
          const descriptions = fleet.flatMap(({ known, tags, state }, index) =>
            known ? [buildDescription({ id: `i-${index}`, state, tags: fuseTags(tags) })] : [],
          );

          const cohorts = cohortsOf(buildSignal({ kind, servers }), descriptions);

          expect(cohorts.flatMap((cohort) => cohort.servers).sort()).toEqual([...servers].sort());
          expect(cohorts.map(({ id }) => id)).toEqual(cohorts.map((_, index) => `c${index + 1}`));
          const mayBeCut = descriptions.filter(
            ({ state, tags }) => state !== 'terminated' && !('connection-fuse:lifeline' in tags),
          );
          const cut = cohorts.filter(({ answers }) => answers.securityRisk).flatMap((cohort) => cohort.servers);
          expect(mayBeCut.map(({ id }) => id)).toEqual(expect.arrayContaining(cut));
          for (const cohort of cohorts) expect(CohortSchema.parse(cohort)).toEqual(cohort);
        },
      ),
    );
  });
});

describe('applyMeanings', () => {
  const policy = buildPolicy({
    alarms: [
      { namePrefix: 'ward-clock-', means: 'time-difference', servers: ['i-7', 'i-7'] },
      { namePrefix: 'ward-', means: 'business-outage' },
    ],
  });
  const alarm = buildSignal({
    source: 'cloudwatch',
    kind: 'other-alarm',
    name: 'ward-clock-3',
    resource: 'arn:x',
    servers: [],
  });

  it('gives an alarm the meaning and the servers of the first matching entry', () => {
    expect(applyMeanings(alarm, policy)).toEqual({
      ...alarm,
      kind: 'time-difference',
      servers: ['i-7'],
      resource: null,
    });
    expect(applyMeanings({ ...alarm, name: 'ward-down' }, policy)).toEqual({
      ...alarm,
      name: 'ward-down',
      kind: 'business-outage',
    });
  });

  it('wins over what the metric means, and keeps the servers the alarm names', () => {
    const cpu = { ...alarm, kind: 'overload' as const, servers: ['i-1'], resource: null };

    expect(applyMeanings(cpu, policy)).toEqual({ ...cpu, kind: 'time-difference' });
  });

  it.each([
    ['an alarm of another name', { name: 'desk-ward-clock-3' }],
    ['a finding of the same name', { source: 'guardduty' as const }],
  ])('leaves %s alone', (_title, over) => {
    expect(applyMeanings({ ...alarm, ...over }, policy)).toEqual({ ...alarm, ...over });
  });
});
