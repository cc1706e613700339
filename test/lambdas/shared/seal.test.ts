import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromAttributes, toAttributes, type AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import {
  findBrokenSeal,
  findSealFaults,
  isStep,
  sealClosing,
  timeOf,
  type SealFault,
} from '../../../lambdas/shared/seal.ts';
import { buildItem, buildRecord, closeItems } from '../../builders/audit-items.ts';

const intended = 'action#revoke-security-groups#c1#1-intended';
const restored = 'restored#0123456789abcdef';

/** The record with one entry replaced. */
function change(sk: string, over: Readonly<Record<string, unknown>>): AuditItem[] {
  return buildRecord().map((item) => (item.sk === sk ? { ...item, ...over } : item));
}

function without(sk: string): AuditItem[] {
  return buildRecord().filter((item) => item.sk !== sk);
}

/** Someone who knows how seals are made changes a closing and seals it again. */
function forge(sk: string, over: Readonly<Record<string, unknown>>): AuditItem[] {
  const items = buildRecord();
  const found = items.find((item) => item.sk === sk);
  const { seal: _seal, sealedKeys, sealedDigests: _digests, previousSeal: _previous, ...own } = { ...found, ...over };
  const covered = items.filter((item) => (sealedKeys as string[]).includes(item.sk));
  const forged = sealClosing(own as AuditItem, covered);
  return items.map((item) => (item.sk === sk ? forged : item));
}

const say = (faults: readonly SealFault[]) => faults.map(({ kind, sk }) => `${kind} ${sk}`);

describe('sealClosing', () => {
  it('makes a seal that fits what the table gives back, whatever the closing says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (content, text) => {
        const items = [buildItem('opened#01', 0)];
        const closing = buildItem('closed#01', 1, { content, text: text.slice(0, 3), missing: undefined });

        const stored = fromAttributes(toAttributes(sealClosing(closing, items)));

        expect(findSealFaults([...items, stored])).toEqual([]);
      }),
    );
  });

  it('keeps half a character out: no table gives it back', () => {
    const sealed = sealClosing(buildItem('closed#01', 1, { summary: '\ud83d' }), []);

    expect(sealed['summary']).toBe('\ufffd');
  });

  it('leaves its own first try out and names the closing before it', () => {
    const record = buildRecord();
    const [, , , closed] = record;
    const { sealedKeys, previousSeal } = sealClosing(buildItem(restored, 12), record);

    expect(sealedKeys).not.toContain(restored);
    expect(previousSeal).toBe(closed?.['seal']);
  });
});

describe('what an entry says of itself', () => {
  it.each([
    [{ openedAt: '2026-05-06T07:00:00Z', at: '2026-05-06T08:00:00Z' }, '2026-05-06T07:00:00Z'],
    [{ at: '2026-05-06T08:00:00Z', since: '2026-05-06T09:00:00Z' }, '2026-05-06T08:00:00Z'],
    [{ since: '2026-05-06T09:00:00Z' }, '2026-05-06T09:00:00Z'],
    [{ at: 'soon' }, null],
    [{ at: 2026 }, null],
    [{}, null],
  ])('was made, by %j, at %s', (times, wanted) => {
    expect(timeOf({ pk: 'incident#1', sk: 'closed#01', ...times })).toBe(wanted);
  });

  it.each([
    ['opened#01', true],
    ['action#kill-connections#c1#1-intended', true],
    ['repeated#01', false],
    ['asked#opened#', false],
    ['asked#action#', false],
  ])('"%s" decides or changes something: %s', (sk, wanted) => {
    expect(isStep({ pk: 'incident#1', sk })).toBe(wanted);
  });
});

describe('findSealFaults', () => {
  it('finds nothing wrong with a whole record, in any order, nor with what was added after the last seal', () => {
    const record = buildRecord();

    expect(findSealFaults(record)).toEqual([]);
    expect(findSealFaults(record.toReversed())).toEqual([]);
    expect(findSealFaults([...record, buildItem('opened#02', 50), buildItem('repeated#01', 20)])).toEqual([]);
  });

  it('accepts two executions that close at the same time without seeing each other', () => {
    const opened = [buildItem('opened#01', 0)];
    const [, first] = closeItems(opened, 'closed#01', 3);
    const both = [...closeItems(opened, 'closed#c2', 3), first as AuditItem];

    expect(findSealFaults(both)).toEqual([]);
    expect(findSealFaults(closeItems(both, restored, 5))).toEqual([]);
  });

  it.each([
    ['an entry was changed', change(intended, { changes: [] }), [`changed ${intended}`]],
    ['the clock of an entry was changed', change(intended, { clock: null }), [`changed ${intended}`]],
    ['an entry is missing', without(intended), [`missing ${intended}`]],
    ['the outcome of the last closing was changed', change(restored, { outcome: 'x' }), [`changed ${restored}`]],
    [
      'the outcome of an earlier closing was changed',
      change('closed#01', { outcome: 'observed' }),
      ['changed closed#01'],
    ],
    [
      'an earlier closing was changed and sealed again',
      forge('closed#01', { outcome: 'observed' }),
      ['changed closed#01', `chain ${restored}`],
    ],
    ['an earlier closing is missing', without('closed#01'), ['missing closed#01', `chain ${restored}`]],
    ['a closing lost its seal', change(restored, { seal: undefined }), [`changed ${restored}`]],
    ['a closing lost its list', change(restored, { sealedKeys: undefined }), [`changed ${restored}`]],
  ])('finds that %s', (_, items, wanted) => {
    expect(say(findSealFaults(items))).toEqual(wanted);
  });

  it.each([
    ['opened#00', 0],
    ['action#kill-connections#c1#1-intended', 1],
    ['repeated#0123', 2],
  ])('finds "%s" that says it is older than a seal and is not under it', (sk, minute) => {
    const items = [...buildRecord(), buildItem(sk, minute)];

    expect(say(findSealFaults(items))).toEqual([`inserted ${sk}`]);
  });

  it('finds a step that says no time at all', () => {
    const items = [...buildRecord(), buildItem('action#kill-connections#c1#1-intended', 1, { at: 'soon' })];

    expect(findBrokenSeal(items)).toMatch(/"action#kill-connections#c1#1-intended" was inserted: it says no time/);
  });

  it('lets an entry be on its way to the table while the incident is sealed', () => {
    const items = closeItems([buildItem('opened#01', 0)], 'closed#01', 3);
    const late = buildItem(intended, 3, { at: '2026-05-06T07:02:30.000Z' });

    expect(findSealFaults([...items, late])).toEqual([]);
  });

  it('does not hold entries apart from incidents against each other: each has a seal of its own', () => {
    const apart = (sk: string, minute: number) => sealClosing(buildItem(sk, minute, { pk: 'rejected#0' }), []);

    expect(findSealFaults([apart('failed#1', 1), apart('failed#2', 30)])).toEqual([]);
    expect(say(findSealFaults([{ ...apart('failed#1', 1), outcome: 'x' }]))).toEqual(['changed failed#1']);
    expect(say(findSealFaults([buildItem('ignored#1', 1, { pk: 'rejected#0' })]))).toEqual(['changed ignored#1']);
  });

  it('says in words what is wrong first, and nothing where nothing is', () => {
    expect(findBrokenSeal(buildRecord())).toBeNull();
    expect(findBrokenSeal([])).toBeNull();
    expect(findBrokenSeal(without(intended))).toBe(`Entry "${intended}" is missing`);
  });

  it('names the seal a closing follows and the one that is there', () => {
    const [, , , closed] = buildRecord();
    const chain = (items: readonly AuditItem[]) => findSealFaults(items).find(({ kind }) => kind === 'chain')?.text;

    expect(chain(without('closed#01'))).toBe(
      `The chain is broken: "${restored}" follows seal "${String(closed?.['seal'])}", the closing before it has none`,
    );
    expect(chain(forge('closed#01', { outcome: 'observed' }))).toMatch(/ follows seal "\w{64}".* it has "\w{64}"$/);
  });

  it('follows the closing that is newest by its own time, whatever it is called', () => {
    const opened = [buildItem('opened#01', 0)];
    const early = closeItems(opened, 'failed#01', 5);
    const both = closeItems(early, 'closed#02', 10);

    const [, , last] = both;
    expect(sealClosing(buildItem(restored, 20), both).previousSeal).toBe(last?.['seal']);
    expect(sealClosing(buildItem(restored, 20), both.toReversed()).previousSeal).toBe(last?.['seal']);
  });

  it('settles by the key which of two closings at the same time is newer', () => {
    const opened = [buildItem('opened#01', 0)];
    const both = ['closed#c1', 'closed#c2'].flatMap((sk) => closeItems(opened, sk, 3).slice(-1));

    for (const items of [both, both.toReversed()]) {
      expect(sealClosing(buildItem(restored, 20), items).previousSeal).toBe(both[1]?.['seal']);
    }
  });

  it('lists what it covers by the bytes of the keys', () => {
    const items = [buildItem('opened#\u{1F600}', 1), buildItem('opened#02', 1), buildItem('opened#\uFFFD', 1)];

    const { sealedKeys } = sealClosing(buildItem('closed#01', 3), items);

    // In UTF-16 the first and the last would stand the other way round.
    expect(sealedKeys).toEqual(['opened#02', 'opened#\uFFFD', 'opened#\u{1F600}']);
  });

  it.each([
    ['its list of digests holds another thing than texts', { sealedDigests: [1, 2, 3] }],
    ['its list of keys holds another thing than texts', { sealedKeys: [1, 2, 3] }],
    ['its seal is no text', { seal: 7 }],
    ['it does not say what it follows', { previousSeal: undefined }],
    ['it follows what is no seal', { previousSeal: 7 }],
  ])('finds a closing without a whole seal when %s', (_, over) => {
    expect(findSealFaults(change('closed#01', over)).map(({ text }) => text)).toContain(
      '"closed#01" carries no whole seal',
    );
  });

  it('holds an entry of another kind to the seal that it carries', () => {
    const sealed = sealClosing(buildItem('noted#01', 4), []);

    expect(findSealFaults([sealed])).toEqual([]);
    expect(say(findSealFaults([{ ...sealed, words: 'x' }]))).toEqual(['changed noted#01']);
  });

  it('takes an entry for a closing only by the beginning of its key', () => {
    expect(findSealFaults([buildItem('noted#closed#01', 4)])).toEqual([]);
  });

  it('tells an entry that was inserted by the time it says', () => {
    const items = [...buildRecord(), buildItem('opened#00', 0)];

    expect(findBrokenSeal(items)).toBe(
      'Entry "opened#00" was inserted: it says 2026-05-06T07:00:00.000Z, before the seal of "closed#01", but is not under it',
    );
  });

  it('lets an entry be on its way for a whole minute, and no longer', () => {
    const items = closeItems([buildItem('opened#01', 0)], 'closed#01', 3);
    const made = (at: string) => findSealFaults([...items, buildItem(intended, 3, { at })]);

    expect(made('2026-05-06T07:02:00.000Z')).toEqual([]);
    expect(say(made('2026-05-06T07:01:59.999Z'))).toEqual([`inserted ${intended}`]);
  });

  it('does not hold a closing against itself', () => {
    const [opened] = buildRecord() as [AuditItem];
    const closed = sealClosing(buildItem('closed#01', 3, { openedAt: '2026-05-06T07:00:00.000Z' }), [opened]);

    expect(findSealFaults([opened, closed])).toEqual([]);
  });
});
