import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { longProofs, widerProofs } from '../vitest.config.ts';

// The proofs that `npm test` leaves out in whole or in part, and nothing else; what is given on the command line narrows them.
const vitest = join(import.meta.dirname, '..', 'node_modules', 'vitest', 'vitest.mjs');
const wanted = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', ...(wanted.length > 0 ? wanted : [...longProofs, ...widerProofs])],
  {
    stdio: 'inherit',
    env: { ...process.env, FUSE_PROOFS: '1' },
  },
);
process.exitCode = status ?? 1;
