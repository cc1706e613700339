import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectRealHosts } from '../lab/hosts/detect-real-hosts.ts';
import { buildFunctions } from '../lab/synthesise.ts';
import { recordedFolder } from './events/read-events.ts';

/** Says once what this machine cannot run; where nothing may be skipped (`FUSE_NO_SKIP`, as CI sets it), stops instead. */
export async function setup(): Promise<() => void> {
  const { possible, reason } = await detectRealHosts();
  const skipped = [
    ...(possible ? [] : [`tests on real hosts: ${reason}`]),
    ...(existsSync(recordedFolder) ? [] : ['recorded events: no folder ../shared/events']),
  ];
  console.warn('The long proofs on real hosts are run by `npm run proofs`');
  for (const what of skipped) console.warn(`Skipped ${what}`);
  if (!possible && process.env['FUSE_NO_SKIP'] === '1') throw new Error(`Nothing may be skipped here, but ${reason}`);
  // Once for all test files: a build while another file reads the bundles would give either a half one.
  await buildFunctions();
  const folder = mkdtempSync(join(tmpdir(), 'connection-fuse-test-'));
  process.env['FUSE_TEST_FOLDER'] = folder;
  // A worker is ended before it can tidy up. Databases of the proofs run as users who may not go in here.
  if (process.env['FUSE_PROOFS'] !== '1') process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
