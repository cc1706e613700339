// npm run bench [-- --json]: the budgets of the cut path as ratios measured in one run. Exit status 1 when one is missed.
import { measureBundles } from './measure-bundles.ts';
import { measureCut } from './measure-cut.ts';

/** One measured budget. `ratio` is value over reference, both measured in this run. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: number;
  readonly ratio: number;
  readonly budget: string;
  readonly ok: boolean;
}

const results = [...(await measureBundles()), ...(await measureCut())];
const asJson = process.argv.includes('--json');
for (const result of results) {
  const { name, value, unit, reference, ratio, budget, ok } = result;
  const line = `${ok ? 'ok  ' : 'OVER'} ${name}: ${value} ${unit}, reference ${reference} ${unit}, ratio ${ratio} (${budget})`;
  console.log(asJson ? JSON.stringify(result) : line);
}
if (results.some(({ ok }) => !ok)) process.exitCode = 1;
