import { beforeEach, describe, expect, it } from 'vitest';
import { core, desk, first, HoldBench, second, type World } from './hold-bench.ts';

describe('holdOpen', () => {
  let bench: HoldBench;
  beforeEach(() => {
    bench = new HoldBench();
  });

  const both = [core, { ...core, name: 'other', servers: { ids: [second] } }];

  it('runs its one document on lifelines that share a clock by one command, and tells who the time comes from', async () => {
    const { outcome, sent } = await bench.run(both);

    expect(outcome).toMatchObject({ status: 'verified', counts: { verified: 2, failed: 0, refused: 0 } });
    expect(outcome.summary).toContain(
      `${first}: switched to the backup (clock:PHC0), time from PHC0, 10.0.7.1, 10.0.7.2 silent, at most 0.031 ms off, limit 1 ms`,
    );
    expect(sent).toMatchObject([
      {
        DocumentName: 'Fuse-HoldTime',
        InstanceIds: [first, second],
        Parameters: { sources: ['10.0.7.1 10.0.7.2'], backup: ['clock:PHC0'], limitMs: ['1'] },
      },
    ]);
  });

  it('takes each lifeline by its own sources, as its present tags say', async () => {
    const { sent } = await bench.run([core, desk], { tags: { [second]: { desk: 'yes' } } });

    expect(
      sent.map(({ InstanceIds, Parameters }) => [InstanceIds, Parameters?.['backup'], Parameters?.['limitMs']]),
    ).toEqual([
      [[first], ['clock:PHC0'], ['1']],
      [[second], ['holdover'], ['0.5']],
    ]);
  });

  it('is unchanged where all sources answer, and says so with the figures', async () => {
    const kept = { result: 'kept', changed: false, selected: '10.0.7.1', watched: [] };

    const { outcome } = await bench.run(both, { verdicts: { [first]: kept, [second]: kept } });

    expect(outcome.status).toBe('unchanged');
    expect(outcome.summary).toContain('its own sources keep the clock right, time from 10.0.7.1, at most 0.031 ms off');
  });

  it('writes ahead what it does, and notes no cut: nothing is cut', async () => {
    const { table } = await bench.run(both);

    expect(table.items.map(({ sk }) => sk)).toEqual([
      'action#hold-open#c1#1-intended',
      'action#hold-open#c1#2-applied',
      'action#hold-open#c1#3-verified',
    ]);
  });

  it.each<[string, World, readonly object[], string]>([
    ['the policy names no sources for', {}, [], 'The policy names no time sources for it'],
    ['run Windows', { platform: 'Windows' }, both, 'Platform "Windows" has no such document'],
    ['Systems Manager does not know', { managed: [] }, both, 'Server is not managed by Systems Manager'],
  ])('hands lifelines over to a person that %s, and runs nothing', async (_, world, lifelines, why) => {
    const { outcome, sent, table } = await bench.run(lifelines, world);

    expect(outcome).toMatchObject({ status: 'handed-over', counts: { planned: 0, failed: 0 } });
    expect(outcome.summary).toMatch(
      /^Nothing was cut: keep the lifeline alive by hand\. clearing: check both NTP sources/,
    );
    expect(outcome.summary).toContain(why);
    expect(sent).toEqual([]);
    expect(table.items.map(({ sk }) => sk)).toEqual(['action#hold-open#c1#3-handed-over']);
  });

  it('holds those it can and hands the rest over, in one outcome that a person reads', async () => {
    const { outcome, sent } = await bench.run([core]);

    expect(sent).toHaveLength(1);
    expect(outcome).toMatchObject({ status: 'handed-over', counts: { verified: 1 } });
    expect(outcome.summary).toContain(`${second}: The policy names no time sources for it`);
    expect(outcome.summary).toContain(`${first}: switched to the backup`);
  });

  it('leaves it to a person which of two clocks is right', async () => {
    const { outcome } = await bench.run([core, { ...desk, servers: { ids: [first] } }]);

    expect(outcome.summary).toContain('Several lifelines of the policy name different time sources for it');
  });

  it.each([
    [
      'the host says so',
      { ok: false, result: 'failed', error: "Reference clock 'PHC0' does not answer" },
      'does not answer',
    ],
    ['the clock is not surely right, whatever else is said', { boundMs: 1.5 }, 'at most 1.5 ms off'],
    ['the host does not know by how much the clock is off', { boundMs: null }, 'at most unknown ms off'],
  ])('fails where %s, and tells what a person has to see to', async (_, over, words) => {
    const { outcome } = await bench.run(both, { verdicts: { [first]: over, [second]: over } });

    expect(outcome.status).toBe('failed');
    expect(outcome.summary).toContain(words);
    expect(outcome.summary).toContain('keep the lifeline alive by hand');
  });

  it.each(['shadow', 'off'] as const)('runs nothing while the fuse is in mode %s', async (mode) => {
    const { outcome, sent } = await bench.run(both, { mode });

    expect(outcome.status).toBe(mode === 'shadow' ? 'planned' : 'refused');
    expect(sent).toEqual([]);
  });

  it('says nothing to a person about a lifeline that is gone', async () => {
    const { outcome, sent } = await bench.run([core], { state: 'terminated' });

    expect(sent).toEqual([]);
    expect(outcome.status).toBe('handed-over');
    expect(outcome.summary).not.toContain(first);
  });
});
