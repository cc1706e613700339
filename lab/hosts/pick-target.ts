import type { FrontTarget } from './host-world.ts';

/**
 * Shares connections out by weight: each goes to the target that is furthest behind its share of what was given before.
 * Two runs give alike, and ten connections at weights of 9 and 1 are nine and one.
 */
export class TargetPicker {
  #targets: readonly FrontTarget[] = [];
  readonly #given = new Map<string, number>();

  /** New shares count from now on. */
  setTargets(targets: readonly FrontTarget[]): void {
    this.#targets = targets.filter(({ weight }) => weight > 0);
    this.#given.clear();
  }

  get targets(): readonly FrontTarget[] {
    return this.#targets;
  }

  /** The target of the next connection; undefined where there is none. */
  pick(): FrontTarget | undefined {
    const sum = this.#targets.reduce((total, { weight }) => total + weight, 0);
    const given = [...this.#given.values()].reduce((total, count) => total + count, 0);
    const lag = (target: FrontTarget): number => (target.weight / sum) * (given + 1) - this.#givenTo(target);
    const [best] = this.#targets.toSorted((one, other) => lag(other) - lag(one));
    if (best !== undefined) this.#given.set(toKey(best), this.#givenTo(best) + 1);
    return best;
  }

  #givenTo(target: FrontTarget): number {
    return this.#given.get(toKey(target)) ?? 0;
  }
}

function toKey({ address, port }: FrontTarget): string {
  return `${address} ${port}`;
}

/** Whether two routes lead to the same. */
export function isSameRoute(one: readonly FrontTarget[], other: readonly FrontTarget[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
