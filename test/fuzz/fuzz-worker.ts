import { writeSync } from 'node:fs';
import * as fc from 'fast-check';
import { drawRecipe, makeInput } from './draw.ts';
import { findFault, targets } from './targets.ts';
import type { Told } from './told.ts';

const [, , name = '', forMs, seed] = process.argv;
const target = targets[name];
if (target === undefined) throw new Error(`There is no target "${name}"`);

/** Shrinking a found case takes a part of the time at most. */
const mostShrinks = 200;
/** More of the same says nothing new. */
const mostFindings = 3;

/** Told at once and in order: what is told before a crash arrives. */
function tell(told: Told): void {
  writeSync(3, `${JSON.stringify(told)}\n`);
}

/** What is still held when nothing has to be held any more. */
function weighHeapMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e6);
}

const startMb = weighHeapMb();
const until = Date.now() + Number(forMs);
let inputs = 0;
let findings = 0;
for (let round = 0; Date.now() < until && findings < mostFindings; round += 1) {
  const run = fc.check(
    fc.property(drawRecipe(target), (recipe) => {
      if (Date.now() > until) return true;
      inputs += 1;
      // Told before it is tried: whoever watches knows what hung.
      tell({ kind: 'about', recipe });
      return findFault(target, makeInput(target, recipe)) === null;
    }),
    {
      seed: Number(seed) + round,
      numRuns: 500,
      interruptAfterTimeLimit: Math.max(1, until - Date.now()),
      endOnFailure: inputs > mostShrinks * 100,
    },
  );
  const [recipe] = run.counterexample ?? [];
  if (recipe === undefined) continue;
  findings += 1;
  tell({ kind: 'fault', recipe, fault: findFault(target, makeInput(target, recipe)) ?? 'flaky' });
}
tell({ kind: 'done', inputs, startMb, endMb: weighHeapMb(), mostMb: Math.round(process.resourceUsage().maxRSS / 1e3) });
