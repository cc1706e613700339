import { expect, it } from 'vitest';
import { VirtualClock } from '../../../lab/asl/virtual-clock.ts';
import { LabTime } from '../../../lab/services/lab-time.ts';

const toSigned = (atMs: number): string => new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');

it('is ahead by what functions skipped', () => {
  const time = new LabTime();
  let skippedMs = 0;
  time.tie(() => skippedMs);
  const before = time.now();

  skippedMs = 60_000;

  expect(time.now()).toBeGreaterThanOrEqual(before + 60_000);
});

it('learns from a signature that its caller is ahead, and never goes back', () => {
  const time = new LabTime();
  const ahead = Date.now() + 90_000;

  time.see(toSigned(ahead));
  time.see(toSigned(ahead - 80_000));
  time.see('yesterday');

  expect(time.now()).toBeGreaterThanOrEqual(ahead - 1000);
  expect(time.functionsNow()).toBeLessThan(ahead - 1000);
});

it('counts the waits of a state machine, and no limit', async () => {
  const time = new LabTime();
  const clock = new VirtualClock();
  const watched = time.watch(clock);
  const before = time.now();

  await new Promise<void>((resolve) => watched.schedule(30_000, resolve));
  await new Promise<void>((resolve) => watched.schedule(3_600_000, resolve, 'limit'));

  expect(time.now() - before).toBeGreaterThanOrEqual(30_000);
  expect(time.now() - before).toBeLessThan(3_600_000);
});
