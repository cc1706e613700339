import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};

/** Every package that a file imports at run time, itself or through our own files. */
function packagesBehind(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const text = readFileSync(join(root, file), 'utf8');
  const imports = [...text.matchAll(/^(?:import|export)(?! type) [^;]*?from '([^']+)'/gm)].map(
    ([, target = '']) => target,
  );
  return imports.flatMap((target) =>
    target.startsWith('.')
      ? packagesBehind(relative(root, join(root, dirname(file), target)), seen)
      : [
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        ],
  );
}

describe('the package', () => {
  it('names every package that its construct needs, and no other', () => {
    const needed = new Set(packagesBehind('cdk/index.ts').filter((name) => !name.startsWith('node:')));

    expect(needed).toEqual(new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]));
  });
});
