import { describe, expect, it } from 'vitest';
import { askPerson } from '../../../lambdas/ask-person/ask-person.ts';
import type { Question } from '../../../lambdas/shared/clients/audit-table.ts';
import { MessageInvalidError } from '../../../lambdas/shared/errors.ts';
import { buildCohort, buildIncident } from '../../builders/action-request.ts';
import { buildPolicy } from '../../builders/policy.ts';

const incident = buildIncident();
const approval = {
  reason: 'Budget is used up',
  timeoutSeconds: 1800,
  remindAfterSeconds: 900,
  onTimeout: 'leave' as const,
};
const cohort = buildCohort({ approval });
const lifeSupport = buildCohort({
  approval: { ...approval, reason: 'Bypass' },
  answers: { ...cohort.answers, lifeline: true },
  lifelineKinds: ['life-support'],
});
const askedAt = '2026-05-06T07:05:31.000Z';
const executionId = 'arn:approve';

/** Notes every write and event in the order in which they happen. */
function buildTools() {
  const happened: [string, unknown][] = [];
  const note = (what: string) => (given: unknown) => void happened.push([what, given]);
  return {
    happened,
    tools: {
      audit: {
        putQuestion: async (question: Question) => Promise.resolve(note('question')(question)),
        putInIncident: async (_id: string, sk: string, content: object) => {
          note(sk)(content);
          return Promise.resolve('written' as const);
        },
      },
      bus: { publish: async (type: string, detail: object) => Promise.resolve(note(type)(detail)) },
      policy: buildPolicy({
        lifelines: [
          { name: 'icu', kind: 'life-support', servers: { ids: cohort.servers }, bypass: 'grey box in rack 4, key up' },
          { name: 'er', kind: 'life-support', servers: { ids: ['i-0000000000000000b'] }, bypass: 'elsewhere' },
        ],
      }),
      now: () => '2026-05-06T07:10:00.000Z',
    },
  };
}

const record = (answer: unknown, failure: { error: string; cause: string } | null = null, over = cohort) =>
  askPerson({ step: 'record', incident, cohort: over, answer, failure, executionId }, buildTools().tools);

describe('askPerson', () => {
  it('writes the question before it tells anyone, and keeps the token out of event and incident', async () => {
    const { tools, happened } = buildTools();

    await askPerson({ step: 'ask', taskToken: 'secret', incident, cohort, executionId, askedAt }, tools);

    expect(happened.map(([what]) => what)).toEqual(['question', 'asked#c1', 'Approval wanted']);
    expect(happened[0]?.[1]).toMatchObject({ taskToken: 'secret', until: '2026-05-06T07:35:31.000Z' });
    expect(JSON.stringify(happened.slice(1))).not.toContain('secret');
    expect(happened[2]?.[1]).toMatchObject({ incidentId: incident.id, cohortId: 'c1', reason: 'Budget is used up' });
  });

  it('asks again with a token of its own that takes the place of the first one, and tells that it is a reminder', async () => {
    const { tools, happened } = buildTools();

    await askPerson({ step: 'remind', taskToken: 'second', incident, cohort, executionId, askedAt }, tools);

    expect(happened.map(([what]) => what)).toEqual(['question', 'reminded#c1', 'Approval still wanted']);
    // The time to answer runs on from the first question.
    expect(happened[0]?.[1]).toMatchObject({ taskToken: 'second', until: '2026-05-06T07:35:31.000Z' });
    expect(JSON.stringify(happened.slice(1))).not.toContain('"second"');
    expect(happened[2]?.[1]).toMatchObject({
      severity: 'notice',
      subject: expect.stringMatching(/^REMINDER: Cut of i-/),
    });
  });

  it('says of a lifeline that it is a bypass, of which server, where the switch is, and what an answer means', async () => {
    const { tools, happened } = buildTools();
    const request = { taskToken: 'secret', incident, cohort: lifeSupport, executionId, askedAt };

    await askPerson({ step: 'ask', ...request }, tools);

    expect(happened[2]?.[1]).toMatchObject({
      severity: 'lifeline',
      subject: 'LIFELINE: bypass of i-0000000000000000a waits for an answer',
      reason: 'Bypass. Server i-0000000000000000a. icu: grey box in rack 4, key up',
      meaning: expect.stringContaining('you throw the switch by hand'),
    });
    expect(JSON.stringify(happened)).not.toContain('elsewhere');
  });

  it('tells that the policy does not say where the switch is', async () => {
    const { tools, happened } = buildTools();

    const request = { taskToken: 'secret', incident, cohort: lifeSupport, executionId, askedAt };
    await askPerson({ step: 'ask', ...request }, { ...tools, policy: buildPolicy() });

    expect(happened[0]?.[1]).toMatchObject({ reason: expect.stringContaining('does not say where the switch is') });
  });

  it.each([
    [true, 'approved', 'ada approved the bypass: seen'],
    [false, 'declined', 'ada declined the bypass: seen'],
  ])('records that the bypass was approved: %s', async (approved, status, summary) => {
    const decision = await record({ approved, by: 'ada', reason: 'seen' }, null, lifeSupport);

    expect(decision).toMatchObject({ approved, step: { status, summary } });
  });

  it('takes silence for no bypass, though the policy cuts without an answer', async () => {
    const silent = { ...lifeSupport, approval: { ...approval, onTimeout: 'cut' as const } };

    const decision = await record(null, { error: 'States.Timeout', cause: '' }, silent);

    expect(decision).toMatchObject({ approved: false, step: { status: 'unanswered' } });
  });

  it.each([
    [true, 'approved', 'ada approved: seen'],
    [false, 'declined', 'ada declined: seen'],
  ])('records approved: %s as %s, with who and why', async (approved, status, summary) => {
    const { tools, happened } = buildTools();
    const answer = { approved, by: 'ada', reason: 'seen' };

    const decision = await askPerson({ step: 'record', incident, cohort, answer, failure: null, executionId }, tools);

    const step = { action: 'ask-person', cohortId: 'c1', status, summary };
    expect(decision).toEqual({ approved, step, answeredAt: '2026-05-06T07:10:00.000Z' });
    expect(happened).toMatchObject([['answered#c1', { approved, answer, step, executionId }]]);
  });

  it.each([
    ['leave', false, 'unanswered'],
    ['cut', true, 'approved'],
  ] as const)('rules silence by the policy: %s', async (onTimeout, approved, status) => {
    const silent = buildCohort({ approval: { ...approval, onTimeout } });

    const decision = await record(null, { error: 'States.Timeout', cause: '' }, silent);

    expect(decision).toMatchObject({ approved, step: { status } });
    expect(JSON.stringify(decision)).toContain('Nobody answered within 30 minutes');
  });

  it.each([
    'yes',
    null,
    { approved: 'true', by: 'ada', reason: 'seen' },
    { approved: true, by: '', reason: 'seen' },
    { approved: true, by: 'ada' },
    { approved: true, by: 'ada', reason: 'seen', cohort: {} },
  ])('takes %j for no approval', async (answer) => {
    expect(await record(answer)).toMatchObject({ approved: false, step: { status: 'failed' } });
  });

  it('cuts nothing where nobody could be asked, even if silence would mean a cut', async () => {
    const silent = buildCohort({ approval: { ...approval, onTimeout: 'cut' } });

    const decision = await record(null, { error: 'AuditWriteError', cause: 'gone' }, silent);

    expect(decision).toMatchObject({ approved: false, step: { status: 'failed' } });
  });

  it('refuses a cohort that nobody has to agree to', async () => {
    await expect(record({}, null, buildCohort())).rejects.toThrow(MessageInvalidError);
  });
});
