import { readFileSync } from 'node:fs';
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const rooms = ['cdk', 'cli', 'docs', 'documents', 'lab', 'lambdas', 'statemachines'] as const;

/** Which rooms a room may import from, itself apart. */
const mayKnow: Readonly<Record<(typeof rooms)[number], readonly string[]>> = {
  lambdas: [],
  documents: ['lambdas/shared'],
  statemachines: [],
  cdk: ['lambdas/', 'documents'],
  lab: ['lambdas/shared', 'documents'],
  cli: ['lambdas/', 'lab', 'statemachines'],
  docs: ['lambdas/shared', 'statemachines'],
};

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) =>
    relative(root, join(root, dirname(file), target ?? '')),
  );
}

describe('rooms', () => {
  it.each(rooms)('%s imports only from the rooms it may know', (room) => {
    const files = globSync(`${room}/**/*.ts`, { cwd: root });

    const trespasses = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => rooms.some((other) => target.startsWith(`${other}/`)))
        .filter((target) => ![`${room}/`, ...mayKnow[room]].some((allowed) => target.startsWith(allowed)))
        .map((target) => `${file} imports ${target}`),
    );

    expect(files.length).toBeGreaterThan(0);
    expect(trespasses).toEqual([]);
  });

  it.each(['cdk', 'lab', 'cli'] as const)('%s knows of a function no more than its environment', (room) => {
    const deep = globSync(`${room}/**/*.ts`, { cwd: root }).flatMap((file) =>
      importsOf(file)
        .filter((target) => /^lambdas\/(?!shared\/)/.test(target) && !target.endsWith('/environment.ts'))
        .map((target) => `${file} imports ${target}`),
    );

    expect(deep).toEqual([]);
  });

  it('keeps every file within 300 lines', () => {
    const long = [...rooms, 'test']
      .flatMap((room) => globSync(`${room}/**/*.{ts,sh,mjs}`, { cwd: root }))
      .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 301);

    expect(long).toEqual([]);
  });
});
