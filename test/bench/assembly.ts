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

/** How the policy has servers cut from the network. */
export type Means = 'interfaces' | 'subnets';

/** Bundles the functions and synthesises the app under a policy of the bench's own. */
export async function makeAssembly(networkMeans: Means): Promise<Assembly> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-bench-'));
  const policyPath = join(folder, 'policy.yaml');
  const policy = {
    version: 1,
    agentPath: { cidrs: ['10.0.255.0/28'] },
    fleet: { networkMeans },
    // No fleet of the bench is over it: nobody shall be asked first.
    budgets: { windowMinutes: 60, servers: 5000 },
  };
  // JSON is YAML.
  await writeFile(policyPath, JSON.stringify(policy));
  await buildFunctions();
  const path = await synthesiseInto(folder, { ...labAccount, policyPath });
  const yardstick = await makeYardstick(folder);
  return { path, yardstick, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
