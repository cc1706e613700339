import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { median } from './percentile.ts';

const root = join(import.meta.dirname, '..', '..');

/** Where a function's bundle lies. */
export function bundleOf(stem: string): string {
  return join(root, 'dist', 'lambdas', stem, 'index.js');
}

/** Median import times of some bundles in milliseconds, each in fresh processes, in turn: a busy machine slows all alike. */
export function timeImports(paths: readonly string[], turns: number): number[] {
  const times = paths.map((): number[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    paths.forEach((path, place) => times[place]?.push(timeImport(path)));
  }
  return times.map(median);
}

function timeImport(path: string): number {
  const script = `const t = performance.now(); require(${JSON.stringify(path)}); console.log(performance.now() - t);`;
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}
