import * as fc from 'fast-check';
import { isSmall, mutateText, mutateValue, type Step } from './mutate.ts';
import type { FuzzTarget } from './targets.ts';

/** How an input is made: small enough to be kept, whatever the size of the input. */
export interface Recipe {
  readonly sample: string;
  readonly steps: readonly Step[];
}

/** A kept finding: what once went wrong, and where. */
export interface Case extends Recipe {
  readonly target: string;
  readonly found: string;
}

const step = fc.record({ place: fc.nat(5_000), change: fc.nat(1_000), value: fc.nat(1_000) });

/** Recipes for a target: a real sample and up to four changes of it; `small` ones make no input of a megabyte. */
export function drawRecipe({ samples }: FuzzTarget, size: 'small' | 'any' = 'any'): fc.Arbitrary<Recipe> {
  return fc.record({
    sample: fc.constantFrom(...Object.keys(samples)),
    steps: fc.array(size === 'small' ? step.filter(isSmall) : step, { minLength: 1, maxLength: 4 }),
  });
}

/** The input that a recipe makes. */
export function makeInput({ samples, isText }: FuzzTarget, { sample, steps }: Recipe): unknown {
  const from = samples[sample];
  if (from === undefined) throw new Error(`There is no sample "${sample}"`);
  // JSON knows no undefined.
  return isText ? mutateText(typeof from === 'string' ? from : '', steps) : (mutateValue(from, steps) ?? null);
}
