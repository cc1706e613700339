import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { median, round } from './median.ts';
import type { Measured } from './run-bench.ts';

const root = join(import.meta.dirname, '..', '..');
const cutPath = ['assess', 'revoke-security-groups', 'kill-connections'];
const imports = 11;

/** Size and import time of the functions on the cut path, beside a bundle by esbuild's own defaults for Node. */
export async function measureBundles(): Promise<Measured[]> {
  execFileSync(process.execPath, ['build.mjs'], { cwd: root, stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-bench-'));
  try {
    const measured: Measured[] = [];
    for (const stem of cutPath) measured.push(...(await measureBundle(stem, folder)));
    return measured;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureBundle(stem: string, folder: string): Promise<Measured[]> {
  const ours = join(root, 'dist', 'lambdas', stem, 'index.js');
  const usual = join(folder, `${stem}.cjs`);
  const entryPoints = [join(root, 'lambdas', stem, `${stem}.lambda.ts`)];
  await build({ entryPoints, outfile: usual, bundle: true, minify: true, platform: 'node', logLevel: 'error' });
  const [oursKb, usualKb] = [ours, usual].map((path) => round(statSync(path).size / 1024, 1)) as [number, number];
  const [oursMs, usualMs] = timeImports(ours, usual);
  return [
    {
      name: `bundle ${stem}`,
      value: oursKb,
      unit: 'KB',
      reference: usualKb,
      ratio: round(oursKb / usualKb, 2),
      budget: 'at most 350 KB',
      ok: oursKb <= 350,
    },
    {
      name: `import ${stem}`,
      value: oursMs,
      unit: 'ms',
      reference: usualMs,
      ratio: round(oursMs / usualMs, 2),
      budget: 'ratio at most 0.4',
      ok: oursMs / usualMs <= 0.4,
    },
  ];
}

/** Median import time of both, each in fresh processes, in turn: a busy machine slows both alike. */
function timeImports(ours: string, usual: string): [number, number] {
  const times: [number[], number[]] = [[], []];
  for (let turn = 0; turn < imports; turn += 1) {
    times[0].push(timeImport(ours));
    times[1].push(timeImport(usual));
  }
  return [round(median(times[0]), 1), round(median(times[1]), 1)];
}

function timeImport(path: string): number {
  const script = `const t = performance.now(); require(${JSON.stringify(path)}); console.log(performance.now() - t);`;
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}
