import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { labAccount, startLab } from '../lab/lab.ts';
import type { Lab, LabProps } from '../lab/lab.ts';
import { synthesiseInto } from '../lab/synthesise.ts';

/**
 * Starts a lab on the app as it was synthesised once for the whole test run: each test file has processes of its own,
 * and whoever comes first synthesises for all. The bundles were built before the first test.
 */
export async function startTestLab(props: LabProps = {}): Promise<Lab> {
  return await startLab({ ...props, assembly: await findAssembly() });
}

/** Folder of the cloud assembly of this test run. */
export async function findAssembly(): Promise<string> {
  const folder = process.env['FUSE_TEST_FOLDER'];
  if (folder === undefined) throw new Error('FUSE_TEST_FOLDER is not set: the global setup of the tests did not run');
  const assembly = join(folder, 'cdk.out');
  const done = join(folder, 'synthesised');
  if (claims(join(folder, 'claimed'))) {
    await synthesiseInto(folder, labAccount);
    writeFileSync(done, '');
  }
  while (!existsSync(done)) await sleep(50);
  return assembly;
}

/** True for the one process that makes the folder; making one is atomic. */
function claims(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}
