import { beforeEach, describe, expect, it } from 'vitest';
import { desk, first, HoldBench, second } from './hold-bench.ts';

describe('holdOpen and the backup', () => {
  let bench: HoldBench;
  beforeEach(() => {
    bench = new HoldBench();
  });

  describe('in holdover', () => {
    const unaided = { sources: ['10.0.7.1', '10.0.7.2'], backup: { kind: 'holdover' } };
    const dispatch = { name: 'dispatch', kind: 'grid-dispatch', servers: { ids: [first, second] }, time: unaided };
    const alone = { backup: 'holdover', selected: '' };
    const hold = async (verdicts: object) =>
      bench.run([dispatch], { kind: 'grid-dispatch', verdicts: { [first]: verdicts, [second]: verdicts } });

    it.each(['switched', 'carried'])(
      'counts as held where the hardware clock was read and agrees: %s',
      async (result) => {
        const { outcome } = await hold({ ...alone, result, hardwareClock: 'agrees' });

        expect(outcome).toMatchObject({ status: 'verified', counts: { verified: 2, failed: 0 }, remarks: [] });
      },
    );

    it.each([
      ['switched', 'none', 'no hardware clock'],
      ['switched', 'unread', 'hardware clock not read'],
      ['carried', 'none', 'no hardware clock'],
      ['carried', 'unread', 'hardware clock not read'],
      ['switched', 'differs', 'hardware clock differs'],
      ['switched', 'a new word', 'hardware clock not read'],
    ])('is not held where it %s and the hardware clock is "%s"', async (result, hardwareClock, words) => {
      const { outcome } = await hold({ ...alone, result, hardwareClock });

      expect(outcome).toMatchObject({ status: 'failed', counts: { verified: 0, failed: 2 } });
      expect(outcome.summary).toContain(words);
      expect(outcome.summary).toContain('at most 0.031 ms off');
      expect(outcome.summary).toContain('keep the lifeline alive by hand');
    });

    it('needs no hardware clock while its own sources keep the clock right', async () => {
      const { outcome } = await hold({ backup: 'holdover', result: 'kept', changed: false, selected: '10.0.7.1' });

      expect(outcome).toMatchObject({ status: 'unchanged', counts: { verified: 2 } });
    });
  });

  describe.each([
    { kind: 'clearing', wanted: 'reference-clock', words: 'a PTP hardware clock' },
    { kind: 'grid-dispatch', wanted: 'holdover', words: 'holdover' },
  ] as const)('the backup of a lifeline of kind $kind', ({ kind, wanted, words }) => {
    const backups = [
      { kind: 'server', address: '10.0.7.9' },
      { kind: 'reference-clock', referenceId: 'PHC0' },
      { kind: 'holdover' },
    ] as const;
    const hold = async (backup: (typeof backups)[number]) => {
      const lifeline = {
        name: 'one',
        kind,
        servers: { ids: [first, second] },
        time: { sources: ['10.0.7.1'], backup },
      };
      const found = { backup: backup.kind, hardwareClock: 'agrees' };
      return bench.run([lifeline], { kind, verdicts: { [first]: found, [second]: found } });
    };

    it.each(backups.filter((backup) => backup.kind !== wanted))(
      'is told to a person where it is a $kind, and the lifeline is held all the same',
      async (backup) => {
        const { outcome, sent } = await hold(backup);

        expect(outcome).toMatchObject({ status: 'verified', counts: { planned: 2, verified: 2 } });
        expect(outcome.remarks).toEqual([
          { target: 'lifeline:one', reason: `Its backup is "${backup.kind}", expected of ${kind}: ${words}` },
        ]);
        expect(sent).toHaveLength(1);
      },
    );

    it(`is not remarked where it is a ${wanted}`, async () => {
      for (const backup of backups.filter((one) => one.kind === wanted)) {
        expect((await hold(backup)).outcome.remarks).toEqual([]);
      }
    });
  });

  it('expects no backup of its own of life support, and remarks only lifelines of the cohort', async () => {
    const cared = { ...desk, kind: 'life-support', servers: { ids: [first, second] } };
    const elsewhere = { ...desk, name: 'elsewhere', servers: { ids: ['i-0000000000000000f'] } };
    const found = { hardwareClock: 'agrees' };

    const { outcome } = await bench.run([cared, elsewhere], {
      kind: 'life-support',
      verdicts: { [first]: found, [second]: found },
    });

    expect(outcome).toMatchObject({ status: 'verified', remarks: [] });
  });
});
