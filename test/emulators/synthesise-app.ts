import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { scenarioPolicyPath } from '../../lab/scenario.ts';
import { synthesiseInto } from '../../lab/synthesise.ts';
import { rename } from './world.ts';
import type { Names } from './world.ts';

/** An assembly in a folder of its own. */
export interface Assembly {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Servers with this tag are cut only after a person agreed; the scenarios' own policy asks nobody. */
export const askedTag = { key: 'drill', value: 'ask' } as const;

/**
 * Synthesises the real app under the scenarios' policy, with one exception added so that a person is asked. `names` says
 * what things that the policy names are called there; none by default.
 */
export async function synthesiseApp(
  account: { readonly accountId: string; readonly region: string; readonly vpcId: string },
  names: Names = new Map(),
): Promise<Assembly> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-acceptance-'));
  const policyPath = join(folder, 'policy.yaml');
  const policy = parse(await readFile(scenarioPolicyPath, 'utf8')) as Readonly<Record<string, unknown>>;
  const vouched = { owner: 'ada', reason: 'acceptance', until: '2099-01-01T00:00:00Z' };
  const exceptions = [{ name: 'drill', servers: { tag: askedTag }, instead: 'ask', ...vouched }];
  // JSON is YAML.
  await writeFile(policyPath, rename(JSON.stringify({ ...policy, exceptions }), names));
  return {
    folder: await synthesiseInto(folder, { ...account, policyPath }),
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}
