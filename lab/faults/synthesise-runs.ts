import { readFileSync } from 'node:fs';
import { rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../../lambdas/shared/record.ts';
import { labAccount } from '../lab.ts';
import { scenarioPolicyPath } from '../scenario.ts';
import { synthesiseInto } from '../synthesise.ts';
import { loadTemplate } from '../template/load-template.ts';
import type { LoadedTemplate } from '../template/template.ts';
import { ledServices, unledService } from './led-services.ts';
import type { LedService } from './led-services.ts';
import { drillTag } from './runs.ts';
import { sheddingMarks } from './scenes.ts';

/** Servers that may be cut within an hour: many more than one play after the other cuts, and far fewer than a storm hits. */
export const runsBudget = 100;

/** The scenarios' policy with what the scenes rest on: somebody to ask for, a user whose sessions end, marks of load. */
function writePolicy(): object {
  const policy: unknown = parse(readFileSync(scenarioPolicyPath, 'utf8'));
  const known = isRecord(policy) ? policy : {};
  const services = Array.isArray(known['services']) ? (known['services'] as readonly unknown[]) : [];
  const led = ledServices.map(toCore);
  const exception = { name: 'drill', servers: { tag: drillTag }, instead: 'ask', owner: 'lab', reason: 'a drill' };
  return {
    ...known,
    services: [...services, ...led, { ...toCore(unledService), withoutStandby: 'cut' }],
    profiles: { logistics: { users: ['orders'] } },
    shedding: sheddingMarks,
    budgets: { servers: runsBudget },
    // A server with golden channels, or one whose neighbours are not cut, has its interfaces moved all the same.
    fleet: { networkMeans: 'subnets' },
    exceptions: [{ ...exception, until: '2099-01-01T00:00:00Z' }],
  };
}

function toCore({ name, how }: Pick<LedService, 'name' | 'how'>): object {
  return { name, coreBusiness: true, failOver: how };
}

/** The app on the runs' policy, and how to remove it. The bundles must be built. */
export async function synthesiseRuns(): Promise<{ loaded: LoadedTemplate; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'connection-fuse-faults-'));
  const policyPath = join(folder, 'policy.yaml');
  await writeFile(policyPath, JSON.stringify(writePolicy()));
  const loaded = loadTemplate(await synthesiseInto(folder, { ...labAccount, policyPath }));
  return { loaded, remove: async () => await rm(folder, { recursive: true, force: true }) };
}
