import { parseWith } from '../contracts/parse.ts';
import { PolicyInvalidError } from '../errors.ts';
import { checkPolicy } from './check-policy.ts';
import { describeFault } from './policy-fault.ts';
import { PolicySchema, type Policy } from './policy-schema.ts';

/**
 * Checks a policy as it came from YAML or JSON, first its shape, then what it says. Throws PolicyInvalidError with
 * path, rule and value of every fault; never returns a policy that was repaired.
 */
export function parsePolicy(value: unknown): Policy {
  const policy = parseWith(PolicySchema, value, 'Policy', (message) => new PolicyInvalidError(message));
  const faults = checkPolicy(policy);
  if (faults.length === 0) return policy;
  throw new PolicyInvalidError(`Policy is not valid: ${faults.map(describeFault).join('; ')}`);
}
