import { dataLimitFailure } from './failure.ts';
import { payloadBytes } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** Quota of all variables of one execution together. */
const MAX_VARIABLE_BYTES = 10 * 1024 * 1024;

/** Bytes all scopes of one execution hold. */
interface Budget {
  usedBytes: number;
}

/** Workflow variables. A branch or iteration has a scope of its own that reads the outer ones and never changes them. */
export class Scope {
  readonly #values = new Map<string, Json>();
  readonly #outer: Scope | undefined;
  readonly #budget: Budget;

  constructor(outer?: Scope, initial: JsonObject = {}) {
    this.#outer = outer;
    this.#budget = outer === undefined ? { usedBytes: 0 } : outer.#budget;
    this.assign(initial, 'initial variables');
  }

  /** Names and values, inner ones first. */
  visible(): Record<string, Json> {
    return { ...this.#outer?.visible(), ...Object.fromEntries(this.#values) };
  }

  /** Sets variables after the state `subject`; refuses when the execution would hold more than the quota. */
  assign(values: JsonObject, subject: string): void {
    // A variable that is set again frees what it held before.
    for (const [name, value] of Object.entries(values)) {
      const known = this.#values.get(name);
      this.#budget.usedBytes += payloadBytes(value) - (known === undefined ? 0 : payloadBytes(known));
      this.#values.set(name, value);
    }
    if (this.#budget.usedBytes > MAX_VARIABLE_BYTES) throw dataLimitFailure(subject);
  }

  /** Gives the bytes back when the branch or iteration is over. */
  close(): void {
    for (const value of this.#values.values()) this.#budget.usedBytes -= payloadBytes(value);
    this.#values.clear();
  }
}
