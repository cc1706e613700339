import type { Invocation, InvocationStatus, ManagedInstance, RunCommand, StepOutcome } from './invocation.ts';
import type { StoredDocument } from './document.ts';

/** Told when an invocation reached its end, for status events. */
export type InvocationListener = (invocation: Invocation) => void;

/** Calls back after a time; tests give a clock of their own. */
export type Schedule = (delayMs: number, run: () => void) => void;

/** What the operations of Systems Manager share. */
export class SsmDesk {
  readonly documents = new Map<string, StoredDocument>();
  readonly instances = new Map<string, ManagedInstance>();
  /** Keyed by command id and instance id. */
  readonly invocations = new Map<string, Invocation>();
  readonly runCommand: RunCommand;
  readonly schedule: Schedule;
  readonly #onSettled: InvocationListener | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(runCommand: RunCommand, schedule: Schedule, onSettled: InvocationListener | undefined) {
    this.runCommand = runCommand;
    this.schedule = schedule;
    this.#onSettled = onSettled;
  }

  /** Counts a delivery as running until its promise ends. */
  track(delivery: Promise<void>): void {
    const running = delivery.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Ends an invocation and tells the listener; one that was cancelled stays so when its time-out comes. */
  settle(invocation: Invocation, status: InvocationStatus, details: string, steps: readonly StepOutcome[]): void {
    if (invocation.status === 'Cancelled') return;
    invocation.isRunning = false;
    invocation.status = status;
    invocation.statusDetails = details;
    invocation.steps = steps;
    this.#onSettled?.(invocation);
  }

  /** Resolves when no script runs any more; a lost agent's command does not count, it only waits. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
