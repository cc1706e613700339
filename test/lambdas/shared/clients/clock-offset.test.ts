import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clockWatch,
  narrowRange,
  readClockOffset,
  toClockOffset,
  type Moment,
  type OffsetRange,
} from '../../../../lambdas/shared/clients/clock-offset.ts';

/** A function's clocks beside AWS's: `offsetMs` off when it starts, running apart by `drift`, set by `setBy` at times. */
function makeClocks(offsetMs: number, drift: number) {
  let setByMs = 0;
  const offsetAt = (trueMs: number) => offsetMs + drift * trueMs - setByMs;
  return {
    offsetAt,
    read: (trueMs: number): Moment => ({
      wallMs: Math.floor(trueMs - offsetAt(trueMs)),
      steadyMs: trueMs * (1 - drift),
    }),
    set: (byMs: number) => {
      setByMs += byMs;
    },
  };
}

const duration = (max: number) => fc.double({ min: 0, max, noNaN: true });

/** How long before the call, on the way, how far on the way the server looks at its clock, and by how much ours is set. */
const call = fc.record({
  pauseMs: duration(3_600_000),
  tripMs: duration(5_000),
  share: duration(1),
  setByMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 10, max: 100_000 })),
});

describe('narrowRange', () => {
  it('always holds the true offset, whatever the trips, the drift and the moments the clock is set', () => {
    const offset = fc.double({ min: -1e7, max: 1e7, noNaN: true });
    const drift = fc.double({ min: -0.00015, max: 0.00015, noNaN: true });
    fc.assert(
      fc.property(offset, drift, fc.array(call, { maxLength: 20 }), (offsetMs, driftShare, calls) => {
        const clocks = makeClocks(offsetMs, driftShare);
        let now = 1_700_000_000_000;
        let range: OffsetRange | null = null;
        for (const { pauseMs, tripMs, share, setByMs } of calls) {
          now += pauseMs;
          clocks.set(setByMs);
          const sent = clocks.read(now);
          const serverMs = Math.floor((now + share * tripMs) / 1000) * 1000;
          now += tripMs;
          range = narrowRange(range, { sent, received: clocks.read(now), serverMs });
          const known = toClockOffset(range, clocks.read(now));

          expect(Math.abs((known?.offsetMs ?? NaN) - clocks.offsetAt(now))).toBeLessThanOrEqual(known?.withinMs ?? NaN);
          expect(known?.withinMs).toBeLessThanOrEqual(503 + tripMs / 2);
        }
      }),
    );
  });

  it('gets narrower than the header tells, by calls in different parts of a second', () => {
    const at = (wallMs: number): Moment => ({ wallMs, steadyMs: wallMs });
    const early = narrowRange(null, { sent: at(1_010), received: at(1_020), serverMs: 1_000 });
    const both = narrowRange(early, { sent: at(1_980), received: at(1_990), serverMs: 1_000 });

    expect(toClockOffset(early, at(1_020))).toEqual({ offsetMs: 485, withinMs: 506 });
    expect(toClockOffset(both, at(1_990))).toEqual({ offsetMs: -1, withinMs: 22 });
  });

  it.each([
    ['an answer without a date', { serverMs: NaN }],
    ['a call during which the clock was set', { received: { wallMs: 9_000, steadyMs: 1_020 } }],
  ])('learns nothing from %s', (_, over) => {
    const at = (wallMs: number): Moment => ({ wallMs, steadyMs: wallMs });

    expect(narrowRange(null, { sent: at(1_010), received: at(1_020), serverMs: 1_000, ...over })).toBeNull();
  });
});

describe('toClockOffset', () => {
  const known: OffsetRange = { lowMs: -100, highMs: 100, at: { wallMs: 0, steadyMs: 0 } };

  it('knows less the older the last answer is', () => {
    expect(toClockOffset(known, { wallMs: 1_000_000, steadyMs: 1_000_000 })).toEqual({ offsetMs: 0, withinMs: 300 });
  });

  it('knows nothing once the clock was set, and before the first answer', () => {
    expect(toClockOffset(known, { wallMs: 1_000, steadyMs: 500 })).toBeNull();
    expect(toClockOffset(null, { wallMs: 0, steadyMs: 0 })).toBeNull();
  });
});

describe('clockWatch', () => {
  /** A client of the SDK, as far as an extension sees it. */
  function makeClient(answer: () => Promise<{ response: { headers: Record<string, string> } }>) {
    const handler = { handle: async (_request: unknown, _options?: unknown) => answer() };
    clockWatch.configure({ httpHandler: () => handler });
    return async () => handler.handle({});
  }

  it('leaves answers and errors as they are, also where they carry no date', async () => {
    const answer = { response: { headers: {} } };
    const lost = new Error('lost');

    await expect(makeClient(async () => Promise.resolve(answer))()).resolves.toBe(answer);
    await expect(makeClient(async () => Promise.reject(lost))()).rejects.toBe(lost);
    expect(readClockOffset()).toBeNull();
  });

  it('reads the offset from the answers of any client', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString();
    await makeClient(async () => Promise.resolve({ response: { headers: { date } } }))();

    const { offsetMs = NaN, withinMs = NaN } = readClockOffset() ?? {};

    expect(Math.abs(offsetMs - 3_600_000)).toBeLessThanOrEqual(withinMs);
  });
});
