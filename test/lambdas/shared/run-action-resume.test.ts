import { beforeEach, describe, expect, it } from 'vitest';
import type { CutItem } from '../../../lambdas/shared/clients/audit-table.ts';
import type { EntryKey } from '../../../lambdas/shared/contracts/restoring.ts';
import { runAction } from '../../../lambdas/shared/run-action.ts';
import { FakeRun, runKey, runRequest, runServers } from '../../builders/fake-run.ts';
import { fuseTags } from '../../builders/server.ts';

const lifeline = fuseTags({ lifeline: 'clearing' });
const [first, second] = runServers;
const left = [{ target: first, before: { was: 'sealed' }, intended: { is: 'quarantined' } }];
const early = '2026-05-06T07:00:00.000Z';

function buildCut(entry: EntryKey, over: Partial<CutItem> = {}): CutItem {
  return { entry, since: early, targets: [{ target: first, server: first }], inherited: [], expiresAt: null, ...over };
}

describe('a run', () => {
  let fake: FakeRun;
  beforeEach(() => {
    fake = new FakeRun();
  });

  const entries = () => fake.table.stepsOf(runKey.incidentId).map((sk) => sk.split('#').at(-1));
  const ownCut = async () =>
    (await fake.table.audit.listCuts()).find(({ entry }) => JSON.stringify(entry) === JSON.stringify(runKey));

  it('of which nothing is left to do writes its end alone: no former state, and no cut', async () => {
    const outcome = await fake.run({ mode: 'off' });

    expect(outcome.status).toBe('refused');
    expect(entries()).toEqual(['3-refused']);
    expect(await fake.table.audit.listCuts()).toEqual([]);
  });

  it('notes which servers it is about to cut, since when and until when', async () => {
    await fake.run();

    expect(await fake.table.audit.listCuts()).toEqual([
      {
        entry: runKey,
        since: fake.clock,
        expiresAt: null,
        targets: [first, second].map((server) => ({ target: server, server })),
        inherited: [],
      },
    ]);
  });

  it.each([
    [false, '2026-05-06T08:00:00.000Z'],
    [true, null],
  ])(
    'notes when the cut of its cohort expires, unless only a person undoes it: %s',
    async (neverExpires, expiresAt) => {
      const { action, ...tools } = fake.tools();
      const cohort = { ...runRequest.cohort, expiresAt: '2026-05-06T08:00:00.000Z' };

      await runAction({ ...runRequest, cohort }, { ...tools, action: { ...action, neverExpires } });

      expect(await ownCut()).toMatchObject({ expiresAt });
    },
  );

  it('gives the note of a try that died its own time, and keeps what others left to it', async () => {
    await fake.table.audit.putCut(buildCut(runKey, { inherited: left }));

    await fake.run();

    expect(await ownCut()).toMatchObject({ since: fake.clock, inherited: left });
    expect((await ownCut())?.targets).toHaveLength(2);
  });

  it('takes nothing from the notes of other cuts', async () => {
    const inherited = [{ target: first, before: { was: 'of another' }, intended: {} }];
    const others = [
      { ...runKey, incidentId: 'inc-0' },
      { ...runKey, action: 'kill-connections' as const },
      { ...runKey, cohortId: 'c0' },
    ];
    for (const entry of others) await fake.table.audit.putCut(buildCut(entry, { inherited }));
    await fake.table.audit.putCut(buildCut(runKey, { inherited: left }));

    await fake.run();

    expect(await ownCut()).toMatchObject({ inherited: left });
    expect((await fake.table.audit.listCuts()).filter(({ since }) => since === early)).toHaveLength(3);
  });

  it('goes on where restore clears the note in the same moment', async () => {
    await fake.table.audit.putCut(buildCut(runKey));
    fake.table.onCall = async (call) => {
      if (call !== 'Query cut') return;
      fake.table.onCall = () => undefined;
      await fake.table.audit.removeCut(runKey);
    };

    const outcome = await fake.run();

    expect(outcome.status).toBe('verified');
    expect(await ownCut()).toMatchObject({ since: fake.clock, inherited: [] });
  });
});

describe('a retry', () => {
  let fake: FakeRun;
  beforeEach(() => {
    fake = new FakeRun();
  });

  const ownCut = async () => (await fake.table.audit.listCuts())[0];

  it('notes the cut where the first try had not, as of the entry', async () => {
    await fake.dieAt('2-applied');
    const { clock } = fake;
    await fake.table.audit.removeCut(runKey);
    fake.clock = '2026-05-06T07:09:00.000Z';

    await fake.run();

    expect(fake.table.calls).not.toContain('Query cut');
    expect(fake.table.calls).toContain('apply 2 again');
    expect(await ownCut()).toMatchObject({ since: clock });
  });

  it('keeps what others left to the note of the first try', async () => {
    await fake.dieAt('2-applied');
    await fake.table.audit.replaceCut(buildCut(runKey, { inherited: left }));
    const { clock } = fake;

    await fake.run();

    expect(await ownCut()).toMatchObject({ since: clock, inherited: left });
  });

  it('of a plan made in shadow mode stays a plan, though the fuse was armed meanwhile', async () => {
    await fake.dieAt('3-planned', { mode: 'shadow' });

    const outcome = await fake.run();

    expect(outcome).toMatchObject({ status: 'planned', summary: '2 changes planned in shadow mode' });
    expect(fake.table.calls.filter((call) => /apply|verify/.test(call))).toEqual([]);
    expect(await fake.table.audit.listCuts()).toEqual([]);
  });

  it.each([
    ['off', 'The fuse is off'],
    ['shadow', 'The fuse was switched to shadow while it cut'],
  ] as const)(
    'that finds nothing cut with the fuse %s is refused, with no word of an earlier try',
    async (mode, why) => {
      await fake.dieAt('2-applied');

      const outcome = await fake.run({ mode, held: [false, false] });

      expect(outcome).toMatchObject({
        status: 'refused',
        summary: `Nothing to change, 2 refused: ${why}`,
        firstCallAt: null,
        verifiedAt: null,
      });
    },
  );

  it.each([
    ['one of two is seen to be cut', [true, null], 'an earlier try cut it'],
    ['nobody can see either', [null, null], 'an earlier try may have cut it'],
  ])('that may change nothing says, when %s, what the first left', async (_, held, told) => {
    await fake.dieAt('2-applied');

    const outcome = await fake.run({ mode: 'off', held });

    expect(outcome.remarks.filter(({ reason }) => reason === `The fuse is off; ${told}`)).toHaveLength(2);
    expect(outcome.verifiedAt).toBe(fake.clock);
  });

  it('tells of the restore that came between', async () => {
    await fake.dieAt('2-applied');
    await fake.table.audit.putStep(runKey, '4-undone', { undoings: [] });

    const outcome = await fake.run({ held: [false, false] });

    expect(outcome.summary).toBe('Nothing to change, 2 refused: Restored meanwhile');
  });

  it('changes only what the guard still lets through', async () => {
    await fake.dieAt('2-applied');

    const outcome = await fake.run({ tags: lifeline });

    expect(fake.table.calls).toContain('apply 1 again');
    expect(outcome).toMatchObject({ status: 'partial', counts: { planned: 1, verified: 1, refused: 1 } });
  });

  it.each([
    ['of a cut', 'verified', '2 of 2 changes verified', {}, {}],
    ['of what keeps lifelines alive', 'handed-over', 'by hand', { keepsAlive: true }, lifeline],
  ])('%s is %s, where the plan would hand over by now', async (_, status, summary, over, tags) => {
    await fake.dieAt('2-applied', { tags }, { action: { ...fake.tools().action, ...over } });
    const instead = { status: 'handed-over', summary: 'by hand' } as const;
    const plan = async () => Promise.resolve({ changes: [], leftAlone: [], unable: [], instead });

    const outcome = await fake.run({ tags }, { action: { ...fake.tools({ tags }).action, ...over, plan } });

    expect(outcome).toMatchObject({ status, summary });
    // What was intended first stays intended.
    expect(fake.table.calls.filter((call) => call.endsWith('again'))).toHaveLength(1);
  });

  it('keeps the time of the first call', async () => {
    await fake.dieAt('3-verified');
    const { clock } = fake;
    fake.clock = '2026-05-06T07:09:00.000Z';

    const outcome = await fake.run();

    expect(outcome).toMatchObject({ firstCallAt: clock, verifiedAt: fake.clock });
  });
});
