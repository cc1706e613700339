import { describe, expect, it } from 'vitest';

import { VirtualClock, createRealClock, formatTimestamp, parseTimestamp, sleep } from '../../../lab/asl/clock.ts';

describe('VirtualClock', () => {
  it('runs timers by time, then in the order they were set, and moves with them', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const seen: [string, string][] = [];
    const wait = async (name: string, seconds: number): Promise<void> => {
      await sleep(clock, seconds);
      seen.push([name, formatTimestamp(clock.now())]);
    };

    await Promise.all([wait('late', 3600), wait('soon', 1), wait('soon too', 1), wait('now', 0)]);

    expect(seen).toEqual([
      ['now', '2026-01-01T00:00:00Z'],
      ['soon', '2026-01-01T00:00:01Z'],
      ['soon too', '2026-01-01T00:00:01Z'],
      ['late', '2026-01-01T01:00:00Z'],
    ]);
  });

  it('lets what a timer sets off happen before the next timer', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const first = async (): Promise<void> => {
      await sleep(clock, 1);
      seen.push('first');
      await Promise.resolve();
      seen.push('first, later');
    };
    const second = async (): Promise<void> => {
      await sleep(clock, 1);
      seen.push('second');
    };

    await Promise.all([first(), second()]);

    expect(seen).toEqual(['first', 'first, later', 'second']);
  });

  it('stands still while held, however often the release is called', async () => {
    const clock = new VirtualClock();
    const [release, releaseOther] = [clock.hold(), clock.hold()];
    const seen: string[] = [];
    const waiting = sleep(clock, 5).then(() => seen.push('timer'));
    release();
    release();
    await new Promise((resolve) => setTimeout(resolve, 5));

    seen.push('released');
    releaseOther();
    await waiting;

    expect(seen).toEqual(['released', 'timer']);
  });

  it('forgets a cancelled timer', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const seen: string[] = [];
    const cancel = clock.schedule(1000, () => seen.push('cancelled'));

    cancel();
    await sleep(clock, 2);

    expect(seen).toEqual([]);
  });
});

describe('sleep', () => {
  it.each([
    ['virtual', () => new VirtualClock()],
    ['real', createRealClock],
  ])('rejects with the reason of an aborted signal on a %s clock', async (_name, create) => {
    const stop = new AbortController();
    const sleeping = sleep(create(), 3600, stop.signal);

    stop.abort(new RangeError('enough'));

    await expect(sleeping).rejects.toThrow(RangeError);
  });

  it('does not start with a signal that is already aborted', async () => {
    await expect(sleep(new VirtualClock(), 1, AbortSignal.abort(new RangeError('enough')))).rejects.toThrow(RangeError);
  });

  it('ends on the real clock too', async () => {
    await expect(sleep(createRealClock(), 0.001)).resolves.toBeUndefined();
  });
});

describe('parseTimestamp', () => {
  it.each([
    ['2016-12-05T21:29:29Z', '2016-12-05T21:29:29Z'],
    ['2016-12-05T21:29:29.5Z', '2016-12-05T21:29:29.500Z'],
    ['2016-12-05T21:29:29.123456789Z', '2016-12-05T21:29:29.123Z'],
    ['2016-12-05T21:29:29+02:00', '2016-12-05T19:29:29Z'],
  ])('reads %s', (text, expected) => {
    expect(formatTimestamp(parseTimestamp(text) ?? 0)).toBe(expected);
  });

  // The first five are the ones AWS was recorded to refuse.
  it.each([
    '2016-12-05 21:29:29Z',
    '2016-12-05T21:29:29',
    '2016-13-05T21:29:29Z',
    '2016-12-05T25:29:29Z',
    '05-12-2016T21:29:29Z',
    '2016-02-30T00:00:00Z',
    '2016-12-05t21:29:29z',
    '',
  ])('refuses "%s"', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });
});
