import { parsePolicy } from '../../lambdas/shared/policy/parse-policy.ts';
import type { Policy } from '../../lambdas/shared/policy/policy-schema.ts';
import { compilePolicy } from '../../lambdas/shared/policy/read-policy.ts';

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

/** A policy in the form people write, as it lies beside a bundle. */
export function renderPolicy(content: Readonly<Record<string, unknown>> = {}): string {
  return compilePolicy(parsePolicy({ version: 1, ...content }));
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
