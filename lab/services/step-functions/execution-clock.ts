import { createRealClock } from '../../asl/clock.ts';
import type { Clock, TimerKind } from '../../asl/clock.ts';
import { Rest } from '../../asl/rest.ts';
import { VirtualClock } from '../../asl/virtual-clock.ts';

/** The time of one execution and of those it waits for. */
export interface ExecutionClock extends Clock {
  /** True while all that runs on it waits for an answer from outside. */
  readonly isAtRest: boolean;
  /** Something the clock cannot see is at work, until the returned function is called. */
  hold(): () => void;
  expectAnswer(): () => void;
  whenAtRest(): Promise<void>;
  /** Lets time pass at once: limits that are due by then run out. */
  skip(milliseconds: number): void;
}

/** A clock that skips stands still while a task works, and before a limit while somebody is asked: only then limits mean what they say. */
export function createExecutionClock(skipsWaits: boolean): ExecutionClock {
  return skipsWaits ? new VirtualClock(new Date().toISOString(), { stopsForAnswers: true }) : new WatchedClock();
}

interface WatchedTimer {
  readonly dueAt: number;
  readonly kind: TimerKind;
  readonly run: () => void;
  cancel: () => void;
}

/** Real time that knows whether anything goes on, and that can be put forward. */
class WatchedClock implements ExecutionClock {
  #skipped = 0;
  #holds = 0;
  #awaited = 0;
  #armed = false;
  readonly #clock = createRealClock();
  readonly #timers = new Set<WatchedTimer>();
  readonly #rest = new Rest();

  get isAtRest(): boolean {
    return this.#rest.isReached;
  }

  now(): number {
    return this.#clock.now() + this.#skipped;
  }

  schedule(delayMilliseconds: number, task: () => void, kind: TimerKind = 'wait'): () => void {
    const run = (): void => {
      this.#timers.delete(timer);
      task();
      this.#stir();
    };
    const cancel = this.#clock.schedule(delayMilliseconds, run);
    const timer: WatchedTimer = { dueAt: this.now() + delayMilliseconds, kind, run, cancel };
    this.#timers.add(timer);
    this.#stir();
    return () => {
      timer.cancel();
      this.#timers.delete(timer);
      this.#stir();
    };
  }

  hold(): () => void {
    this.#holds += 1;
    return this.#once(() => (this.#holds -= 1));
  }

  expectAnswer(): () => void {
    this.#awaited += 1;
    return this.#once(() => (this.#awaited -= 1));
  }

  async whenAtRest(): Promise<void> {
    await this.#rest.whenReached();
  }

  skip(milliseconds: number): void {
    this.#skipped += milliseconds;
    for (const timer of [...this.#timers].toSorted((one, other) => one.dueAt - other.dueAt)) {
      timer.cancel();
      timer.cancel = this.#clock.schedule(Math.max(0, timer.dueAt - this.now()), timer.run);
    }
    this.#stir();
  }

  #once(release: () => void): () => void {
    this.#stir();
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      release();
      this.#stir();
    };
  }

  #stir(): void {
    this.#rest.leave();
    if (this.#armed) return;
    this.#armed = true;
    // As the virtual clock does: only then every promise chain has come to its end.
    setImmediate(() => setImmediate(() => this.#look()));
  }

  #look(): void {
    this.#armed = false;
    const isMoving = [...this.#timers].some(({ kind, dueAt }) => kind === 'wait' || dueAt <= this.now());
    if (this.#awaited > 0 && this.#holds === 0 && !isMoving) this.#rest.reach();
  }
}
