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

/** An exception for one server, which asks first and holds until June, in the form people write it. */
export function buildException(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: 'scan',
    servers: { ids: ['i-0b0c0d0e0f00000a1'] },
    instead: 'ask',
    owner: 'security team',
    reason: 'penetration test',
    until: '2026-06-01T00:00:00Z',
    ...over,
  };
}
