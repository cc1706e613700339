/** One line of the bench. Where nothing is compared or nothing is demanded the fields are null. */
export interface Measured {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  /** What it is held against, measured or counted in the same run unless the budget names a fixed limit. */
  readonly reference: number | null;
  /** Value over reference. */
  readonly ratio: number | null;
  /** What is demanded, in words; null for figures that are only told. */
  readonly budget: string | null;
  readonly ok: boolean;
  /** What the figure rests on, or why there is none. */
  readonly note?: string;
}

/** A figure that nothing is demanded of. */
export function tell(name: string, value: number, unit: string, more: Partial<Measured> = {}): Measured {
  return { name, value, unit, reference: null, ratio: null, budget: null, ok: true, ...more };
}

/** A figure against a limit: over it, the budget is broken. */
export function hold(name: string, value: number, unit: string, limit: number, more: Partial<Measured> = {}): Measured {
  return {
    name,
    value,
    unit,
    reference: limit,
    ratio: round(value / limit, 3),
    budget: `at most ${limit} ${unit}`,
    ok: value <= limit,
    ...more,
  };
}

/** A figure that could not be taken because the product failed: that breaks what it was to be held to. */
export function fail(name: string, reason: string): Measured {
  return { name, value: null, unit: '', reference: null, ratio: null, budget: 'must work', ok: false, note: reason };
}

/** What this machine cannot measure, and why; never a success nor a failure. */
export function skip(name: string, reason: string): Measured {
  return {
    name,
    value: null,
    unit: '',
    reference: null,
    ratio: null,
    budget: null,
    ok: true,
    note: `skipped: ${reason}`,
  };
}

/** Rounds for reading; figures are compared before. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
