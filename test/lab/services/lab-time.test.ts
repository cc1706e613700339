import { expect, it } from 'vitest';
import { VirtualClock } from '../../../lab/asl/virtual-clock.ts';
import { LabTime } from '../../../lab/services/lab-time.ts';

it('is ahead by what functions skipped', () => {
  const time = new LabTime();
  let skippedMs = 0;
  time.tie(() => skippedMs);
  const before = time.now();

  skippedMs = 60_000;

  expect(time.now()).toBeGreaterThanOrEqual(before + 60_000);
});

it('learns from a request that its caller is ahead, answers with its time, and never goes back', () => {
  const time = new LabTime();
  const begun = Date.now();

  const answers = ['90000', '10000', 'much', undefined].map((skipped) => time.see(skipped) - begun);

  expect(answers.map((ahead) => Math.floor(ahead / 1000))).toEqual([90, 10, 0, 0]);
  expect(time.now()).toBeGreaterThanOrEqual(begun + 90_000);
  expect(time.functionsNow()).toBeLessThan(begun + 10_000);
});

it('hastens what comes due, and nobody else', () => {
  const time = new LabTime(10);
  const begun = Date.now();
  time.tie(() => 1000);

  expect(time.now()).toBeGreaterThanOrEqual(begun + 10_000);
  expect(time.see('2000')).toBeLessThan(begun + 10_000);
  expect(time.now()).toBeGreaterThanOrEqual(begun + 20_000);
  expect(time.functionsNow()).toBeLessThan(begun + 10_000);
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
