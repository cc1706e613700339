import { describe, expect, it } from 'vitest';
import type { CutItem } from '../../../lambdas/shared/clients/audit-table.ts';
import { findDue } from '../../../lambdas/watch-reviews/unlock-review.ts';

const at = '2026-11-23T12:00:00.000Z';
const minutesAgo = (minutes: number) => new Date(Date.parse(at) - minutes * 60_000).toISOString();

function cut(incidentId: string, over: Partial<CutItem> & { action?: string; target?: string } = {}): CutItem {
  const { action = 'revoke-security-groups', target = 'sgr-1', ...rest } = over;
  const targets = [{ target, server: 'i-a' }];
  return {
    entry: { incidentId, action, cohortId: 'c1' },
    since: minutesAgo(60),
    expiresAt: null,
    targets,
    inherited: [],
    ...rest,
  };
}

const tries = (incidentId: string, ...minutes: number[]) =>
  minutes.map((ago, index) => ({ incidentId, attempt: index + 1, at: minutesAgo(ago) }));

describe('findDue', () => {
  it('restores each incident once, however many of its cuts stand', () => {
    const standing = [
      cut('inc-1'),
      cut('inc-1', { action: 'kill-connections', target: 'i-a' }),
      cut('inc-2', { target: 'sgr-2' }),
    ];

    expect(findDue(standing, [], [], at)).toEqual([
      { incidentId: 'inc-1', attempt: 1 },
      { incidentId: 'inc-2', attempt: 1 },
    ]);
  });

  it('waits for a lock that is under way', () => {
    expect(findDue([cut('inc-1')], ['inc-1'], [], at)).toEqual([]);
  });

  it('goes from the newest to the oldest where they share a rule, and not where they share a host', () => {
    const older = cut('inc-1', { since: minutesAgo(60) });
    const newer = cut('inc-2', { since: minutesAgo(50) });
    const hosts = ['inc-1', 'inc-2'].map((id) => cut(id, { action: 'kill-connections', target: 'i-a' }));

    expect(findDue([older, newer], [], [], at).map(({ incidentId }) => incidentId)).toEqual(['inc-2']);
    expect(findDue(hosts, [], [], at)).toHaveLength(2);
  });

  it.each([
    ['a moment ago', tries('inc-1', 3), 0],
    ['four minutes ago', tries('inc-1', 4), 1],
    ['twice, seven minutes ago', tries('inc-1', 20, 7), 0],
    ['twice, eight minutes ago', tries('inc-1', 20, 8), 1],
    ['eight times: the rest is for a person', tries('inc-1', 9008, 9007, 9006, 9005, 9004, 9003, 9002, 9001), 0],
  ])('after it was tried %s', (_words, unlocks, due) => {
    expect(findDue([cut('inc-1')], [], unlocks, at)).toHaveLength(due);
  });
});
