import type { Clock, TimerKind } from './clock.ts';
import { Rest } from './rest.ts';

interface VirtualTimer {
  readonly dueAt: number;
  readonly task: () => void;
  readonly kind: TimerKind;
}

/** How a virtual clock behaves. */
export interface VirtualClockOptions {
  /**
   * Whether it stands still before a time limit while somebody outside is to answer: nobody could answer in no time.
   * Default: false, so that whoever does not answer runs into the limit.
   */
  readonly stopsForAnswers?: boolean;
}

/**
 * A clock that jumps to the next timer as soon as nothing else runs: waits, retries and timeouts take no time and keep their order.
 * Work it cannot see (sockets, child processes) must be wrapped in `hold`, or the clock jumps past it.
 */
export class VirtualClock implements Clock {
  #now: number;
  #holds = 0;
  #awaited = 0;
  #skipsUntil = Number.NEGATIVE_INFINITY;
  #armed = false;
  readonly #stopsForAnswers: boolean;
  readonly #timers = new Set<VirtualTimer>();
  readonly #rest = new Rest();

  constructor(startsAt = '2026-01-01T00:00:00Z', { stopsForAnswers = false }: VirtualClockOptions = {}) {
    this.#now = Date.parse(startsAt);
    this.#stopsForAnswers = stopsForAnswers;
  }

  /** True while it stands still for an answer from outside: only that, or `skip`, moves it on. */
  get isAtRest(): boolean {
    return this.#rest.isReached;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMilliseconds: number, task: () => void, kind: TimerKind = 'wait'): () => void {
    const timer = { dueAt: this.#now + delayMilliseconds, task, kind };
    this.#timers.add(timer);
    this.#arm();
    return () => this.#timers.delete(timer);
  }

  /** Stops time until the returned function is called. */
  hold(): () => void {
    this.#holds += 1;
    this.#rest.leave();
    return this.#once(() => (this.#holds -= 1));
  }

  /** Somebody outside is to answer, until the returned function is called. */
  expectAnswer(): () => void {
    if (!this.#stopsForAnswers) return () => undefined;
    this.#awaited += 1;
    this.#arm();
    return this.#once(() => (this.#awaited -= 1));
  }

  async whenAtRest(): Promise<void> {
    await this.#rest.whenReached();
  }

  /** Lets time pass although an answer is awaited: limits that are due by then run out. */
  skip(milliseconds: number): void {
    this.#skipsUntil = this.#now + milliseconds;
    this.#arm();
  }

  #once(release: () => void): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      release();
      this.#arm();
    };
  }

  #arm(): void {
    this.#rest.leave();
    if (this.#armed || (this.#timers.size === 0 && this.#awaited === 0)) return;
    this.#armed = true;
    // Two turns of the event loop: every promise chain has come to rest, and so has one immediate started by a handler.
    setImmediate(() => setImmediate(() => this.#fire()));
  }

  #fire(): void {
    this.#armed = false;
    // Looked at only now, because a hold may have begun since the timer was set; its release arms again.
    if (this.#holds > 0) return;
    const timer = this.#earliest();
    if (timer === undefined || !this.#mayReach(timer)) {
      this.#standStill();
      return;
    }
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.dueAt);
    timer.task();
    // One timer a turn, so that what it sets off happens before the next one, even at the same instant.
    this.#arm();
  }

  /** A limit is not reached by jumping while an answer is awaited; a wait always is, and it comes first if it is due first. */
  #mayReach({ kind, dueAt }: VirtualTimer): boolean {
    return this.#awaited === 0 || kind === 'wait' || dueAt <= this.#skipsUntil;
  }

  #standStill(): void {
    if (this.#awaited === 0) return;
    // Skipped time has passed, also where nothing was due in it: the next skip counts from there.
    this.#now = Math.max(this.#now, this.#skipsUntil);
    this.#rest.reach();
  }

  #earliest(): VirtualTimer | undefined {
    let earliest: VirtualTimer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueAt < earliest.dueAt) earliest = timer;
    }
    return earliest;
  }
}
