// npm run fuzz [-- --minutes 2] [-- --only <target>] [-- --json] [-- --seed N]: draws spoiled inputs for everything that reads
// what others wrote, each target in a thread with little memory and under a watch. Exit status 1 with findings, which are
// written as cases to test/fuzz/cases.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { sha256Hex } from '../../lambdas/shared/canonical-json.ts';
import type { Case, Recipe } from './draw.ts';
import { targets } from './targets.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    only: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean' },
  },
});

/** Half of what the smallest function has. */
const mostMemoryMb = 256;
/** No input takes a thousandth of it on an idle machine. */
const hangMs = 30_000;

interface Told {
  readonly kind: 'about' | 'fault' | 'done';
  readonly recipe?: Recipe;
  readonly fault?: string;
  readonly inputs?: number;
}

interface TargetRun {
  readonly target: string;
  readonly inputs: number;
  readonly findings: readonly Case[];
}

/** Runs one target until its time is over, it hangs, or it dies of its memory; each of these is a finding. */
async function runTarget(target: string, forMs: number, seed: number): Promise<TargetRun> {
  const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), {
    workerData: { target, forMs, seed },
    resourceLimits: { maxOldGenerationSizeMb: mostMemoryMb },
    env: { ...process.env },
  });
  let last: Recipe | undefined;
  let inputs = 0;
  const findings: Case[] = [];
  const add = (found: string, recipe = last): void => {
    if (recipe !== undefined) findings.push({ target, found, ...recipe });
  };
  return await new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(watch);
      void worker.terminate();
      resolve({ target, inputs, findings });
    };
    const onHang = (): void => {
      add(`Hangs: no answer within ${hangMs / 1000} s`);
      end();
    };
    let watch = setTimeout(onHang, hangMs);
    worker.on('message', ({ kind, recipe, fault, inputs: count }: Told) => {
      clearTimeout(watch);
      watch = setTimeout(onHang, hangMs);
      if (recipe !== undefined) last = recipe;
      if (kind === 'fault') add(fault ?? '', recipe);
      if (kind === 'done') {
        inputs = count ?? 0;
        end();
      }
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (last === undefined) return reject(error);
      add(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? `Takes more than ${mostMemoryMb} MB`
          : `${error.name}: ${error.message}`,
      );
      end();
    });
  });
}

function keep(finding: Case): string {
  const name = `${finding.target.replaceAll(' ', '-')}-${sha256Hex(JSON.stringify(finding)).slice(0, 10)}.json`;
  writeFileSync(join(import.meta.dirname, 'cases', name), `${JSON.stringify(finding, null, 2)}\n`);
  return name;
}

const { only } = values;
if (only !== undefined && !Object.hasOwn(targets, only)) {
  console.error(`No target is called "${only}": wanted ${Object.keys(targets).join(', ')}`);
  process.exit(1);
}
const names = Object.keys(targets).filter((name) => only === undefined || name === only);
const forMs = (Number(values.minutes) * 60_000) / names.length;
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
let count = 0;
for (const name of names) {
  const { inputs, findings } = await runTarget(name, forMs, seed);
  count += findings.length;
  const kept = findings.map(keep);
  const line = { target: name, inputs, seed, ok: findings.length === 0, findings: findings.map(({ found }) => found) };
  console.log(
    values.json === true ? JSON.stringify(line) : `${line.ok ? 'ok    ' : 'FAILED'} ${name}: ${inputs} inputs`,
  );
  findings.forEach(({ found }, index) => console.error(`       ${kept[index]}: ${found}`));
}
if (count > 0) process.exitCode = 1;
