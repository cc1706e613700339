import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'peer-defects.md'), 'utf8');

/** Each chapter with its number, words and the tests it names. */
const chapters = page
  .split(/^## /m)
  .slice(1)
  .map((text) => {
    const tests = [...text.matchAll(/^- `(test\/[^`]+\.test\.ts)`: (.+)$/gm)];
    return {
      number: Number.parseInt(text, 10),
      words: (text.split('\n\n')[1] ?? '').trim(),
      tests: tests.map(([, path = '', title = '']) => ({ path, title })),
      lines: text.split('\n').filter((line) => line.startsWith('- ')).length,
    };
  });

/** True when a file has a test under this title, on the line of its `it` or on one of its own behind a table. */
function hasTest(path: string, title: string): boolean {
  const file = join(root, path);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${title}${quote},`);
  return lines.some((line) => quoted.some((text) => line.trim() === text || line.includes(`(${text}`)));
}

describe('The page of defects', () => {
  it('has all 27, in order, each with what goes wrong', () => {
    expect(chapters.map(({ number }) => number)).toEqual(Array.from({ length: 27 }, (_, index) => index + 1));
    expect(chapters.filter(({ words }) => words.length < 40 || words.startsWith('-'))).toEqual([]);
  });

  it('names two tests or more for each, and every one in full', () => {
    expect(chapters.filter(({ tests }) => tests.length < 2).map(({ number }) => number)).toEqual([]);
    expect(chapters.filter(({ tests, lines }) => tests.length !== lines).map(({ number }) => number)).toEqual([]);
  });

  it('names tests that exist under these titles', () => {
    const named = chapters.flatMap(({ tests }) => tests);

    expect(named.filter(({ path, title }) => !hasTest(path, title))).toEqual([]);
  });

  it('would miss a test that was renamed or moved', () => {
    const [first] = chapters.flatMap(({ tests }) => tests);

    expect(hasTest(first?.path ?? '', `${first?.title ?? ''} no more`)).toBe(false);
    expect(hasTest('test/gone.test.ts', first?.title ?? '')).toBe(false);
  });
});
