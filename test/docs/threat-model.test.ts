import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'threat-model.md'), 'utf8');

describe('The threat model', () => {
  it('names tests that exist', () => {
    const named = [...page.matchAll(/`(test\/[^`]+\.test\.ts)`/g)].map(([, path]) => path ?? '');

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('names a test for every threat', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (---|who|what) /.test(line));

    expect(rows.filter((row) => !row.includes('.test.ts`'))).toEqual([]);
  });
});
