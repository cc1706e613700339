import type { Clock } from '../asl/clock.ts';

/** What a process whose sleeps are skipped says with each of its requests: how far its clock is ahead, in milliseconds. */
export const skippedHeader = 'x-lab-skipped-ms';

/** The one clock of all that changes by itself in the lab: drains, propagations, fail-overs. It never goes back. */
export class LabTime {
  readonly #haste: number;
  #readSkippedMs: () => number = () => 0;
  #aheadMs = 0;

  /** What functions slept counts `haste` times here. Default: once. */
  constructor(haste = 1) {
    this.#haste = haste;
  }

  /** Ties it to the clock of the functions, which is ahead of the machine's where waits are skipped. */
  tie(readSkippedMs: () => number): void {
    this.#readSkippedMs = readSkippedMs;
  }

  /** Unix time in milliseconds. */
  now(): number {
    return Date.now() + Math.max(this.#haste * this.#readSkippedMs(), this.#aheadMs);
  }

  /** What functions that begin now take the time to be. */
  functionsNow(): number {
    return Date.now() + this.#readSkippedMs();
  }

  /**
   * Learns from a request what time its caller has, and returns the time to answer with. A function that sleeps between
   * two polls skips time the runtime hears of only at its end, and what it polls must come due for it all the same. The
   * SDK sets its clock by every answer: one with another clock than the caller's would make it repeat calls.
   */
  see(skipped: unknown): number {
    const skippedMs = typeof skipped === 'string' && /^\d+$/.test(skipped) ? Number(skipped) : null;
    if (skippedMs === null) return this.functionsNow();
    this.#reach(Date.now() + this.#haste * skippedMs);
    return Date.now() + skippedMs;
  }

  /** The same clock, whose waits count here: a state machine that waits between two polls lets time pass as well. */
  watch(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      schedule: (delayMs, task, kind = 'wait') => {
        const dueAt = this.now() + delayMs;
        const run = (): void => {
          // A limit is nothing anybody waits for.
          if (kind === 'wait') this.#reach(dueAt);
          task();
        };
        return clock.schedule(delayMs, run, kind);
      },
      ...(clock.expectAnswer && { expectAnswer: () => clock.expectAnswer?.() ?? (() => undefined) }),
    };
  }

  #reach(atMs: number): void {
    this.#aheadMs = Math.max(this.#aheadMs, atMs - Date.now());
  }
}
