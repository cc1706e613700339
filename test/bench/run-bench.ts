// npm run bench [-- --json] [-- --only <name>] [-- --write]: the budgets of the cut path, each measured beside its
// reference in one run. Exit status 1 when one is broken. A name is one of the keys below.
import { parseArgs } from 'node:util';
import { makeAssembly } from './assembly.ts';
import type { Assembly, Means } from './assembly.ts';
import { measureAssess } from './measure-assess.ts';
import { measureBundles } from './measure-bundles.ts';
import { measureCut } from './measure-cut.ts';
import { measureGrowth } from './measure-growth.ts';
import { measureHostCut } from './measure-host-cut.ts';
import { measurePath } from './measure-path.ts';
import type { Measured } from './measured.ts';
import { recordFleets } from './record-fleets.ts';
import type { FleetPlans } from './record-fleets.ts';
import { toLine } from './render.ts';
import { writePage } from './write-page.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, only: { type: 'string', multiple: true }, write: { type: 'boolean' } },
});
/** Figures go to stdout; what is going on does not. */
const say = (line: string): void => console.error(`… ${line}`);

const made = new Map<Means, Promise<Assembly>>();
/** Made by the first who needs it: the lab of all measurements runs the same app. */
const findAssembly = async (means: Means): Promise<Assembly> => {
  const making = made.get(means) ?? makeAssembly(means);
  made.set(means, making);
  return making;
};

let recorded: Promise<readonly FleetPlans[]> | undefined;
/** Two measurements look at the same runs. */
const readFleets = (): Promise<readonly FleetPlans[]> => (recorded ??= recordFleets(findAssembly, say));

const measurements: Readonly<Record<string, () => Promise<Measured[]> | Measured[]>> = {
  bundles: measureBundles,
  path: async () => measurePath(await readFleets()),
  cut: async () => measureCut(await readFleets()),
  assess: async () => measureAssess(await findAssembly('interfaces')),
  growth: measureGrowth,
  hosts: async () => measureHostCut(say),
};

const { only = Object.keys(measurements) } = values;
const strange = only.find((name) => !Object.hasOwn(measurements, name));
if (strange !== undefined) {
  console.error(`No measurement is called "${strange}": wanted ${Object.keys(measurements).join(', ')}`);
  process.exit(1);
}

const results: Measured[] = [];
try {
  for (const [name, measure] of Object.entries(measurements)) {
    if (!only.includes(name)) continue;
    say(name);
    for (const result of await measure()) {
      results.push(result);
      console.log(values.json === true ? JSON.stringify(result) : toLine(result));
    }
  }
} finally {
  for (const making of made.values()) await (await making.catch(() => undefined))?.remove();
}
if (values.write === true && values.only === undefined) await writePage(results);
if (results.some(({ ok }) => !ok)) process.exitCode = 1;
