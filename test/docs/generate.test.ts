import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatePages } from '../../docs/generate.ts';
import { actions } from '../../lambdas/shared/actions/index.ts';

describe('generated pages', () => {
  it.each(Object.entries(generatePages()))('%s is what its source says', (path, text) => {
    expect(readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8')).toBe(text);
  });

  it('name every action with each of its permissions', () => {
    const page = generatePages()['docs/actions.md'] ?? '';

    for (const { id, permissions } of Object.values(actions)) {
      expect(page).toContain(`## ${id}`);
      for (const { actions: named } of [...permissions.plan, ...permissions.apply, ...permissions.undo]) {
        for (const action of named) expect(page).toContain(`\`${action}\``);
      }
    }
  });
});
