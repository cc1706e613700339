import { describe, expect, it } from 'vitest';

import { createRealClock, formatTimestamp, parseTimestamp, sleep } from '../../../lab/asl/clock.ts';
import { VirtualClock } from '../../../lab/asl/virtual-clock.ts';

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
