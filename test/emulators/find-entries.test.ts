import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../lab/scenario.ts';
import type { ExecutionSeen } from './observe.ts';
import { findFalseClaims, findMissingEntries, isHostWork } from './find-entries.ts';

const item = (sk: string, more = {}) => ({ pk: 'incident#inc-1', sk, ...more });
const red = { status: 'FAILED' } as ExecutionSeen;
const expected: NonNullable<Scenario['expect']> = {
  outcome: 'held-open',
  path: [],
  entries: { 'hold-open': 'verified' },
  cut: [],
};
const tried = [item('action#hold-open#c1#1-intended'), item('action#hold-open#c1#2-applied')];
const failed = [...tried, item('action#hold-open#c1#3-failed'), item('closed#01', { outcome: 'failed' })];

describe('what is claimed of hosts that never answered', () => {
  it('is nothing where the action failed and the incident shows red', () => {
    expect(findFalseClaims({ items: failed, executions: [red] }, expected)).toEqual([]);
  });

  it.each(['verified', 'unchanged', 'partial'])('is a finding where the entry is %s', (status) => {
    const items = [...tried, item(`action#hold-open#c1#3-${status}`), item('closed#01', { outcome: 'held-open' })];

    expect(findFalseClaims({ items, executions: [red] }, expected)).toHaveLength(2);
  });

  it('is a finding where nothing was tried at all', () => {
    const items = [item('action#hold-open#c1#3-failed'), item('closed#01', { outcome: 'failed' })];

    expect(findFalseClaims({ items, executions: [red] }, expected)).toEqual(['No action on hosts was tried']);
  });
});

describe('entries of a scenario', () => {
  it('are held against its file, the first close of each entry', () => {
    const items = [
      item('opened#01'),
      ...tried,
      item('action#hold-open#c1#3-verified'),
      item('action#hold-open#c1#4-undone'),
    ];

    expect(findMissingEntries({ items, executions: [] }, expected, () => true)).toEqual([]);
    expect(findMissingEntries({ items: [], executions: [] }, expected, () => true)).toHaveLength(2);
  });

  it('are to be undone on a host once they were sent there', () => {
    expect(failed.map(isHostWork)).toEqual([false, true, false, false]);
    expect(isHostWork(item('action#fail-over#c1#2-applied'))).toBe(false);
  });
});
