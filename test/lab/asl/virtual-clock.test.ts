import { describe, expect, it } from 'vitest';

import { formatTimestamp, sleep } from '../../../lab/asl/clock.ts';
import { VirtualClock } from '../../../lab/asl/virtual-clock.ts';

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

describe('VirtualClock that stops for answers', () => {
  const minutes = (count: number): number => count * 60_000;

  function build(): { clock: VirtualClock; seen: string[]; at: (name: string, due: number, kind?: 'limit') => void } {
    const clock = new VirtualClock('2026-01-01T00:00:00Z', { stopsForAnswers: true });
    const seen: string[] = [];
    const at = (name: string, due: number, kind?: 'limit'): void => {
      clock.schedule(minutes(due), () => seen.push(`${name} ${formatTimestamp(clock.now()).slice(11, 16)}`), kind);
    };
    return { clock, seen, at };
  }

  it('jumps to a limit where nobody is asked', async () => {
    const { clock, seen, at } = build();
    at('limit', 5, 'limit');

    await sleep(clock, 600);

    expect(seen).toEqual(['limit 00:05']);
  });

  it('comes to rest before the first limit, also where a wait is due after it', async () => {
    const { clock, seen, at } = build();
    clock.expectAnswer();
    at('wait', 2);
    at('limit', 5, 'limit');
    at('late wait', 9);

    await clock.whenAtRest();

    expect(seen).toEqual(['wait 00:02']);
    expect([clock.isAtRest, formatTimestamp(clock.now())]).toEqual([true, '2026-01-01T00:02:00Z']);
  });

  it('goes on when the answer has come, and not before every answer has', async () => {
    const { clock, seen, at } = build();
    const [one, other] = [clock.expectAnswer(), clock.expectAnswer()];
    at('limit', 5, 'limit');
    one();
    one();
    await clock.whenAtRest();

    other();
    await sleep(clock, 600);

    expect(seen).toEqual(['limit 00:05']);
  });

  it('lets pass exactly the time it is told to skip', async () => {
    const { clock, seen, at } = build();
    clock.expectAnswer();
    at('limit', 5, 'limit');
    await clock.whenAtRest();

    clock.skip(minutes(3));
    await clock.whenAtRest();
    expect([seen, formatTimestamp(clock.now())]).toEqual([[], '2026-01-01T00:03:00Z']);
    clock.skip(minutes(2));
    await clock.whenAtRest();

    expect(seen).toEqual(['limit 00:05']);
  });

  it('is not at rest while something is held or was just set going', async () => {
    const { clock, at } = build();
    clock.expectAnswer();
    await clock.whenAtRest();

    const release = clock.hold();
    const whileHeld = clock.isAtRest;
    release();
    await clock.whenAtRest();
    at('limit', 1, 'limit');

    expect([whileHeld, clock.isAtRest]).toEqual([false, false]);
  });

  it('knows no rest unless asked to stop for answers', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.expectAnswer();
    clock.schedule(1000, () => seen.push('limit'), 'limit');

    await sleep(clock, 2);

    expect([seen, clock.isAtRest]).toEqual([['limit'], false]);
  });
});
