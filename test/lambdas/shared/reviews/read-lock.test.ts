import { describe, expect, it } from 'vitest';
import type { AuditItem } from '../../../../lambdas/shared/clients/audit-item.ts';
import type { ActionStatus } from '../../../../lambdas/shared/contracts/action.ts';
import type { Answers } from '../../../../lambdas/shared/contracts/incident.ts';
import { isOver, readLock } from '../../../../lambdas/shared/reviews/read-lock.ts';
import { tellStandings } from '../../../../lambdas/shared/reviews/tell-review.ts';
import { buildCohort, buildOutcome } from '../../../builders/action-request.ts';

const server = 'i-0000000000000000a';
const at = '2026-11-23T12:00:00.000Z';
const lock = { incidentId: 'inc-1', servers: [server], peers: ['203.0.113.0/24'], at };
const pk = 'incident#inc-1';
const asLater = (minutes: number) => new Date(Date.parse(at) + minutes * 60_000).toISOString();

const review: Answers = { ...buildCohort().answers, securityRisk: false, underReview: true };
const opened = (answers: Answers = review, sk = 'opened#01'): AuditItem => ({
  pk,
  sk,
  assessment: { cohorts: [{ ...buildCohort({ servers: [server] }), answers }] },
});
const closed: AuditItem = { pk, sk: 'closed#01' };

type Half = 'revoke-security-groups' | 'kill-connections';

/** The steps of one half; `held` is what was read back, null where nothing of the server was to be changed. */
function half(action: Half, status: ActionStatus, held: boolean | null = true, mode = 'armed'): AuditItem[] {
  const target = action === 'kill-connections' ? server : 'sgr-1';
  const changes = held === null ? [] : [{ target, server, before: {}, intended: {} }];
  const outcome = buildOutcome({ action, status });
  const observations = held === null ? [] : [{ target, held, seen: {} }];
  return [
    { pk, sk: `action#${action}#c1#1-intended`, changes, leftAlone: [], unable: [], mode, at },
    { pk, sk: `action#${action}#c1#3-${status}`, outcome, observations },
  ];
}

const [network, host] = ['revoke-security-groups', 'kill-connections'] as const;
const undone = (action: Half): AuditItem => ({
  pk,
  sk: `action#${action}#c1#4-undone`,
  undoings: [{ target: action === host ? server : 'sgr-1', status: 'undone', reason: 'restored' }],
});

function read(items: readonly AuditItem[], minutes = 1) {
  return readLock(server, lock, items, asLater(minutes)).state;
}

describe('readLock', () => {
  it.each([
    ['both halves were read back', [...half(network, 'verified'), ...half(host, 'verified')], 'locked'],
    [
      'the network has no rule of its own for it',
      [...half(network, 'unchanged', null), ...half(host, 'verified')],
      'locked',
    ],
    ['the host failed', [...half(network, 'verified'), ...half(host, 'failed', false)], 'partly'],
    [
      'the host failed and the network had nothing to do',
      [...half(network, 'unchanged', null), ...half(host, 'failed', false)],
      'failed',
    ],
    [
      'the host was not to be changed',
      [...half(network, 'unchanged', null), ...half(host, 'unchanged', null)],
      'failed',
    ],
    ['the network failed', [...half(network, 'failed', false), ...half(host, 'verified')], 'partly'],
    ['another server of its cohort failed', [...half(network, 'verified'), ...half(host, 'partial')], 'locked'],
    ['it is the one that failed', [...half(network, 'unchanged', null), ...half(host, 'partial', false)], 'failed'],
    ['the fuse is off', [...half(network, 'refused', null), ...half(host, 'refused', null)], 'refused'],
    [
      'it was in shadow mode',
      [...half(network, 'planned', true, 'shadow'), ...half(host, 'planned', true, 'shadow')],
      'planned',
    ],
    ['a half is lost', half(network, 'verified'), 'partly'],
    ['nothing was done', [], 'failed'],
    [
      'the host was put back',
      [...half(network, 'verified'), ...half(host, 'verified'), undone(host), undone(network)],
      'lifted',
    ],
    [
      'the network alone was put back',
      [...half(network, 'verified'), ...half(host, 'verified'), undone(network)],
      'partly',
    ],
  ] as const)('when %s', (_words, items, state) => {
    expect(read([opened(), ...items, closed])).toBe(state);
  });

  it('believes no try over another: where two saw it differently, it is not held', () => {
    const again = half(host, 'failed', false).filter(({ sk }) => sk.includes('3-'));

    expect(read([opened(), ...half(network, 'unchanged', null), ...half(host, 'verified'), ...again, closed])).toBe(
      'failed',
    );
  });

  it('says that a lifeline is held open, and that an incident without a review locked nothing', () => {
    expect(read([opened({ ...review, lifeline: true, underReview: false }), closed])).toBe('held-open');
    expect(read([opened({ ...review, underReview: false }), closed])).toBe('failed');
  });

  it('waits while the incident is under way, and no longer than it can be', () => {
    const items = [opened(), ...half(network, 'verified')];

    expect([read(items), read(items, 34), read(items, 36)]).toEqual(['pending', 'pending', 'partly']);
    expect([read([]), read([], 3)]).toEqual(['pending', 'failed']);
    expect([
      isOver(lock, [], asLater(1)),
      isOver(lock, items, asLater(1)),
      isOver(lock, [opened(), closed], at),
    ]).toEqual([false, false, true]);
  });

  it('goes by the newest attempt', () => {
    const again = { ...opened({ ...review, underReview: false }), sk: 'opened#02' };

    expect(read([opened(), again, ...half(network, 'verified'), ...half(host, 'verified'), closed])).toBe('failed');
  });
});

describe('tellStandings', () => {
  const seen = (peers: string[], state: 'locked' | 'failed' | 'lifted' | 'pending') => ({
    ...lock,
    peers,
    states: new Map([[server, { state, reason: state }]]),
  });

  it.each([
    ['a later start reached it', [seen(['a'], 'failed'), seen(['a'], 'locked')], 'locked'],
    ['a part of the border failed', [seen(['a'], 'locked'), seen(['b'], 'failed')], 'partly'],
    ['a part is under way', [seen(['a'], 'locked'), seen(['b'], 'pending')], 'pending'],
    ['it was lifted', [seen(['a'], 'lifted')], 'lifted'],
    ['all of it failed', [seen(['a'], 'failed'), seen(['b'], 'failed')], 'failed'],
  ] as const)('when %s', (_words, locks, state) => {
    expect(tellStandings(locks)).toMatchObject([{ server, state }]);
  });
});
