/** Where the interpreter takes its time from. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` after the delay; the returned function cancels it. */
  schedule(delayMilliseconds: number, task: () => void): () => void;
}

/** Node cannot hold a longer timer than this (2^31 - 1 ms, 24.8 days). */
const LONGEST_TIMER_MILLISECONDS = 2_147_483_647;

/** The machine's own clock. */
export function createRealClock(): Clock {
  return { now: () => Date.now(), schedule: scheduleReal };
}

function scheduleReal(delayMilliseconds: number, task: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (remaining: number): void => {
    const step = Math.min(remaining, LONGEST_TIMER_MILLISECONDS);
    timer = setTimeout(() => (remaining > step ? arm(remaining - step) : task()), step);
  };
  arm(delayMilliseconds);
  return () => clearTimeout(timer);
}

interface VirtualTimer {
  readonly dueAt: number;
  readonly task: () => void;
}

/**
 * A clock that jumps to the next timer as soon as nothing else runs: waits, retries and timeouts take no time and keep their order.
 * Work it cannot see (sockets, child processes) must be wrapped in `hold`, or the clock jumps past it.
 */
export class VirtualClock implements Clock {
  #now: number;
  #holds = 0;
  #armed = false;
  readonly #timers = new Set<VirtualTimer>();

  constructor(startsAt = '2026-01-01T00:00:00Z') {
    this.#now = Date.parse(startsAt);
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMilliseconds: number, task: () => void): () => void {
    const timer = { dueAt: this.#now + delayMilliseconds, task };
    this.#timers.add(timer);
    this.#arm();
    return () => this.#timers.delete(timer);
  }

  /** Stops time until the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      this.#arm();
    };
  }

  #arm(): void {
    if (this.#armed || this.#timers.size === 0) return;
    this.#armed = true;
    // Two turns of the event loop: every promise chain has come to rest, and so has one immediate started by a handler.
    setImmediate(() => setImmediate(() => this.#fire()));
  }

  #fire(): void {
    this.#armed = false;
    // Looked at only now, because a hold may have begun since the timer was set; its release arms again.
    const timer = this.#holds > 0 ? undefined : this.#earliest();
    if (timer === undefined) return;
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.dueAt);
    timer.task();
    // One timer a turn, so that what it sets off happens before the next one, even at the same instant.
    this.#arm();
  }

  #earliest(): VirtualTimer | undefined {
    let earliest: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueAt < earliest.dueAt) earliest = timer;
    }
    return earliest;
  }
}

/** Waits on `clock`; rejects with the signal's reason when it is aborted first. */
export async function sleep(clock: Clock, seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = clock.schedule(seconds * 1000, resolve);
  const stop = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal?.removeEventListener('abort', stop);
  }
}

/** ISO 8601 as Step Functions writes it: no fraction when the milliseconds are zero. */
export function formatTimestamp(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replace('.000Z', 'Z');
}

/** Epoch milliseconds of an RFC 3339 time with `T` and an offset; undefined for anything else, impossible dates included. */
export function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const epochMilliseconds = Date.parse(text);
  // Date.parse turns 30 February into 2 March; the calendar day must survive the round trip.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(epochMilliseconds) || Number.isNaN(day.getTime())) return undefined;
  return day.toISOString().startsWith(text.slice(0, 10)) ? epochMilliseconds : undefined;
}
