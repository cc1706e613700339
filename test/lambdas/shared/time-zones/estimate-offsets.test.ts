import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateOffsets, type OrderEvent } from '../../../../lambdas/shared/time-zones/estimate-offsets.ts';

type Offsets = Readonly<Record<string, number>>;

/** Numbers from 0 to 1 that are the same in every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Orders of five states, 5 to 15 minutes apart, each state written by some host with its own clock. */
function makeEvents(offsets: Offsets, { orders = 800, seed = 1 } = {}): OrderEvent[] {
  const random = makeRandom(seed);
  const hosts = Object.keys(offsets);
  return Array.from({ length: orders }, (_, order) => {
    let now = random() * 86_400;
    return Array.from({ length: 5 }, (__, step) => {
      now += 300 + random() * 600;
      const host = hosts[Math.floor(random() * hosts.length)] ?? '';
      return { order: `o${order}`, step, host, atSeconds: now + (offsets[host] ?? 0) };
    });
  }).flat();
}

const kinds = (events: readonly OrderEvent[]) =>
  Object.fromEntries(estimateOffsets(events).map(({ from, to, kind }) => [`${from}${to}`, kind]));

describe('estimateOffsets', () => {
  it('tells a zone, a drift and health apart', () => {
    const events = makeEvents({ a: 0, b: 0, c: 9 * 3600, d: -90 }, { orders: 3200 });

    const pairs = estimateOffsets(events);

    // Of c and d both are wrong: nine hours and a minute and a half are no zone.
    expect(kinds(events)).toEqual({ ab: 'none', ac: 'zone', ad: 'drift', bc: 'zone', bd: 'drift', cd: 'drift' });
    expect(pairs.find(({ from, to }) => from === 'a' && to === 'c')).toMatchObject({
      zoneMinutes: 540,
      backwardRate: expect.closeTo(0.5, 1) as number,
    });
    expect(pairs.find(({ from, to }) => from === 'a' && to === 'd')?.offsetSeconds).toBeCloseTo(-90, -2);
  });

  it.each([
    [330 * 60, 'zone', 330],
    [-300 * 60, 'zone', -300],
    [15 * 60, 'zone', 15],
    [900 + 45, 'zone', 15],
    [20 * 60, 'drift', null],
    [11 * 60, 'drift', null],
    [-200, 'drift', null],
    [30, 'none', null],
  ])('calls %d s a %s of %s min', (seconds, kind, zoneMinutes) => {
    const [pair] = estimateOffsets(makeEvents({ a: 0, b: seconds }, { orders: 6000 }));

    expect(pair).toMatchObject({ from: 'a', to: 'b', kind, zoneMinutes });
  });

  it('proves nothing by a single backward pair, nor by a few', () => {
    const backward: OrderEvent[] = [
      { order: 'o', step: 0, host: 'a', atSeconds: 1000 },
      { order: 'o', step: 1, host: 'b', atSeconds: 400 },
    ];

    expect(estimateOffsets(backward)).toEqual([
      {
        from: 'a',
        to: 'b',
        kind: 'unknown',
        offsetSeconds: null,
        noiseSeconds: null,
        zoneMinutes: null,
        samples: 0,
        backwardRate: 1,
      },
    ]);
    expect(kinds(makeEvents({ a: 0, b: 9 * 3600 }, { orders: 4 }))).toEqual({ ab: 'unknown' });
  });

  it('does not let a few stray orders make a healthy pair look ill', () => {
    const healthy = makeEvents({ a: 0, b: 0 }, { orders: 3000 });
    const stray = Array.from({ length: 30 }, (_, index): OrderEvent[] => [
      { order: `x${index}`, step: 0, host: 'a', atSeconds: 0 },
      { order: `x${index}`, step: 1, host: 'b', atSeconds: -80_000 },
    ]).flat();

    expect(kinds([...healthy, ...stray])).toEqual({ ab: 'none' });
  });

  it('has no word on hosts whose steps are too uneven, rather than a zone by chance', () => {
    const random = makeRandom(3);
    const events = Array.from({ length: 60 }, (_, order): OrderEvent[] => {
      const [first, second] = order % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      return [
        { order: `o${order}`, step: 0, host: first ?? '', atSeconds: 0 },
        { order: `o${order}`, step: 1, host: second ?? '', atSeconds: random() * 86_400 },
      ];
    }).flat();

    expect(kinds(events)).toEqual({ ab: 'unknown' });
  });

  it('takes no offset for a zone that its own noise could have put near one', () => {
    const events = Array.from({ length: 60 }, (_, order): OrderEvent[] => {
      const [first = '', second = ''] = order % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      const lag = Math.floor(order / 2) * 240 + (second === 'b' ? 32_400 : -32_400);
      return [
        { order: `o${order}`, step: 0, host: first, atSeconds: 0 },
        { order: `o${order}`, step: 1, host: second, atSeconds: lag },
      ];
    }).flat();

    expect(estimateOffsets(events)).toMatchObject([{ kind: 'unknown', offsetSeconds: 32_400, zoneMinutes: null }]);
  });

  it('goes by the order of states, never by the clock, and leaves gaps and unconnected hosts out', () => {
    const events = makeEvents({ a: 0, b: 9 * 3600 }, { orders: 1000 });
    const withoutMiddle = events.filter(({ step }) => step % 2 === 0);

    const shuffled = events.toSorted((x, y) => x.atSeconds - y.atSeconds);

    expect(estimateOffsets(shuffled)).toEqual(estimateOffsets(events));
    expect(estimateOffsets(withoutMiddle)).toEqual([]);
    expect(estimateOffsets([])).toEqual([]);
  });

  it('finds whichever zone was set, with the sign of the pair', () => {
    const quarters = fc.integer({ min: -48, max: 56 }).filter((quarter) => quarter !== 0);

    fc.assert(
      fc.property(quarters, fc.integer({ min: 1, max: 1_000_000 }), (quarter, seed) => {
        const [pair] = estimateOffsets(makeEvents({ a: 0, b: quarter * 900 }, { orders: 2500, seed }));

        expect(pair).toMatchObject({ kind: 'zone', zoneMinutes: quarter * 15 });
        expect(Math.abs((pair?.offsetSeconds ?? 0) - quarter * 900)).toBeLessThan(60);
      }),
      { numRuns: 15 },
    );
  });

  it('calls no healthy pair a zone or a drift', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 2000 }), (seed, orders) => {
        const found = Object.values(kinds(makeEvents({ a: 0, b: 0, c: 0 }, { orders, seed })));

        expect(found.filter((kind) => kind === 'zone' || kind === 'drift')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
