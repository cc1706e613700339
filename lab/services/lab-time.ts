import type { Clock } from '../asl/clock.ts';

/** The one clock of all that changes by itself in the lab: drains, propagations, fail-overs. It never goes back. */
export class LabTime {
  #readSkippedMs: () => number = () => 0;
  #aheadMs = 0;

  /** Ties it to the clock of the functions, which is ahead of the machine's where waits are skipped. */
  tie(readSkippedMs: () => number): void {
    this.#readSkippedMs = readSkippedMs;
  }

  /** Unix time in milliseconds. */
  now(): number {
    return Math.max(this.functionsNow(), Date.now() + this.#aheadMs);
  }

  /** What functions that begin now take the time to be. Answers carry it: clocks five minutes apart make the SDK repeat calls. */
  functionsNow(): number {
    return Date.now() + this.#readSkippedMs();
  }

  /**
   * Learns from a request what time its caller has: a function that sleeps between two polls skips time the lab hears
   * of only at its end, and what it polls must come due for it all the same. `signedAt` is an `x-amz-date`.
   */
  see(signedAt: unknown): void {
    const parts = typeof signedAt === 'string' ? /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signedAt) : null;
    if (parts === null) return;
    const [year = 0, month = 1, ...rest] = parts.slice(1).map(Number);
    // The header is cut to whole seconds, so it is never ahead of its sender.
    this.#reach(Date.UTC(year, month - 1, ...rest));
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
