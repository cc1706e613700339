import { globSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/**
 * Proofs on real kernels, databases and daemons that take their time: `npm run proofs` and CI run them, `npm test` keeps
 * the short ones so that it stays under two minutes.
 */
const shortHostTests = [
  'kill-connections',
  'kill-connections-trouble',
  'kill-connections-containers',
  'kill-sessions-postgresql',
  'release-connections',
  'stop-service',
].map((stem) => `test/host/${stem}.test.ts`);
const asksForHosts = process.argv.some((argument) => argument.includes('test/host'));
const longProofs = globSync('test/host/*.test.ts', { cwd: import.meta.dirname }).filter(
  (path) => !shortHostTests.includes(path.replaceAll('\\', '/')),
);

export default defineConfig({
  test: {
    globalSetup: 'test/global-setup.ts',
    setupFiles: ['test/fixed-seed.ts'],
    include: ['test/**/*.test.ts'],
    exclude: asksForHosts ? [] : longProofs,
    // The template validator costs seconds a process; one test in test/cdk switches it on.
    env: { CDK_VALIDATION: 'false', CDK_DISABLE_CLI_TELEMETRY: 'true', AWS_EC2_METADATA_DISABLED: 'true' },
    testTimeout: 20_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
