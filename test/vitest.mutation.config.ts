import { defineConfig } from 'vitest/config';

/** The tests that judge the decision code: quick ones, and none that needs built bundles or real hosts. */
export default defineConfig({
  test: {
    setupFiles: ['test/fixed-seed.ts'],
    include: [
      'test/lambdas/shared/guard/**/*.test.ts',
      'test/lambdas/shared/answers/**/*.test.ts',
      'test/lambdas/shared/{seal,put-closing,recorded-entry,find-standing,summarise-run,run-action}*.test.ts',
      'test/lambdas/shared/policy/server-facts.test.ts',
      'test/lambdas/shared/clients/{decide-repeat,budget,open-incident}*.test.ts',
      'test/lambdas/assess/{assess,reserve,never-cut,budget-races}.test.ts',
      'test/lambdas/restore/**/*.test.ts',
    ],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
