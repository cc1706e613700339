import { TokenBuckets } from '../services/ec2/token-buckets.ts';
import { draw } from './distribution.ts';
import { EventQueue } from './event-queue.ts';
import { importTail, latencyRows, staleReadBack } from './latency-model.ts';
import { findReadBacks } from './plan-step.ts';
import type { Plan, PlanStep } from './plan-step.ts';
import type { Random } from './random.ts';
import { waitAfterRefusal } from './wait-after-refusal.ts';

/** What a replay draws from. */
export interface ReplayProps {
  readonly random: Random;
  /** Import time of the functions that start cold, by stem; a function that is not here is warm. */
  readonly coldImportMs: ReadonlyMap<string, number>;
}

/** When each step of a plan was done, in milliseconds since the event; by the places in the plan. */
export interface Replayed {
  readonly doneMs: readonly number[];
  /** The step whose end let each begin; -1 for the first. */
  readonly causes: readonly number[];
  /** What a cold start took of each invocation; 0 for everything else. */
  readonly coldMs: readonly number[];
  /** Calls that EC2 refused for their rate. */
  readonly refused: number;
}

/**
 * Lets a plan happen once, on a clock of its own: each step begins when what it waits for is done and our code has run,
 * and takes as long as the model draws. EC2's token buckets are those of the lab, full at the beginning; a refused call
 * is made again as the SDK and the product do.
 */
export function replayPlan(plan: Plan, props: ReplayProps): Replayed {
  return new Replay(plan, props).run();
}

interface Due {
  readonly place: number;
  readonly what: 'begin' | 'done';
}

class Replay {
  readonly #plan: Plan;
  readonly #props: ReplayProps;
  readonly #readBacks: ReadonlySet<number>;
  readonly #queue = new EventQueue<Due>();
  readonly #doneMs: number[];
  readonly #causes: number[];
  readonly #coldMs: number[];
  /** By step and wait, how many are still to come. */
  readonly #open: number[][];
  readonly #waiting: { readonly place: number; readonly wait: number }[][];
  readonly #tries: number[];
  /** Idle connections by function and service; each invocation begins without one. */
  readonly #idle = new Map<string, number>();
  readonly #buckets = new TokenBuckets(() => this.#nowMs);
  #nowMs = 0;
  #refused = 0;

  constructor(plan: Plan, props: ReplayProps) {
    this.#plan = plan;
    this.#props = props;
    this.#readBacks = findReadBacks(plan);
    this.#doneMs = plan.map(() => Number.NaN);
    this.#causes = plan.map(() => -1);
    this.#coldMs = plan.map(() => 0);
    this.#tries = plan.map(() => 0);
    this.#open = plan.map(({ waits }) => waits.map(({ count }) => count));
    this.#waiting = plan.map(() => []);
    plan.forEach(({ waits }, place) =>
      waits.forEach(({ of }, wait) => of.forEach((other) => this.#waiting[other]?.push({ place, wait }))),
    );
  }

  run(): Replayed {
    this.#plan.forEach(({ waits }, place) => {
      if (waits.length === 0) this.#queue.put(0, { place, what: 'begin' });
    });
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      this.#nowMs = next.atMs;
      const { place, what } = next.item;
      const step = this.#plan[place];
      if (step === undefined) continue;
      if (what === 'done') this.#finish(place, step);
      else this.#begin(place, step);
    }
    return { doneMs: this.#doneMs, causes: this.#causes, coldMs: this.#coldMs, refused: this.#refused };
  }

  #begin(place: number, step: PlanStep): void {
    if (step.service === 'ec2' && this.#isRefused(step)) {
      this.#refused += 1;
      const tries = (this.#tries[place] ?? 0) + 1;
      this.#tries[place] = tries;
      const pauseMs = waitAfterRefusal(tries, this.#props.random);
      this.#queue.put(this.#nowMs + pauseMs, { place, what: 'begin' });
      return;
    }
    this.#queue.put(this.#nowMs + this.#drawDuration(place, step), { place, what: 'done' });
  }

  #finish(place: number, step: PlanStep): void {
    this.#doneMs[place] = this.#nowMs;
    if (step.kind === 'call') this.#idle.set(keyOf(step), (this.#idle.get(keyOf(step)) ?? 0) + 1);
    for (const { place: waiter, wait } of this.#waiting[place] ?? []) {
      const open = this.#open[waiter];
      if (open === undefined) continue;
      open[wait] = (open[wait] ?? 0) - 1;
      // More may come in than are waited for: only the one that completes the last wait lets it begin.
      if (open[wait] !== 0 || open.some((count) => count > 0)) continue;
      this.#causes[waiter] = place;
      this.#queue.put(this.#nowMs + (this.#plan[waiter]?.ownMs ?? 0), { place: waiter, what: 'begin' });
    }
  }

  #isRefused({ operation, input }: PlanStep): boolean {
    return !this.#buckets.draw(operation, input);
  }

  #drawDuration(place: number, step: PlanStep): number {
    const { random } = this.#props;
    if (step.latency === null) return 0;
    const row = latencyRows[step.latency];
    const perItemMs = 'perItemMs' in row ? row.perItemMs : 0;
    const serviceMs = draw(row, random) + perItemMs * step.items;
    if (step.kind === 'invoke') {
      const coldMs = this.#drawColdStart(step.stem);
      this.#coldMs[place] = coldMs;
      return serviceMs + coldMs;
    }
    if (step.kind !== 'call') return serviceMs;
    const isStale = this.#readBacks.has(place) && random() < staleReadBack.share;
    return serviceMs + this.#drawConnection(step) + (isStale ? staleReadBack.pauseMs + draw(row, random) : 0);
  }

  #drawColdStart(stem: string): number {
    const { random, coldImportMs } = this.#props;
    const importMs = coldImportMs.get(stem);
    if (importMs === undefined) return 0;
    return (
      draw(latencyRows.environment, random) +
      draw(latencyRows.runtime, random) +
      draw({ p50Ms: importMs, p99Ms: importMs * importTail }, random)
    );
  }

  #drawConnection(step: PlanStep): number {
    const idle = this.#idle.get(keyOf(step)) ?? 0;
    if (idle === 0) return draw(latencyRows.connection, this.#props.random);
    this.#idle.set(keyOf(step), idle - 1);
    return 0;
  }
}

function keyOf({ stem, service }: PlanStep): string {
  return `${stem} ${service}`;
}
