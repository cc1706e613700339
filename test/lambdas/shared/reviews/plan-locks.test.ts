import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxListCharacters } from '../../../../lambdas/shared/host-address.ts';
import { peersPerStart, planLocks, type SeenLock, type Watch } from '../../../../lambdas/shared/reviews/plan-locks.ts';
import { lockStates, type LockState } from '../../../../lambdas/shared/reviews/read-lock.ts';

const now = '2026-11-23T12:00:00.000Z';
const [alpha, beta] = ['i-0000000000000000a', 'i-0000000000000000b'];
const border = ['198.18.7.0/24', '203.0.113.0/24'];

function minutesAgo(minutes: number): string {
  return new Date(Date.parse(now) - minutes * 60_000).toISOString();
}

function lock(state: LockState, over: Partial<SeenLock> = {}): SeenLock {
  const servers = over.servers ?? [alpha];
  const states = new Map(servers.map((server) => [server, { state, reason: 'why' }]));
  return { incidentId: 'inc-1', servers, peers: border, at: minutesAgo(1), states, ...over };
}

function plan(over: Partial<Watch> = {}) {
  const servers = [{ id: alpha, isLifeline: false }];
  return planLocks({ servers, peers: border, locks: [], reopenedAt: new Map(), mode: 'armed', now, ...over });
}

const first = { servers: [alpha], peers: border, attempt: 1, takesLists: true };

describe('planLocks', () => {
  it('starts for every server that nothing has locked, all of them at once', () => {
    const servers = [beta, alpha].map((id) => ({ id, isLifeline: false }));

    expect(plan({ servers })).toEqual([{ ...first, servers: [alpha, beta] }]);
    expect(plan({ servers, locks: [lock('locked')] })).toEqual([{ ...first, servers: [beta] }]);
  });

  it.each([
    ['is locked', 'locked', 'armed', 0],
    ['is being locked', 'pending', 'armed', 0],
    ['was only planned, and still would be', 'planned', 'shadow', 0],
    ['was only planned, and the fuse is armed now', 'planned', 'armed', 1],
    ['was refused, and the fuse is off still', 'refused', 'off', 0],
    ['was lifted by somebody', 'lifted', 'armed', 1],
    ['failed a moment ago', 'failed', 'armed', 0],
    ['was locked in part a moment ago', 'partly', 'armed', 0],
    ['was held open as a lifeline, and is none any more', 'held-open', 'armed', 1],
  ] as const)('for a server that %s', (_words, state, mode, starts) => {
    expect(plan({ locks: [lock(state)], mode })).toHaveLength(starts);
    // Later, too, but for failures, which are tried again.
    const later = plan({ locks: [lock(state, { at: minutesAgo(30) })], mode });
    expect(later).toHaveLength(['failed', 'partly'].includes(state) ? 1 : starts);
  });

  it('tries a failure again after four minutes, then after twice as long each time, and never less than every six hours', () => {
    const failures = (count: number, minutes: number) =>
      Array.from({ length: count }, (_, index) => lock('failed', { at: minutesAgo(minutes + index) }));
    const isDue = (count: number, minutes: number) => plan({ locks: failures(count, minutes) }).length > 0;

    expect([isDue(1, 3), isDue(1, 4), isDue(2, 7), isDue(2, 8), isDue(3, 15), isDue(3, 16)]).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect([isDue(40, 359), isDue(40, 360)]).toEqual([false, true]);
  });

  it('starts for what is new beyond the border alone', () => {
    const peers = [...border, '2001:db8:7::/48'];

    expect(plan({ peers, locks: [lock('locked')] })).toEqual([
      { servers: [alpha], peers: ['2001:db8:7::/48'], attempt: 2, takesLists: true },
    ]);
  });

  it('asks for a lifeline once and for all, apart from the others', () => {
    const servers = [alpha, beta].map((id) => ({ id, isLifeline: id === beta }));

    expect(plan({ servers }).map((one) => one.servers)).toEqual([[alpha], [beta]]);
    expect(plan({ servers, locks: [lock('held-open', { servers: [beta] })] })).toEqual([first]);
  });

  it('locks again what another review has let go of since', () => {
    const locks = [lock('locked', { at: minutesAgo(9) })];

    expect(plan({ locks, reopenedAt: new Map([[alpha, minutesAgo(10)]]) })).toEqual([]);
    expect(plan({ locks, reopenedAt: new Map([[alpha, minutesAgo(8)]]) })).toHaveLength(1);
  });

  it('splits a border and a fleet that are too large for one start, and leaves nothing out', () => {
    const servers = Array.from({ length: 501 }, (_, index) => ({ id: `i-${1000 + index}`, isLifeline: false }));
    const peers = Array.from({ length: 201 }, (_, index) => `2001:db8:${(0x1000 + index).toString(16)}::/48`);

    const plans = plan({ servers, peers });

    expect(plans.map((one) => [one.servers.length, one.peers.length, one.takesLists])).toEqual([
      [500, 100, true],
      [500, 100, false],
      [500, 1, false],
      [1, 100, true],
      [1, 100, false],
      [1, 1, false],
    ]);
  });

  it('never asks a host for more than one command carries', () => {
    // The longest there is: eight groups and a prefix of three digits.
    expect(peersPerStart * '2001:0db8:0000:0000:0000:0000:0000:0001/128 '.length).toBeLessThanOrEqual(
      maxListCharacters,
    );
  });

  it('covers every peer of every due server exactly once, and none that is locked or under way', () => {
    const states = fc.constantFrom(...lockStates);
    const watches = fc.record({
      servers: fc.uniqueArray(fc.constantFrom('i-a', 'i-b', 'i-c')),
      peers: fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p3', 'p4')),
      mode: fc.constantFrom('shadow' as const, 'armed' as const, 'off' as const),
      locks: fc.array(
        fc.record({
          servers: fc.uniqueArray(fc.constantFrom('i-a', 'i-b', 'i-c'), { minLength: 1 }),
          peers: fc.uniqueArray(fc.constantFrom('p1', 'p2', 'p3', 'p4'), { minLength: 1 }),
          minutes: fc.integer({ min: 0, max: 2000 }),
          state: states,
        }),
      ),
    });
    fc.assert(
      fc.property(watches, ({ servers, peers, mode, locks }) => {
        const seen = locks.map(({ state, minutes, ...rest }) => lock(state, { ...rest, at: minutesAgo(minutes) }));

        const plans = plan({ servers: servers.map((id) => ({ id, isLifeline: false })), peers, mode, locks: seen });

        for (const id of servers) {
          const asked = plans.filter((one) => one.servers.includes(id)).flatMap((one) => one.peers);
          const own = seen.filter((one) => one.servers.includes(id));
          const held = own.filter((one) => ['locked', 'pending'].includes(one.states.get(id)?.state ?? ''));
          expect(new Set(asked).size).toBe(asked.length);
          expect(asked.filter((peer) => held.some((one) => one.peers.includes(peer)))).toEqual([]);
          // Nothing on record: everything is asked for.
          expect(own.length > 0 || isSameList(asked, peers)).toBe(true);
        }
      }),
    );
  });
});

function isSameList(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join() === right.toSorted().join();
}
