import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fail, hold, skip, tell } from './measured.ts';
import { toLine, toTable } from './render.ts';
import { replaceFigures } from './write-page.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md'), 'utf8');

describe('the figures', () => {
  it.each([
    { result: tell('a', 3, 'ms'), line: 'ok   a: 3 ms' },
    { result: hold('a', 3, 'ms', 4), line: 'ok   a: 3 ms beside 4 ms, ratio 0.75 (at most 4 ms)' },
    { result: hold('a', 5, 'ms', 4), line: 'OVER a: 5 ms beside 4 ms, ratio 1.25 (at most 4 ms)' },
    { result: skip('a', 'no kernel'), line: 'skip a: no figure\n       skipped: no kernel' },
    { result: fail('a', 'nothing was cut'), line: 'OVER a: no figure (must work)\n       nothing was cut' },
  ])('reads "$line"', ({ result, line }) => {
    expect(toLine(result)).toBe(line);
  });

  it('say in the table what is broken and what was not measured', () => {
    const table = toTable([hold('a', 5, 'ms', 4), skip('b', 'no kernel')]);

    expect(table).toContain('| a | 5 ms | 4 | 1.25 | at most 4 ms | **no** |');
    expect(table).toContain('| b | - | - | - | - | skipped |');
  });

  it('go into the page and leave what people wrote', () => {
    const once = replaceFigures(page, [tell('a', 3, 'ms')]);
    const twice = replaceFigures(once, [tell('b', 4, 'ms')]);

    expect(once).toContain('| a | 3 ms |');
    expect(twice).not.toContain('| a | 3 ms |');
    expect(twice.split('<!--')[0]).toBe(page.split('<!--')[0]);
    expect(twice.split('<!-- end of figures -->')[1]).toBe(page.split('<!-- end of figures -->')[1]);
  });

  it('do not go into a page without a place for them', () => {
    expect(() => replaceFigures('# Benchmarks', [])).toThrow('the page lacks');
  });
});
