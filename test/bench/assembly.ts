import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labAccount } from '../../lab/lab.ts';
import { buildFunctions, synthesiseInto } from '../../lab/synthesise.ts';
import { makeYardstick } from './pace.ts';

/** The app as it is now, ready for a lab. */
export interface Assembly {
  readonly path: string;
  /** What the pace of the machine is measured by. */
  readonly yardstick: string;
  remove(): Promise<void>;
}

/** A budget that no fleet of the bench is over: nobody shall be asked first. */
const policy = {
  version: 1,
  agentPath: { cidrs: ['10.0.255.0/28'] },
  budgets: { windowMinutes: 60, servers: 5000 },
};

/** Bundles the functions and synthesises the app under a policy of the bench's own. */
export async function makeAssembly(): Promise<Assembly> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-bench-'));
  const policyPath = join(folder, 'policy.yaml');
  // JSON is YAML.
  await writeFile(policyPath, JSON.stringify(policy));
  await buildFunctions();
  const path = await synthesiseInto(folder, { ...labAccount, policyPath });
  const yardstick = await makeYardstick(folder);
  return { path, yardstick, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
