import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Measured } from './measured.ts';
import { describeMachine, toNotes, toTable } from './render.ts';

const path = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
const begin = '<!-- figures: written by npm run bench -- --write -->';
const end = '<!-- end of figures -->';

/** Puts the figures of this run between the marks of docs/benchmarks.md; what people wrote around them stays. */
export async function writePage(results: readonly Measured[]): Promise<void> {
  await writeFile(path, replaceFigures(await readFile(path, 'utf8'), results));
}

/** Refuses a page without the marks: it would lose what stands there. */
export function replaceFigures(page: string, results: readonly Measured[]): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`Could not write the figures: the page lacks "${begin}" and "${end}"`);
  const figures = `Machine: ${describeMachine()}.\n\n${toTable(results)}\n\nWhat the figures rest on:\n\n${toNotes(results)}`;
  return `${page.slice(0, from)}${begin}\n\n${figures}\n\n${page.slice(to)}`;
}
