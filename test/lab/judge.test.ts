import { describe, expect, it } from 'vitest';
import { judge } from '../../lab/judge.ts';
import type { Observed } from '../../lab/result.ts';
import { buildObserved, buildScenario } from '../builders/observed.ts';

const server = 'i-0a000000000000001';
const users = { server, peer: 'users', golden: false, before: 5, after: 0, restored: 5 };
const desk = { server, peer: 'desk', golden: true, before: 2, after: 2, restored: 2 };

describe('judge', () => {
  it('is content when all is as wanted, and counts the cut', () => {
    const result = judge(buildScenario(), buildObserved(), false);

    expect(result).toMatchObject({
      ok: true,
      failures: [],
      restored: true,
      cut: { connections: 5, survivors: 0, goldenLost: 0 },
    });
  });

  it.each<[string, Partial<Observed>, RegExp]>([
    ['another outcome', { outcome: 'failed' }, /Outcome is "failed"/],
    ['another way', { path: ['Assess'] }, /Path is "Assess"/],
    ['a survivor', { peers: [{ ...users, after: 1 }, desk] }, /"users" has 1 of 5/],
    ['a lost golden socket', { peers: [users, { ...desk, after: 1 }] }, /Golden peer "desk" has 1 of 2/],
    ['a golden connection that broke and came back', { goldenLost: 1 }, /1 golden connections broke/],
    ['a missing entry', { entries: [] }, /"kill-connections" is "absent"/],
    ['a late cut', { latencyMs: 3001 }, /after 3001 ms/],
    ['a cut that nobody noticed', { latencyMs: null }, /No packet/],
    ['an execution that died', { trouble: 'Execution FAILED' }, /Execution FAILED/],
    ['a network that did not come back', { networkAsBefore: false }, /Not everything came back/],
    ['a drifted restore', { restoreStatuses: ['drifted'] }, /Not everything came back/],
    ['traffic that does not flow again', { peers: [{ ...users, restored: 4 }, desk] }, /Not everything came back/],
  ])('is not content with %s', (_case, over, failure) => {
    const result = judge(buildScenario(), buildObserved(over), false);

    expect(result.ok).toBe(false);
    expect(result.failures.join('\n')).toMatch(failure);
  });

  it('says when the hosts were simulated', () => {
    expect(judge(buildScenario(), buildObserved(), true).simulated).toBe(true);
  });

  it('derives from the decision what was to be cut when an event of the user is played', () => {
    const { expect: _none, ...open } = buildScenario();

    const result = judge(open, buildObserved({ entries: [] }), false);

    expect(result.cut.connections).toBe(0);
    expect(result.ok).toBe(true);
  });
});
