import { parsePolicy } from '../../lambdas/shared/policy/parse-policy.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';

/** A checked policy with one core service and one other, and whatever the test adds in the form people write. */
export function buildPolicy(over: Readonly<Record<string, unknown>> = {}): Policy {
  return parsePolicy({
    version: 1,
    services: [
      { name: 'matching', coreBusiness: true },
      { name: 'shop', coreBusiness: false },
    ],
    ...over,
  });
}
