import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildFunctions } from '../../lab/synthesise.ts';
import { hold, round } from './measured.ts';
import type { Measured } from './measured.ts';
import { bundleOf, timeImports } from './time-imports.ts';

const root = join(import.meta.dirname, '..', '..');
/** What runs before, or beside, the first block; their import is a part of the three seconds. */
const cutPath = ['assess', 'revoke-security-groups', 'kill-connections'];
/** What else cuts: held to the same size. */
const otherCuts = ['stop-service', 'hold-task', 'kill-sessions', 'resync-clock', 'shed-connections'];
const turns = 7;
const mostKb = 350;
const mostOfUsual = 0.4;

/** Size and import time of the functions that cut, beside a bundle by esbuild's own defaults for Node. */
export async function measureBundles(): Promise<Measured[]> {
  await buildFunctions();
  const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-bench-'));
  try {
    const measured: Measured[] = [];
    for (const stem of cutPath) {
      const usual = await bundleUsually(stem, folder);
      measured.push(measureSize(stem, usual), measureImport(stem, usual));
    }
    measured.push(...otherCuts.map((stem) => hold(`bundle ${stem}`, round(sizeOf(bundleOf(stem)), 1), 'KiB', mostKb)));
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundleUsually(stem: string, folder: string): Promise<string> {
  const outfile = join(folder, `${stem}.cjs`);
  const entryPoints = [join(root, 'lambdas', stem, `${stem}.lambda.ts`)];
  await build({ entryPoints, outfile, bundle: true, minify: true, platform: 'node', logLevel: 'error' });
  return outfile;
}

function measureSize(stem: string, usual: string): Measured {
  const [oursKb, usualKb] = [sizeOf(bundleOf(stem)), sizeOf(usual)];
  return {
    name: `bundle ${stem}`,
    value: round(oursKb, 1),
    unit: 'KiB',
    reference: round(usualKb, 1),
    ratio: round(oursKb / usualKb, 2),
    budget: `at most ${mostKb} KiB`,
    ok: oursKb <= mostKb,
  };
}

function sizeOf(path: string): number {
  return statSync(path).size / 1024;
}

function measureImport(stem: string, usual: string): Measured {
  const [oursMs = 0, usualMs = 0] = timeImports([bundleOf(stem), usual], turns);
  return {
    name: `import ${stem}`,
    value: round(oursMs, 1),
    unit: 'ms',
    reference: round(usualMs, 1),
    ratio: round(oursMs / usualMs, 2),
    budget: `at most ${mostOfUsual * 100} % of the reference`,
    ok: oursMs / usualMs <= mostOfUsual,
  };
}
