import { describe, expect, it } from 'vitest';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import { decideRepeat, findLatest } from '../../../../lambdas/shared/clients/decide-repeat.ts';
import { requireApproval } from '../../../../lambdas/shared/answers/ask-first.ts';
import { buildAssessment, buildCohort } from '../../../builders/action-request.ts';

const pk = 'incident#inc-00000000000000000001';
const openedAt = '2026-05-06T07:00:00.000Z';
const closedAt = '2026-05-06T07:00:10.000Z';
/** An hour later: the question of half an hour is over, and so is the time to work off a late answer. */
const later = '2026-05-06T08:00:00.000Z';

const quick = buildCohort({ id: 'c1', servers: ['i-1'] });
const waiting = requireApproval(buildCohort({ id: 'c2', servers: ['i-2', 'i-3'] }), 'budget', {
  timeoutMinutes: 30,
  onTimeout: 'leave',
});

function buildItem(sk: string, content: Readonly<Record<string, unknown>> = {}): AuditItem {
  return { pk, sk, at: closedAt, ...content };
}

const opened = (attempt = '01', cohorts = [quick, waiting]) =>
  buildItem(`opened#${attempt}`, { executionId: 'first', openedAt, assessment: buildAssessment({ cohorts }) });

/** A closing with one step for each `<cohort> <status>`. */
const closed = (outcome: string, ends: readonly string[] = [], sk = 'closed#01', at = closedAt) => {
  const steps = ends.map((end) => {
    const [cohortId, status = ''] = end.split(' ');
    const action = /asked|approved|declined|unanswered/.test(status) ? 'ask-person' : 'kill-connections';
    return { action, cohortId, status };
  });
  return buildItem(sk, { outcome, steps: [steps], at });
};

const asked = (cohortId = 'c2', over: object = {}) =>
  buildItem(`asked#${cohortId}`, {
    servers: ['i-2', 'i-3'],
    until: '2026-05-06T07:30:00.000Z',
    executionId: 'approve-1',
    ...over,
  });

const restored = (at: string, request: object = {}, cohortId = 'c1', status = 'undone') => {
  const entry = { incidentId: 'inc-00000000000000000001', action: 'kill-connections', cohortId };
  return buildItem(`restored#${at}`, { at, request, results: [{ entry, status }] });
};

/** `nothing`, `act`, `ask all`, or `ask` with the servers it asks about. */
function decide(items: readonly AuditItem[], now = later): string {
  const latest = findLatest(items);
  if (latest === undefined) throw new Error('Expected an opening');
  const { may, servers } = decideRepeat(items, latest, now);
  return may === 'ask' ? `ask ${servers?.join(' ') ?? 'all'}` : may;
}

const waits = closed('awaiting-approval', ['c2 asked']);
const halfWaits = closed('partly-contained', ['c1 verified', 'c2 asked']);
const apart = (outcome: string, ends: readonly string[]) =>
  closed(outcome, ends, 'closed#c2', '2026-05-06T07:10:00.000Z');

describe('decideRepeat while a person is asked', () => {
  it.each([
    ['the question is open', [opened(), waits, asked()], '2026-05-06T07:29:00.000Z', 'nothing'],
    ['it is open beside a cut', [opened(), halfWaits, asked()], '2026-05-06T07:29:00.000Z', 'nothing'],
    ['it was put, but not yet on record', [opened(), waits], '2026-05-06T07:29:00.000Z', 'nothing'],
    ['a late answer may still be worked off', [opened(), waits, asked()], '2026-05-06T07:50:00.000Z', 'nothing'],
    ['its time is over and nobody closed it', [opened(), waits, asked()], '2026-05-06T07:50:00.001Z', 'ask i-2 i-3'],
    ['the same, never put on record', [opened(), waits], '2026-05-06T07:50:00.001Z', 'ask i-2 i-3'],
    [
      'the incident failed beside it',
      [opened(), buildItem('failed#01'), asked()],
      '2026-05-06T07:29:00.000Z',
      'nothing',
    ],
    ['the execution that asked died', [opened(), asked()], '2026-05-06T07:29:00.000Z', 'nothing'],
    [
      'asking itself failed',
      [opened(), waits, asked(), buildItem('failed#ab12', { executionId: 'approve-1' })],
      '2026-05-06T07:29:00.000Z',
      'ask i-2 i-3',
    ],
    [
      'it is about a cohort that no opening names',
      [opened('01', []), closed('awaiting-approval', ['c7 asked'])],
      '2026-05-07T07:19:00.000Z',
      'nothing',
    ],
    [
      'that one is over after the longest wait there is',
      [opened('01', []), closed('awaiting-approval', ['c7 asked'])],
      '2026-05-07T07:21:00.000Z',
      'ask all',
    ],
  ])('where %s', (_title, items, now, decision) => {
    expect(decide(items, now)).toBe(decision);
  });

  it('knows the cohorts as the budget left them', () => {
    const split = buildItem('reserved#01', { assessment: buildAssessment({ cohorts: [quick, waiting] }) });

    expect(decide([opened('01', [buildCohort({ servers: ['i-1', 'i-2', 'i-3'] })]), split, waits])).toBe('ask i-2 i-3');
  });

  it('says who is asked about what', () => {
    const items = [opened(), waits, asked()];
    const latest = findLatest(items);
    if (latest === undefined) throw new Error('Expected an opening');

    expect(decideRepeat(items, latest, '2026-05-06T07:29:00.000Z').reason).toBe(
      'A person is asked about c2: may be answered until 2026-05-06T07:30:00.000Z',
    );
    expect(decideRepeat([...items, apart('declined', ['c2 declined'])], latest, later).reason).toBe(
      'The cut of c2 was not approved: declined at 2026-05-06T07:10:00.000Z',
    );
  });
});

describe('decideRepeat after an answer', () => {
  it.each([
    ['a yes, and a cut that holds', apart('contained', ['c2 approved', 'c2 verified']), 'nothing'],
    ['a yes, and a clock that is right again', apart('recovered', ['c2 approved', 'c2 verified']), 'nothing'],
    ['a yes, and a cut that failed', apart('failed', ['c2 approved', 'c2 failed']), 'act'],
    ['a yes in shadow mode', apart('planned', ['c2 approved', 'c2 planned']), 'act'],
    ['a no', apart('declined', ['c2 declined']), 'ask i-2 i-3'],
    ['silence', apart('declined', ['c2 unanswered']), 'ask i-2 i-3'],
    ['trouble', apart('failed', ['c2 failed']), 'ask i-2 i-3'],
  ])('of %s', (_title, closing, decision) => {
    expect(decide([opened(), halfWaits, asked(), closing])).toBe(decision);
    expect(decide([opened(), waits, asked(), closing])).toBe(decision);
  });

  it('acts on what was contained in part without a question', () => {
    expect(decide([opened('01', [quick]), closed('partly-contained')])).toBe('act');
  });

  it('asks about what was declined alone, also where another cut failed', () => {
    const failed = closed('partly-contained', ['c1 failed', 'c2 asked']);

    expect(decide([opened(), failed, asked(), apart('declined', ['c2 declined'])])).toBe('ask i-2 i-3');
  });

  it('asks about everyone where it is not known whom the no was about', () => {
    const items = [opened('01', []), waits, apart('declined', ['c2 declined'])];

    expect(decide(items)).toBe('ask all');
  });

  it('forgets what was asked in an earlier attempt', () => {
    const again = [
      opened('02', [buildCohort({ id: 'c1001', servers: ['i-1'] })]),
      closed('contained', ['c1001 verified'], 'closed#02'),
    ];

    expect(decide([opened(), waits, asked(), apart('declined', ['c2 declined']), ...again])).toBe('nothing');
  });
});

describe('decideRepeat after a restore', () => {
  const contained = closed('contained', ['c1 verified']);
  const before = '2026-05-06T07:00:05.000Z';
  const after = '2026-05-06T07:30:00.000Z';

  it.each([
    ['a person', restored(after), 'ask all'],
    ['a person, before it was closed', restored(before), 'nothing'],
    ['a person, though nothing came of it', restored(after, {}, 'c1', 'failed'), 'ask all'],
    ['the clock', restored(after, { expired: true }), 'act'],
    ['the fuse itself', restored(after, { automatic: true }), 'act'],
    ['the fuse itself, before it was closed', restored(before, { automatic: true }), 'nothing'],
    ['the clock, which failed: it is still cut', restored(after, { expired: true }, 'c1', 'failed'), 'nothing'],
  ])('by %s', (_title, restore, decision) => {
    expect(decide([opened('01', [quick]), contained, restore])).toBe(decision);
  });

  it('leaves a recovered incident alone', () => {
    const recovered = closed('recovered', ['c1 verified', 'c1 restored']);

    expect(decide([opened('01', [quick]), recovered, restored(before, { automatic: true })])).toBe('nothing');
  });

  it('acts again where one cohort of two expired, not where its answer came later', () => {
    const approved = apart('contained', ['c2 approved', 'c2 verified']);
    const expired = (cohortId: string) => restored('2026-05-06T07:05:00.000Z', { expired: true }, cohortId);

    expect(decide([opened(), halfWaits, asked(), approved, expired('c1')])).toBe('act');
    expect(decide([opened(), halfWaits, asked(), approved, expired('c2')])).toBe('nothing');
  });

  it('takes no notice of what expired in another incident', () => {
    const entry = { incidentId: 'inc-00000000000000000002', action: 'kill-connections', cohortId: 'c1' };
    const elsewhere = { ...restored(after, { expired: true }), results: [{ entry, status: 'undone' }] };

    expect(decide([opened('01', [quick]), contained, elsewhere])).toBe('nothing');
  });

  it('still asks after a no to the question about a restore', () => {
    const second = opened('02', [{ ...waiting, id: 'c1001' }]);
    const items = [
      opened('01', [quick]),
      contained,
      restored('2026-05-06T07:00:11.000Z'),
      second,
      closed('awaiting-approval', ['c1001 asked'], 'closed#02', '2026-05-06T07:00:20.000Z'),
      closed('declined', ['c1001 declined'], 'closed#c1001', '2026-05-06T07:10:00.000Z'),
    ];

    expect(decide(items)).toBe('ask all');
  });

  it('is done after a yes to it, until somebody restores once more', () => {
    const items = [
      opened('01', [quick]),
      contained,
      restored('2026-05-06T07:00:11.000Z'),
      opened('02', [{ ...waiting, id: 'c1001' }]),
      closed('awaiting-approval', ['c1001 asked'], 'closed#02', '2026-05-06T07:00:20.000Z'),
      closed('contained', ['c1001 approved', 'c1001 verified'], 'closed#c1001', '2026-05-06T07:10:00.000Z'),
    ];

    expect(decide(items)).toBe('nothing');
    expect(decide([...items, restored('2026-05-06T07:20:00.000Z')])).toBe('ask all');
  });
});
