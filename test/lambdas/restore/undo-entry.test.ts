import { beforeEach, describe, expect, it } from 'vitest';
import { buildChange, FakeRestore, keyOf, minute } from '../../builders/fake-restore.ts';

const key = keyOf(1);
const [a, b] = [buildChange('a'), buildChange('b')];

describe('undoEntry', () => {
  let fake: FakeRestore;
  beforeEach(() => {
    fake = new FakeRestore();
  });

  it('undoes every change with what was seen of it, records who wanted it, and strikes the cut', async () => {
    await fake.add(key, { changes: [a, b] });

    const result = await fake.undo(key);

    expect(result).toEqual({ entry: key, status: 'undone', summary: '2 undone. a: a ends so' });
    expect(fake.asked).toEqual([
      { change: a, seen: 'saw a' },
      { change: b, seen: 'saw b' },
    ]);
    expect(fake.step(key, '4-undone')).toMatchObject({
      status: 'undone',
      summary: result.summary,
      undoings: ['a', 'b'].map((target) => ({ target, status: 'undone', reason: `${target} ends so` })),
      at: fake.clock,
      requestedBy: 'ada',
      reason: 'false alarm',
    });
    expect(await fake.cutOf(key)).toBeUndefined();
  });

  it('records before it strikes the cut, so that a death in between leaves it to be undone again', async () => {
    await fake.add(key, { changes: [a] });

    await fake.undo(key);

    const [recorded, struck] = ['PutItem incident', 'DeleteItem cut'].map((start) =>
      fake.table.calls.findIndex((call) => call.startsWith(start)),
    );
    expect(recorded).toBeGreaterThan(fake.table.calls.indexOf('undo a'));
    expect(struck).toBeGreaterThan(recorded ?? Infinity);
  });

  it.each([
    ['armed', minute('00:00'), '2026-05-06T07:11:29.999Z', 'refused'],
    ['armed', minute('00:00'), '2026-05-06T07:11:30.000Z', 'undone'],
    ['shadow', minute('00:00'), '2026-05-06T07:11:29.999Z', 'refused'],
  ])('of a run without an end (%s, from %s) is at %s: %s', async (mode, at, clock, status) => {
    await fake.add(key, { changes: [a], ended: false, at, mode });
    fake.clock = clock;

    expect((await fake.undo(key)).status).toBe(status);
  });

  it('says in whole seconds when to try again, and changes nothing until then', async () => {
    await fake.add(key, { changes: [a], ended: false, at: minute('00:00') });
    fake.clock = '2026-05-06T07:11:18.500Z';

    const result = await fake.undo(key);

    expect(result.summary).toBe('The cut may still be under way: try again in 12 s');
    expect(fake.table.calls).toEqual([`Query incident#${key.incidentId}`, 'Query cut']);
  });

  it('does not wait for a run that has ended', async () => {
    await fake.add(key, { changes: [a], at: minute('00:00') });
    fake.clock = minute('00:01');

    expect((await fake.undo(key)).status).toBe('undone');
  });

  it.each(['shadow', 'off'])(
    'has nothing to undo of a run in mode %s, and strikes a note that it left',
    async (mode) => {
      await fake.add(key, { changes: [a], mode });

      const result = await fake.undo(key);

      expect(result).toEqual({ entry: key, status: 'already-undone', summary: 'Nothing was changed' });
      expect(fake.asked).toEqual([]);
      expect(await fake.cutOf(key)).toBeUndefined();
      expect(fake.steps(key).some((step) => step.includes('4-'))).toBe(false);
    },
  );

  it('has nothing to undo of a run that died before its entry stood, and strikes its note', async () => {
    await fake.note(key, { targets: [{ target: 'a', server: 'a' }] });

    expect(await fake.undo(key)).toEqual({ entry: key, status: 'already-undone', summary: 'Nothing was changed' });
    expect(await fake.cutOf(key)).toBeUndefined();
  });

  it('undoes what was cut though the note of it is gone', async () => {
    await fake.add(key, { changes: [a] }, null);

    expect((await fake.undo(key)).status).toBe('undone');
    expect(fake.table.calls.filter((call) => / cut /.test(call))).toEqual([]);
  });

  it('strikes nothing where nothing was noted', async () => {
    await fake.add(key, { changes: [a], mode: 'shadow' }, null);
    await fake.note(keyOf(2));

    await fake.undo(key);

    expect(fake.table.calls.filter((call) => call.startsWith('DeleteItem'))).toEqual([]);
    expect(await fake.cutOf(keyOf(2))).toBeDefined();
  });

  it('knows its own note by incident, action and cohort', async () => {
    const others = [keyOf(2), { ...key, cohortId: 'c2' }, { ...key, action: 'kill-connections' as const }];
    for (const other of others) await fake.note(other);
    await fake.add(key, { changes: [a] });

    await fake.undo(key);

    expect(await Promise.all([...others, key].map(async (one) => (await fake.cutOf(one)) !== undefined))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('undoes what belongs to one server alone, or is felt by it, and keeps the rest noted', async () => {
    const shared = buildChange('c', { alsoTouches: ['a'] });
    await fake.add(key, { changes: [a, b, shared] });

    const result = await fake.undo(key, { server: 'a' });

    expect(result.summary).toBe('2 undone. a: a ends so');
    expect((await fake.cutOf(key))?.targets).toEqual([{ target: 'b', server: 'b' }]);
  });

  it('does the rest in a second restore, in a step of its own', async () => {
    await fake.add(key, { changes: [a, b] });
    fake.ends = { b: 'failed' };
    const first = await fake.undo(key);
    fake.ends = {};

    const second = await fake.undo(key);

    expect([first.status, second.status]).toEqual(['failed', 'undone']);
    expect(fake.asked.map(({ change }) => change.target)).toEqual(['b']);
    expect(fake.steps(key).slice(-2)).toEqual(['c1 4-failed', 'c1 5-undone']);
    expect(await fake.cutOf(key)).toBeUndefined();
  });

  it('says the next time that it was undone before, and strikes a note that was left behind', async () => {
    await fake.add(key, { changes: [a] });
    await fake.undo(key);
    await fake.note(key, { targets: [{ target: 'a', server: 'a' }] });

    const again = await fake.undo(key);

    expect(again).toEqual({ entry: key, status: 'already-undone', summary: 'Was undone before' });
    expect(fake.asked).toEqual([]);
    expect(await fake.cutOf(key)).toBeUndefined();
  });

  it('takes the next number where another restore was faster', async () => {
    await fake.add(key, { changes: [a] });
    let isFirst = true;
    fake.table.onCall = async (call) => {
      if (!call.endsWith('4-undone') || !isFirst) return;
      isFirst = false;
      await fake.table.audit.putStep(key, '4-undone', { undoings: [] });
    };

    await fake.undo(key);

    expect(fake.steps(key).slice(-2)).toEqual(['c1 4-undone', 'c1 5-undone']);
  });

  it.each([
    [{ a: 'undone', b: 'failed' }, 'failed', '1 failed, 1 undone. b: b ends so'],
    [{ a: 'drifted', b: 'undone' }, 'drifted', '1 drifted, 1 undone. a: a ends so'],
    [{ a: 'irreversible', b: 'undone' }, 'irreversible', '1 irreversible, 1 undone. a: a ends so'],
    [{ a: 'already-undone', b: 'undone' }, 'undone', '1 undone, 1 already-undone. b: b ends so'],
    [{ a: 'failed', b: 'drifted' }, 'failed', '1 failed, 1 drifted. a: a ends so'],
  ] as const)('tells of %j the worst: %s', async (ends, status, summary) => {
    await fake.add(key, { changes: [a, b] });
    fake.ends = ends;

    expect(await fake.undo(key)).toEqual({ entry: key, status, summary });
  });

  it.each([
    ['undone', false],
    ['already-undone', false],
    ['irreversible', false],
    ['drifted', true],
    ['failed', true],
  ] as const)('of a target that is %s, keeps the note: %s', async (status, isNoted) => {
    await fake.add(key, { changes: [a, b] });
    fake.ends = { a: status };

    await fake.undo(key);

    expect((await fake.cutOf(key))?.targets ?? []).toEqual(isNoted ? [{ target: 'a', server: 'a' }] : []);
  });

  it('writes the note anew only when something is struck from it', async () => {
    await fake.add(key, { changes: [a] });
    fake.ends = { a: 'failed' };

    await fake.undo(key);

    expect(fake.table.calls.filter((call) => call.endsWith(`cut ${key.incidentId}#${key.action}#c1`))).toEqual([]);
  });

  it('fails where the action says nothing of how it ended, and keeps the note', async () => {
    await fake.add(key, { changes: [a] });
    fake.action = () => ({ sharesTargets: true, undo: async () => Promise.resolve([]) });

    expect(await fake.undo(key)).toEqual({ entry: key, status: 'failed', summary: 'Nothing was told of its changes' });
    expect(await fake.cutOf(key)).toBeDefined();
  });

  it('fails where this release has no such action, and puts that on record', async () => {
    await fake.add(key, { changes: [a] });
    fake.action = () => undefined;

    expect(await fake.undo(key)).toMatchObject({ status: 'failed', summary: '1 failed. a: Action is unknown' });
    expect(fake.steps(key)).toContain('c1 4-failed');
    expect(await fake.cutOf(key)).toBeDefined();
  });
});
