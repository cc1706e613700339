import { describe, expect, it } from 'vitest';
import type { ActionStatus } from '../../../lambdas/shared/contracts/action.ts';
import { LookupFailedError } from '../../../lambdas/shared/errors.ts';
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

  it('knows nothing of an entry without steps', () => {
    expect(readRecordedEntry([])).toEqual({
      intended: null,
      firstCallAt: null,
      outcome: null,
      seen: new Map(),
      neverHeld: new Set(),
      undoCount: 0,
      undone: new Set(),
      kept: new Set(),
    });
  });

  it('reads what was intended as it was written, what a change may leave out only where it is said', () => {
    const alone = { target: 'sgr-1', server: 'i-1', before: { kind: 'rule' }, intended: null };
    const shared = { ...alone, target: 'sgr-2', alsoTouches: ['i-2'] };
    const outliving = { ...alone, target: 'eipalloc-1', outlivesServer: true };
    const written = { changes: [alone, shared, outliving], leftAlone: [], unable: [], mode: 'armed', at: 'now' };

    const { intended } = readRecordedEntry([step('1-intended', { ...written, executionId: 'first' })]);

    expect(intended).toStrictEqual(written);
  });

  it('knows when the first call was sent', () => {
    expect(readRecordedEntry([step('2-applied', { firstCallAt: 'then' })]).firstCallAt).toBe('then');
  });

  it('takes the end of a hand-over for an end, though it is its first step', () => {
    const outcome = buildOutcome({ status: 'handed-over' });

    expect(readRecordedEntry([step('1-handed-over', { outcome })]).outcome).toEqual(outcome);
  });

  it('believes what was seen to hold, in whatever order two tries closed', () => {
    const saw = (held: boolean, seen: unknown) => ({ target: 'a', held, seen });
    const ends = [closing('verified', [saw(true, 'cut')]), closing('failed', [saw(false, null)])];

    for (const items of [ends, ends.toReversed()]) expect(readRecordedEntry(items).seen.get('a')).toBe('cut');
  });

  it('tells undos apart by how they ended for each target', () => {
    const ended = (target: string, status: string) => ({ target, status, reason: '' });
    const statuses = ['undone', 'already-undone', 'irreversible', 'kept', 'drifted', 'refused', 'failed'];
    const first = step('4-failed', { undoings: statuses.map((status) => ended(status, status)) });
    const second = step('5-undone', { undoings: [ended('drifted', 'undone')] });

    const { undoCount, undone, kept } = readRecordedEntry([closing('verified'), first, second]);

    expect(undoCount).toBe(2);
    expect([...undone]).toEqual(['undone', 'already-undone', 'irreversible', 'kept', 'drifted']);
    expect([...kept]).toEqual(['kept']);
  });

  it('counts undos past the ninth', () => {
    const undos = Array.from({ length: 8 }, (_, index) => step(`${4 + index}-failed`, { undoings: [] }));

    expect(readRecordedEntry(undos).undoCount).toBe(8);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['1-intended', { changes: [], leftAlone: [], unable: [], mode: 'half', at: 'now' }],
    [
      '1-intended',
      {
        changes: [{ target: 'a', server: 'i-1', before: {}, intended: undefined }],
        leftAlone: [],
        unable: [],
        mode: 'armed',
        at: '',
      },
    ],
    ['2-applied', {}],
    ['3-verified', { outcome: { status: 'verified' } }],
    ['4-undone', { undoings: [{ target: 'a' }] }],
  ])('does not guess at a step "%s" that it does not understand', (name, content) => {
    expect(() => readRecordedEntry([step(name, content)])).toThrow(LookupFailedError);
  });

  it('passes over what is no step of an action', () => {
    const items = [{ pk: 'incident#inc-1', sk: 'opened#01' }, closing('verified')];

    expect(readRecordedEntry(items).outcome?.status).toBe('verified');
  });
});
