import { defineConfig } from 'vitest/config';

/**
 * The tests that judge the decision code: quick ones, none that needs built bundles or real hosts. A mutant is met by
 * every test that covers it, so those that start a lab for each case are left out.
 */
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
      'test/lambdas/fail-over/fail-over.test.ts',
      'test/lambdas/shared/reviews/**/*.test.ts',
      'test/lambdas/shared/actions/hold-open/*.test.ts',
    ],
    exclude: ['test/lambdas/restore/{crash-points,stacked-cuts,many-incidents,replaced-server}.test.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
