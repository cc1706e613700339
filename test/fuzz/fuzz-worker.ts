import { parentPort, workerData } from 'node:worker_threads';
import * as fc from 'fast-check';
import { drawRecipe, makeInput } from './draw.ts';
import { findFault, targets } from './targets.ts';

const { target: name, forMs, seed } = workerData as { target: string; forMs: number; seed: number };
const target = targets[name];
if (target === undefined) throw new Error(`There is no target "${name}"`);

/** Shrinking a found case takes a part of the time at most. */
const mostShrinks = 200;
/** More of the same says nothing new. */
const mostFindings = 3;

// oxlint-disable unicorn/require-post-message-target-origin -- a thread has no origin
const until = Date.now() + forMs;
let inputs = 0;
let findings = 0;
for (let round = 0; Date.now() < until && findings < mostFindings; round += 1) {
  const run = fc.check(
    fc.property(drawRecipe(target), (recipe) => {
      if (Date.now() > until) return true;
      inputs += 1;
      // Told before it is tried: whoever watches knows what hung.
      parentPort?.postMessage({ kind: 'about', recipe });
      return findFault(target, makeInput(target, recipe)) === null;
    }),
    {
      seed: seed + round,
      numRuns: 500,
      interruptAfterTimeLimit: Math.max(1, until - Date.now()),
      endOnFailure: inputs > mostShrinks * 100,
    },
  );
  const [recipe] = run.counterexample ?? [];
  if (recipe === undefined) continue;
  findings += 1;
  parentPort?.postMessage({ kind: 'fault', recipe, fault: findFault(target, makeInput(target, recipe)) ?? 'flaky' });
}
parentPort?.postMessage({ kind: 'done', inputs });
