import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawRecipe, makeInput, type Case } from './draw.ts';
import { mostCharacters, mutateText, mutateValue } from './mutate.ts';
import { findFault, targets } from './targets.ts';
import { verdicts } from './verdict-samples.ts';

const folder = join(import.meta.dirname, 'cases');
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Case] as const);

/** Enough to notice a reader that has no guard at all; the long run is `npm run fuzz`. */
const runsPerTarget = 80;

describe('Everything that reads what others wrote', () => {
  it.each(Object.entries(targets))('takes its own samples or refuses them by name: %s', (_name, target) => {
    const faults = Object.values(target.samples).map((sample) => findFault(target, sample));

    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it.each(Object.entries(targets))('has a clear outcome for spoiled input: %s', (_name, target) => {
    fc.assert(
      fc.property(drawRecipe(target, 'small'), (recipe) => {
        expect(findFault(target, makeInput(target, recipe))).toBeNull();
      }),
      { numRuns: runsPerTarget },
    );
  });

  it.each(cases)('has a clear outcome for what was found once: %s', (_file, { target: name, ...recipe }) => {
    const target = targets[name];
    if (target === undefined) throw new Error(`There is no target "${name}"`);

    expect(findFault(target, makeInput(target, recipe))).toBeNull();
  });
});

describe('Readers of what a host printed', () => {
  const readers = Object.entries(targets).filter(([name]) => name.endsWith(' verdicts'));

  // A sample that is no verdict would only fuzz the search for one.
  it.each(readers)('find the verdict in their samples: %s', (_name, target) => {
    const words = Object.values(target.samples).map((sample) => target.run(sample));

    expect(words).toEqual(['verdict', 'verdict']);
  });

  it('are here for every document whose verdict a function reads', () => {
    const root = join(import.meta.dirname, '..', '..');
    const read = globSync('lambdas/**/*.ts', { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/document: z\.literal\('([a-z-]+)'\)/g)].map(
        ([, name = '']) => name,
      ),
    );

    const sampled = Object.values(verdicts).map((text) => (JSON.parse(text) as { document: string }).document);

    expect(readers).toHaveLength(sampled.length);
    expect(sampled.sort()).toEqual(read.sort());
  });
});

describe('findFault', () => {
  const target = { samples: { one: 1 }, isText: false };

  it.each([
    ['an error of no known name', () => JSON.parse('{').toString() as string],
    ['no outcome', () => ''],
  ])('notices %s', (_words, run) => {
    expect(findFault({ ...target, run }, 1)).not.toBeNull();
  });
});

describe('mutateValue', () => {
  it('gives the same input for the same steps, and leaves the sample alone', () => {
    const sample = { a: [1, { b: 'text' }] };
    const steps = [
      { place: 3, change: 0, value: 10 },
      { place: 1, change: 8, value: 0 },
    ];

    expect(mutateValue(sample, steps)).toEqual(mutateValue(sample, steps));
    expect(mutateText('text', steps)).toBe(mutateText('text', steps));
    expect(sample).toEqual({ a: [1, { b: 'text' }] });
  });

  it.each([
    ['a text', 'x'],
    ['a list', [0]],
    ['a map', { a: { b: 0 } }],
  ])('repeats %s within bounds', (_words, sample) => {
    const fiveThousandTimes = { place: 0, change: 8, value: 3 };

    const { length } = JSON.stringify(mutateValue(sample, [fiveThousandTimes, fiveThousandTimes]));

    expect(length).toBeGreaterThan(20_000);
    expect(length).toBeLessThanOrEqual(mostCharacters + 1_000);
  });

  it('keeps texts within bounds', () => {
    const doubling = { place: 0, change: 6, value: 0 };

    expect(mutateText('x'.repeat(600_000), [doubling, doubling])).toHaveLength(mostCharacters);
  });
});
