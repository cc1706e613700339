import { describe, expect, it } from 'vitest';
import type { ActionStatus } from '../../../lambdas/shared/contracts/action.ts';
import { readRecordedEntry } from '../../../lambdas/shared/recorded-entry.ts';
import { buildOutcome } from '../../builders/action-request.ts';

const step = (name: string, content: Readonly<Record<string, unknown>>) => ({
  pk: 'incident#inc-1',
  sk: `action#revoke-security-groups#c1#${name}`,
  ...content,
});
const closing = (status: ActionStatus, observations: readonly unknown[] = []) =>
  step(`3-${status}`, { outcome: buildOutcome({ status }), observations });

describe('readRecordedEntry', () => {
  it.each([
    ['partial', 'verified'],
    ['failed', 'verified'],
    ['failed', 'partial'],
    ['refused', 'unchanged'],
    ['planned', 'verified'],
  ] as const)('believes %s when another try closed the entry as %s', (worse, better) => {
    const ends = [closing(worse), closing(better)].map((item) => [item]);

    const outcomes = [ends.flat(), ends.toReversed().flat()].map((items) => readRecordedEntry(items).outcome?.status);

    expect(outcomes).toEqual([worse, worse]);
  });

  it('counts a target as never cut only when every try that saw it says so', () => {
    const saw = (target: string, held: boolean, seen: unknown) => ({ target, held, seen });
    const items = [
      closing('partial', [saw('a', false, 'open'), saw('b', false, 'open'), saw('c', false, null)]),
      closing('verified', [saw('b', true, 'cut')]),
    ];

    const { neverHeld, seen } = readRecordedEntry(items);

    expect([...neverHeld]).toEqual(['a']);
    expect(seen.get('b')).toBe('cut');
  });
});
