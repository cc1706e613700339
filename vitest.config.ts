import { globSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/**
 * Proofs that take their time, on real kernels, databases and daemons or over a whole deployment: `npm run proofs` and
 * CI run them, `npm test` keeps the short ones so that it stays under two minutes.
 */
export const longProofs = [
  ...globSync('test/host/*.test.ts', { cwd: import.meta.dirname }).filter((path) => !isShort(path)),
  ...[
    'approval',
    'audit',
    'command',
    'faults',
    'storm',
    'fleet-alarms',
    'permissions',
    'reviews',
    'time-zones',
    'together',
  ].map((name) => `test/acceptance/${name}.test.ts`),
  'test/cdk/template-validation.test.ts',
  ...['parameters', 'session-parameters', 'shellcheck', 'verdict-length'].map(
    (name) => `test/documents/${name}.test.ts`,
  ),
  'test/lambdas/assess/hung-socket.test.ts',
  ...['machine', 'host-world', 'fronts', 'real/real-host-world'].map((name) => `test/lab/hosts/${name}.test.ts`),
];

// Each file of tests has a process of its own: what one compiled, the next one need not.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules', '.cache', 'compile');

/** What `npm test` plays in part and the proofs play whole. */
export const widerProofs = ['test/acceptance/scenarios.test.ts'];

function isShort(path: string): boolean {
  return /[\\/](kill-connections-trouble|kill-connections-containers)\.test\.ts$/.test(path);
}

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    setupFiles: ['test/fixed-seed.ts'],
    include: ['test/**/*.test.ts'],
    exclude: process.env['FUSE_PROOFS'] === '1' ? [] : longProofs,
    // The template validator costs seconds a process; one test in test/cdk switches it on.
    // Whether a terminal or CI shows colours is no matter of the tests.
    env: {
      NO_COLOR: '1',
      CDK_VALIDATION: 'false',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    // These end what hangs and measure nothing: a busy machine may take many times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
