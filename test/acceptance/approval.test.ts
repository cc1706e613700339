import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import { openDesk } from './desk.ts';
import type { Desk } from './desk.ts';

const windowMinutes = 5;
const vouched = { owner: 'ada', reason: 'penetration test', until: '2099-01-01T00:00:00Z' };

/** Two servers a window; whoever is tagged is vouched for. */
const policy = {
  version: 1,
  budgets: { windowMinutes, servers: 2 },
  approvals: { timeoutMinutes: 30, remindAfterMinutes: 10 },
  lifelines: [
    {
      name: 'icu',
      kind: 'life-support',
      servers: { tag: { key: 'ward', value: 'icu' } },
      bypass: 'grey box in rack 4',
    },
  ],
  exceptions: [
    { name: 'drill', servers: { tag: { key: 'drill', value: 'ask' } }, instead: 'ask', ...vouched },
    { name: 'honeypot', servers: { tag: { key: 'drill', value: 'observe' } }, instead: 'observe', ...vouched },
  ],
};

/** One deployment of the app; every test has servers and a budget window of its own. */
describe('a cut that a person has to agree to', () => {
  let desk: Desk;

  beforeAll(async () => {
    desk = await openDesk(policy);
  });
  afterEach(async () => await desk.passTime(windowMinutes));
  afterAll(async () => await desk.stop());

  /** More servers than the budget holds: the last three wait as cohort c2. */
  const trip = async (start: object = {}) => {
    const servers = await desk.raise(5);
    const seen = await desk.trip(servers, start);
    return { ...seen, servers, waiting: servers.slice(2) };
  };

  it('is asked for what goes over the budget, and cut exactly when somebody agrees', async () => {
    const { incidentId, outcome, servers, waiting } = await trip();
    const cutAtOnce = desk.cutOf(servers);

    const { stdout: listed } = await desk.fuse('approvals', '--json');
    const from = desk.callCount;
    const { status, stdout } = await desk.fuse('approve', incidentId, '--reason', 'checked with the desk');

    expect({ outcome, cutAtOnce }).toEqual({ outcome: 'partly-contained', cutAtOnce: servers.slice(0, 2) });
    const question = JSON.parse(listed) as Readonly<Record<string, unknown>>;
    expect(question).toMatchObject({
      incidentId,
      cohortId: 'c2',
      servers: waiting,
      reason: expect.stringMatching(/^Budget of 2/),
    });
    // Whoever holds the token may answer.
    expect(question).not.toHaveProperty('taskToken');
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('3 servers') });
    expect(desk.cutOf(servers)).toEqual(servers);
    expect(desk.mutationsSince(from).sort()).toEqual([
      ...waiting.map(() => 'ModifyNetworkInterfaceAttribute'),
      'SendCommand',
    ]);
    expect(await desk.find(incidentId, auditKeys.closedCohort('c2'))).toMatchObject({ outcome: 'contained' });
    expect(await desk.find(incidentId, auditKeys.answered('c2'))).toMatchObject({
      answer: { approved: true, reason: 'checked with the desk' },
    });
    expect(await desk.questionsOf(incidentId)).toEqual([]);
  });

  it('is left alone when somebody declines', async () => {
    const { incidentId, servers } = await trip();

    const { status } = await desk.fuse('decline', incidentId, '--cohort', 'c2', '--reason', '4711');

    expect(status).toBe(0);
    expect(desk.cutOf(servers)).toEqual(servers.slice(0, 2));
    expect(await desk.find(incidentId, auditKeys.closedCohort('c2'))).toMatchObject({
      outcome: 'declined',
      summary: expect.stringContaining('declined: 4711'),
    });
  });

  it('is left alone when nobody answers in time, and a late yes says that it came too late', async () => {
    const { incidentId, servers } = await trip();

    await desk.passTime(29);
    const stillOpen = await desk.questionsOf(incidentId);
    await desk.passTime(2);
    const late = await desk.fuse('approve', incidentId, '--reason', 'sorry');

    expect(stillOpen).toHaveLength(1);
    expect(desk.cutOf(servers)).toEqual(servers.slice(0, 2));
    expect(await desk.find(incidentId, auditKeys.answered('c2'))).toMatchObject({
      approved: false,
      step: { status: 'unanswered', summary: expect.stringContaining('left alone') },
    });
    expect(late).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('Nothing of incident') });
  });

  it('is asked for a second time, and only the answer to the second question counts from then on', async () => {
    const { incidentId, servers } = await trip();
    const [first] = await desk.questionsOf(incidentId);

    await desk.passTime(15);
    const [second] = await desk.questionsOf(incidentId);
    const outdated = desk.answer(first?.taskToken ?? '', { approved: true, by: 'eve', reason: 'old' });
    await expect(outdated).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await desk.fuse('decline', incidentId, '--reason', 'seen');

    expect(second).toEqual({ ...first, taskToken: expect.any(String) as string });
    expect(second?.taskToken).not.toBe(first?.taskToken);
    expect(await desk.find(incidentId, auditKeys.reminded('c2'))).toMatchObject({ askedAt: first?.askedAt });
    expect(desk.cutOf(servers)).toEqual(servers.slice(0, 2));
    expect(await desk.find(incidentId, auditKeys.answered('c2'))).toMatchObject({ step: { status: 'declined' } });
  });

  it.each([
    ['approve', 'handed-over', 'approved'],
    ['decline', 'declined', 'declined'],
  ])('is never made on life support: %s ends %s, and a reminder comes before', async (verb, outcome, status) => {
    const servers = await desk.raise(1, { [tagKeys.lifeline]: 'life-support', ward: 'icu' });
    const { incidentId, outcome: atFirst } = await desk.trip(servers, { kind: 'ransomware' });
    const from = desk.callCount;

    await desk.passTime(15);
    const [question] = await desk.questionsOf(incidentId);
    const run = await desk.fuse(verb, incidentId, '--reason', 'spoke to the ward');

    expect({ atFirst, answered: run.status }).toEqual({ atFirst: 'awaiting-approval', answered: 0 });
    expect(question?.reason).toContain('grey box in rack 4');
    expect(await desk.find(incidentId, auditKeys.reminded('c1'))).toBeDefined();
    expect(await desk.find(incidentId, auditKeys.closedCohort('c1'))).toMatchObject({ outcome });
    expect(await desk.find(incidentId, auditKeys.answered('c1'))).toMatchObject({ step: { status } });
    expect(desk.mutationsSince(from)).toEqual([]);
    expect(desk.cutOf(servers)).toEqual([]);
  });

  it('is asked for once: a repeat of the event while somebody is asked does nothing', async () => {
    const first = await trip({ requestId: 'asked once' });
    const from = desk.callCount;

    const again = await desk.trip(first.servers, { requestId: 'asked once' });

    expect(again).toMatchObject({ outcome: 'repeated', incidentId: first.incidentId, trouble: null });
    expect(again.reason).toContain('A person is asked about c2');
    expect(desk.mutationsSince(from)).toEqual([]);
    expect(await desk.questionsOf(first.incidentId)).toHaveLength(1);
    await desk.fuse('decline', first.incidentId, '--reason', 'end of the test');
  });

  it('is refused where the server became a lifeline while it waited', async () => {
    const { incidentId, servers, waiting } = await trip();
    const [lifeline = '', ...others] = waiting;

    desk.lab.aws.ec2.model.setTags(lifeline, { [tagKeys.lifeline]: 'clearing' });
    const from = desk.callCount;
    await desk.fuse('approve', incidentId, '--reason', 'go');

    expect(desk.cutOf(servers)).toEqual([...servers.slice(0, 2), ...others]);
    expect(desk.mutationsSince(from)).toHaveLength(others.length + 1);
    expect(await desk.find(incidentId, auditKeys.closedCohort('c2'))).toMatchObject({ outcome: 'partly-contained' });
  });

  it('starts at once under break-glass, and the record says who broke it and why', async () => {
    const { incidentId, outcome, servers } = await trip({ breakGlass: true, reason: 'worm in the rack' });

    expect(outcome).toBe('contained');
    expect(desk.cutOf(servers)).toEqual(servers);
    expect(await desk.questionsOf(incidentId)).toEqual([]);
    const opened = await desk.find(incidentId, auditKeys.opened(1));
    expect(opened?.['signal']).toMatchObject({ breakGlass: true, requestedBy: 'ada', reason: 'worm in the rack' });
    expect(JSON.stringify(opened?.['assessment'])).toContain('break-glass by \\"ada\\"');
  });

  it('is asked for where an exception says so, and not made at all where one says observe', async () => {
    const [asked = ''] = await desk.raise(1, { drill: 'ask' });
    const [observed = ''] = await desk.raise(1, { drill: 'observe' });
    const [plain = ''] = await desk.raise(1);

    const { incidentId, assessed } = await desk.trip([asked, observed, plain]);

    expect(desk.cutOf([asked, observed, plain])).toEqual([plain]);
    expect(await desk.questionsOf(incidentId)).toMatchObject([
      { servers: [asked], reason: expect.stringContaining('Exception "drill" of "ada"') },
    ]);
    const spared = assessed.cohorts.find(({ servers }) => servers.includes(observed));
    expect(spared).toMatchObject({
      answers: { securityRisk: false },
      evidence: { securityRisk: expect.stringContaining('Exception "honeypot" of "ada"') },
    });
    await desk.fuse('approve', incidentId, '--reason', 'no drill today');
    expect(desk.cutOf([asked, observed, plain])).toEqual([asked, plain]);
  });

  it('is answered cohort by cohort where several wait', async () => {
    const servers = await desk.raise(3);
    const [asked = ''] = await desk.raise(1, { drill: 'ask' });
    const { incidentId } = await desk.trip([...servers, asked]);
    const questions = await desk.questionsOf(incidentId);
    const ofDrill = questions.find(({ servers: named }) => named.includes(asked));

    const vague = await desk.fuse('approve', incidentId, '--reason', 'go');
    await desk.fuse('approve', incidentId, '--cohort', ofDrill?.cohortId ?? '', '--reason', 'go');

    expect(questions).toHaveLength(2);
    expect(vague).toMatchObject({ status: 1, stderr: expect.stringMatching(/Several cohorts of .* wait: c\d, c\d/) });
    expect(desk.cutOf([...servers, asked])).toEqual([...servers.slice(0, 2), asked]);
    await desk.fuse('decline', incidentId, '--reason', 'end of the test');
  });

  it('is asked for again once a person has restored the server', async () => {
    const [server = ''] = await desk.raise(1);
    const start = { requestId: 'comes back' };
    const { incidentId } = await desk.trip([server], start);
    await desk.fuse('restore', incidentId, '--reason', 'false alarm');
    const restored = desk.cutOf([server]);

    const again = await desk.trip([server], start);

    expect(restored).toEqual([]);
    expect(again).toMatchObject({ outcome: 'awaiting-approval', incidentId });
    expect(desk.cutOf([server])).toEqual([]);
    expect(await desk.questionsOf(incidentId)).toMatchObject([
      { cohortId: 'c1001', reason: expect.stringContaining('A person restored this incident') },
    ]);
    await desk.fuse('approve', incidentId, '--reason', 'it is real');
    expect(desk.cutOf([server])).toEqual([server]);
  });

  it('ends by itself after its time, and the next signal cuts again without a question', async () => {
    const [server = ''] = await desk.raise(1);
    const start = { requestId: 'for a while', expiresInMinutes: 7 };
    const { incidentId } = await desk.trip([server], start);

    await desk.passTime(5);
    const held = desk.cutOf([server]);
    await desk.passTime(5);
    const ended = desk.cutOf([server]);
    const again = await desk.trip([server], start);

    expect({ held, ended }).toEqual({ held: [server], ended: [] });
    expect(await desk.lab.audit.listCuts()).not.toContainEqual(
      expect.objectContaining({ entry: expect.objectContaining({ incidentId, cohortId: 'c1' }) }),
    );
    expect(again).toMatchObject({ outcome: 'contained', incidentId });
    expect(desk.cutOf([server])).toEqual([server]);
  });
});

/** How a cut ended shows behind the closing: it is no part of the decision. */
function decisionOf(path: readonly string[]): readonly string[] {
  return path.slice(0, path.indexOf('Close incident') + 1 || path.length);
}

/** What was decided, without what differs from one deployment to the next. */
async function decide(mode: 'shadow' | 'armed') {
  const desk = await openDesk(policy);
  try {
    await desk.lab.setMode(mode);
    const servers = await desk.raise(4);
    const [asked = ''] = await desk.raise(1, { drill: 'ask' });
    const [lifeline = ''] = await desk.raise(1, { [tagKeys.lifeline]: 'clearing' });
    const [trader = ''] = await desk.raise(1, { [tagKeys.profile]: 'trading' });
    const from = desk.callCount;
    const tripped = [
      await desk.trip([...servers, asked, lifeline]),
      await desk.trip([trader], { kind: 'abnormal-orders', breakGlass: true }),
    ];
    const decisions = tripped.map(({ assessed: { outcome, reason, incident, cohorts }, path }) => {
      const { identity, kind, servers: named } = incident?.signal ?? {};
      return { outcome, reason, identity, kind, named, cohorts, path: decisionOf(path) };
    });
    const children = desk.lab.aws.stepFunctions.executions.map(({ machine, path }) => ({
      name: machine.name,
      path: decisionOf(path),
    }));
    return { decisions, children, mutations: desk.mutationsSince(from), outcomes: tripped.map((one) => one.outcome) };
  } finally {
    await desk.stop();
  }
}

describe('shadow mode', () => {
  it('decides as armed does, on record and on its way, and changes nothing', async () => {
    const [shadow, armed] = await Promise.all([decide('shadow'), decide('armed')]);

    expect(shadow.mutations).toEqual([]);
    expect(armed.mutations.length).toBeGreaterThan(0);
    expect(shadow.decisions).toEqual(armed.decisions);
    expect(shadow.children).toEqual(armed.children);
    expect(shadow.outcomes.every((outcome) => outcome !== 'contained')).toBe(true);
  });
});
