import { beforeEach, describe, expect, it } from 'vitest';
import { buildChange, FakeRestore, keyOf, minute } from '../../builders/fake-restore.ts';

const [first, second, third] = [keyOf(1), keyOf(2), keyOf(3)];
const open = { groups: ['web', 'admin'] };
const quarantined = { groups: ['quarantine'] };
const sealed = { groups: ['sealed'] };
const cutFirst = buildChange('a', { before: open, intended: quarantined });
const cutSecond = buildChange('a', { before: quarantined, intended: sealed });

describe('undo of a target that two incidents cut', () => {
  let fake: FakeRestore;
  beforeEach(async () => {
    fake = new FakeRestore();
    await fake.add(first, { changes: [cutFirst, buildChange('b')], at: minute('00:00') });
    await fake.add(second, { changes: [cutSecond, buildChange('c')], at: minute('10:00') });
  });

  it('is refused for the earlier one while the later is open, by name; what is its own comes back', async () => {
    const result = await fake.undo(first);

    expect(result.status).toBe('refused');
    expect(result.summary).toBe(
      `1 refused, 1 undone. a: Incident "${second.incidentId}" cut it later and is open: restore that one first`,
    );
    expect(fake.asked.map(({ change }) => change.target)).toEqual(['b']);
    expect((await fake.cutOf(first))?.targets.map(({ target }) => target)).toEqual(['a']);
  });

  it('leaves it cut for the later one, tells the earlier what it will find, and lets go', async () => {
    const result = await fake.undo(second);

    expect(result).toMatchObject({ status: 'kept', keptBy: [first] });
    expect(result.summary).toBe(
      `1 kept, 1 undone. a: Stays cut because of incident "${first.incidentId}", which cut it before and is open`,
    );
    expect((await fake.cutOf(first))?.inherited).toEqual([{ target: 'a', before: quarantined, intended: sealed }]);
    expect(await fake.cutOf(second)).toBeUndefined();
  });

  it('puts back, for the earlier one in the end, from the state that the later left', async () => {
    await fake.undo(second);

    const result = await fake.undo(first);

    expect(result.status).toBe('undone');
    expect(fake.asked[0]?.change).toEqual({ ...cutFirst, before: open, intended: sealed });
    expect(fake.asked[1]?.change).toEqual(buildChange('b'));
  });

  it('says again that it stays cut, as long as it does, and by whom', async () => {
    await fake.undo(second);

    const again = await fake.undo(second);
    await fake.undo(first);
    const atLast = await fake.undo(second);

    expect(again).toMatchObject({ status: 'kept', keptBy: [first] });
    expect(fake.steps(second).filter((step) => step.includes('5-'))).toEqual([]);
    expect(atLast).toEqual({ entry: second, status: 'already-undone', summary: 'Was undone before' });
  });

  it('says so beside what else there is to undo', async () => {
    fake.ends = { c: 'failed' };
    await fake.undo(second);
    fake.ends = {};

    const again = await fake.undo(second);

    expect(again).toMatchObject({
      status: 'kept',
      keptBy: [first],
      summary: expect.stringContaining('1 kept, 1 undone'),
    });
  });

  it('waits for another that may be under way, by name', async () => {
    await fake.add(third, { changes: [cutSecond], at: minute('59:00'), ended: false });
    fake.clock = '2026-05-06T08:00:00.000Z';

    const result = await fake.undo(second);

    expect(result.summary).toContain(
      `a: Incident "${third.incidentId}" may be cutting it right now: try again in some minutes`,
    );
    expect(fake.asked.map(({ change }) => change.target)).toEqual(['c']);
  });

  it.each([
    ['did not hold it', { changes: [cutSecond], at: minute('20:00'), open: ['a'] }],
    ['is over, though it never said how', { changes: [buildChange('z')], at: minute('20:00'), ended: false }],
  ])('does not mind one that %s', async (_, seed) => {
    await fake.add(third, seed);

    expect((await fake.undo(second)).status).toBe('kept');
  });

  it('does not ask about others where targets are not shared', async () => {
    fake.sharesTargets = false;

    const result = await fake.undo(first);

    expect(result.status).toBe('undone');
    expect(fake.table.calls.filter((call) => call.startsWith(`Query incident#${second.incidentId}`))).toEqual([]);
  });

  it('leaves it to the one right before, where there are three', async () => {
    await fake.add(third, {
      changes: [buildChange('a', { before: sealed, intended: quarantined })],
      at: minute('20:00'),
    });

    const result = await fake.undo(third);

    expect(result).toMatchObject({ status: 'kept', keptBy: [second] });
    expect((await fake.cutOf(second))?.inherited).toHaveLength(1);
    expect((await fake.cutOf(first))?.inherited).toEqual([]);
  });

  it('replaces what was left before for the same target, and keeps what was left for others', async () => {
    const before = { target: 'a', before: { was: 'stale' }, intended: {} };
    const other = { target: 'b', before: { was: 'other' }, intended: {} };
    await fake.note(first, {
      since: minute('00:00'),
      targets: [{ target: 'a', server: 'a' }],
      inherited: [before, other],
    });

    await fake.undo(second);

    expect((await fake.cutOf(first))?.inherited).toEqual([
      other,
      { target: 'a', before: quarantined, intended: sealed },
    ]);
  });

  it('replaces what was left of several targets at once', async () => {
    const stale = ['a', 'b', 'z'].map((target) => ({ target, before: { was: 'stale' }, intended: {} }));
    const targets = ['a', 'b'].map((target) => ({ target, server: target }));
    await fake.note(first, { since: minute('00:00'), targets, inherited: stale });
    await fake.table.audit.removeCut(second);
    await fake.add(third, { changes: [buildChange('a'), buildChange('b')], at: minute('20:00') });

    await fake.undo(third);

    const inherited = (await fake.cutOf(first))?.inherited ?? [];
    expect(inherited.map(({ target, before }) => [target, before])).toEqual([
      ['z', { was: 'stale' }],
      ['a', { was: 'open' }],
      ['b', { was: 'open' }],
    ]);
    expect(fake.table.calls.filter((call) => call.startsWith('undo'))).toEqual([]);
  });

  it('names every holder once', async () => {
    await fake.add(keyOf(4), { changes: [buildChange('c')], at: minute('05:00') });
    await fake.add(keyOf(5), { changes: [buildChange('a'), buildChange('b'), buildChange('c')], at: minute('30:00') });

    const result = await fake.undo(keyOf(5));

    expect(result.keptBy).toEqual([second, first]);
    const left = await Promise.all(
      [first, second, keyOf(4)].map(async (key) => (await fake.cutOf(key))?.inherited.map(({ target }) => target)),
    );
    expect(left).toEqual([['b'], ['a', 'c'], []]);
    expect(result.summary).toMatch(/^3 kept\. a: /);
  });
});

describe('what an earlier cut inherited', () => {
  it.each([
    ['is the former state itself: two clocks disagreed', { groups: ['admin', 'web'] }, open, { was: 'true' }],
    ['is another state than the former one', { groups: ['other'] }, open, open],
    ['has members that the former state lacks', { groups: ['web', 'admin'], more: 1 }, open, open],
    ['is no state at all', 'cut', open, open],
    ['meets a former state that is no record', { groups: [] }, 'open', 'open'],
    ['says nothing, and meets a former state that is no record', {}, 'open', 'open'],
    ['is a number', 5, open, open],
    ['differs in a plain value', { is: 'cut' }, { is: 'open' }, { is: 'open' }],
    ['agrees in a plain value', { is: 'cut' }, { is: 'cut', since: 'noon' }, { was: 'true' }],
  ])('where the state that the other set %s', async (_, intended, before, wanted) => {
    const fake = new FakeRestore();
    const left = [{ target: 'a', before: { was: 'true' }, intended }];
    await fake.add(first, { changes: [buildChange('a', { before })] }, { inherited: left });

    await fake.undo(first);

    expect(fake.asked[0]?.change).toMatchObject({ before: wanted, intended });
  });
});
