import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixDefinitions } from './fix-definitions.ts';

it('says in other words what ministack does not read, names each place, and leaves other files alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-definitions-'));
  const ask = { Type: 'Task', TimeoutSeconds: '{% $seconds %}', End: true };
  const inner = { StartAt: 'Done', States: { Done: { Type: 'Succeed', Output: '{% $steps %}' } } };
  const map = { Type: 'Map', ItemProcessor: inner, End: true };
  writeFileSync(join(folder, 'asset.1.json'), JSON.stringify({ States: { Ask: ask, Each: map } }));
  writeFileSync(join(folder, 'asset.2.json'), '{ "States": { "End": { "Type": "Succeed" } } }');

  const fixed = fixDefinitions(folder);
  const [first, second] = ['asset.1.json', 'asset.2.json'].map((name) => readFileSync(join(folder, name), 'utf8'));
  rmSync(folder, { recursive: true });

  expect(fixed.map(({ id }) => id)).toEqual(['"Ask": TimeoutSeconds {% $seconds %}', '"Done": Output of a Succeed']);
  expect(JSON.parse(first ?? '')).toMatchObject({
    States: {
      Ask: { TimeoutSeconds: 1800 },
      Each: { ItemProcessor: { States: { Done: { Type: 'Pass', Output: '{% $steps %}', End: true } } } },
    },
  });
  expect(second).toBe('{ "States": { "End": { "Type": "Succeed" } } }');
});
