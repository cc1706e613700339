import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { longProofs, widerProofs } from '../vitest.config.ts';

// The proofs that `npm test` leaves out in whole or in part, and nothing else; files that are named narrow them, options
// go on to vitest, `--json` as its JSON report.
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
const given = process.argv.slice(2);
const options = given
  .filter((word) => word.startsWith('-'))
  .map((word) => (word === '--json' ? '--reporter=json' : word));
const named = given.filter((word) => !word.startsWith('-'));
const files = named.length > 0 ? named : [...longProofs, ...widerProofs];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...options, ...files], {
  stdio: 'inherit',
  env: { ...process.env, FUSE_PROOFS: '1' },
});
process.exitCode = status ?? 1;
