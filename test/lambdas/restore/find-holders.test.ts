import { describe, expect, it } from 'vitest';
import { findBusyMs, findHolder, readOtherCuts, type OtherCut } from '../../../lambdas/restore/find-holders.ts';
import type { CutItem } from '../../../lambdas/shared/clients/audit-table.ts';
import type { EntryKey } from '../../../lambdas/shared/contracts/restoring.ts';
import { readRecordedEntry, type RecordedEntry } from '../../../lambdas/shared/recorded-entry.ts';
import { buildOutcome } from '../../builders/action-request.ts';
import { buildChange, FakeRestore, keyOf, minute } from '../../builders/fake-restore.ts';

const now = '2026-05-06T08:30:00.000Z';
const target = { target: 'a' };
const [outcome, nothing] = [buildOutcome(), readRecordedEntry([])];
const intended = { changes: [], leftAlone: [], unable: [], mode: 'armed' as const, at: minute('00:00') };

function buildCut(entry: EntryKey, since: string, targets = ['a']): CutItem {
  return {
    entry,
    since,
    expiresAt: null,
    targets: targets.map((one) => ({ target: one, server: one })),
    inherited: [],
  };
}

/** A cut that stands since then; of a run that has ended. */
function buildOther(number: number, since: string, over: Partial<RecordedEntry> = {}, targets = ['a']): OtherCut {
  return { cut: buildCut(keyOf(number), since, targets), recorded: { ...nothing, intended, outcome, ...over } };
}

const own = buildCut(keyOf(1), minute('10:00'));
const find = (...others: OtherCut[]) => findHolder(target, own, others, now);

describe('findHolder', () => {
  it('is free where nobody else noted the target', () => {
    expect(find()).toEqual({ kind: 'free' });
    expect(find(buildOther(2, minute('20:00'), {}, ['b']))).toEqual({ kind: 'free' });
  });

  it.each<[string, Partial<RecordedEntry>]>([
    ['changed nothing, for it never wrote its entry', { intended: null }],
    ['was read back as never cut', { neverHeld: new Set(['a']) }],
    ['has put it back', { undone: new Set(['a']) }],
  ])('is free where another noted it that %s', (_, over) => {
    expect(find(buildOther(2, minute('20:00'), over), buildOther(3, minute('05:00'), over))).toEqual({ kind: 'free' });
  });

  it('lies below one that cut later, and above one that cut before', () => {
    expect(find(buildOther(2, minute('10:01')))).toEqual({ kind: 'below', incidentId: keyOf(2).incidentId });
    expect(find(buildOther(2, minute('09:59')))).toMatchObject({ kind: 'above', cut: { entry: keyOf(2) } });
  });

  it('goes by the names where both cut in the same moment', () => {
    const same = buildOther(2, minute('10:00'));

    expect(find(same).kind).toBe('below');
    expect(findHolder(target, buildCut(keyOf(3), minute('10:00')), [same], now).kind).toBe('above');
  });

  it.each([[[4, 2, 3]], [[2, 3, 4]], [[3, 4, 2]]])(
    'names of several the next one, in whatever order they are read: %j',
    (order) => {
      const later = order.map((number) => buildOther(number, minute(`1${number}:00`)));
      const earlier = order.map((number) => buildOther(number, minute(`0${number}:00`)));

      expect(find(...later)).toMatchObject({ kind: 'below', incidentId: keyOf(2).incidentId });
      expect(find(...earlier)).toMatchObject({ kind: 'above', cut: { entry: keyOf(4) } });
    },
  );

  it('lies above whoever holds the target where its own note is gone', () => {
    expect(findHolder(target, undefined, [buildOther(2, minute('20:00'))], now).kind).toBe('above');
  });

  it('waits for one that may be under way, whatever the others are', () => {
    const busy = buildOther(3, '2026-05-06T08:29:00.000Z', { intended: null, outcome: null });

    expect(find(buildOther(2, minute('20:00')), busy)).toEqual({ kind: 'busy', incidentId: keyOf(3).incidentId });
    expect(find({ ...busy, cut: buildCut(keyOf(3), busy.cut.since, ['b']) })).toEqual({ kind: 'free' });
  });
});

describe('findBusyMs', () => {
  const started = { ...nothing, intended };
  const note = buildCut(keyOf(1), minute('01:00'));

  it.each<[string, RecordedEntry, CutItem | undefined, string, number]>([
    ['a run that has ended', { ...started, outcome }, note, minute('00:01'), 0],
    ['one of which there is nothing', nothing, undefined, minute('00:01'), 0],
    ['one that has just written its entry', started, undefined, minute('00:00'), 690_000],
    ['one by its entry, where there is a note too', started, note, minute('02:00'), 570_000],
    ['one by its note, where there is no entry', nothing, note, minute('02:00'), 630_000],
    ['one that could not run longer', started, undefined, minute('11:30'), 0],
    ['one that is long over', started, undefined, minute('59:00'), 0],
  ])('of %s', (_, recorded, cut, at, wanted) => {
    expect(findBusyMs(recorded, cut, at)).toBe(wanted);
  });
});

describe('readOtherCuts', () => {
  it('reads the entries of other cuts by the same action that name one of the targets', async () => {
    const fake = new FakeRestore();
    const keys = {
      own: keyOf(1),
      sharing: keyOf(2),
      apart: keyOf(3),
      host: { ...keyOf(4), action: 'kill-connections' as const },
      cohort: keyOf(1, 'c2'),
    };
    for (const key of Object.values(keys)) {
      await fake.add(key, { changes: [buildChange(key === keys.apart ? 'z' : 'a'), buildChange('y')] });
    }
    const cuts = await fake.table.audit.listCuts();
    fake.table.calls.length = 0;

    const others = await readOtherCuts(['a', 'b'], keys.own, cuts, fake.table.audit);

    expect(new Set(others.map(({ cut }) => cut.entry))).toEqual(new Set([keys.sharing, keys.cohort]));
    expect(others.every(({ recorded }) => recorded.intended?.changes[0]?.target === 'a')).toBe(true);
    expect(fake.table.calls).toHaveLength(2);
  });
});
