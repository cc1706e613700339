import { parseWith } from '../contracts/parse.ts';
import { PolicyInvalidError } from '../errors.ts';
import { checkPolicy } from './check-policy.ts';
import { describeFault } from './policy-fault.ts';
import { PolicySchema, type Policy } from './policy-schema.ts';

/** Each fault may stand once a pair of lines: the first ones are enough to begin with. */
const mostFaults = 20;

/**
 * Checks a policy as it came from YAML or JSON, first its shape, then what it says. Throws PolicyInvalidError with
 * path, rule and value of every fault, of many those of the first; never returns a policy that was repaired.
 */
export function parsePolicy(value: unknown): Policy {
  const policy = parseWith(PolicySchema, value, 'Policy', (message) => new PolicyInvalidError(message));
  const faults = checkPolicy(policy);
  if (faults.length === 0) return policy;
  const lines = faults.slice(0, mostFaults).map(describeFault);
  if (faults.length > mostFaults) lines.push(`and ${faults.length - mostFaults} more`);
  throw new PolicyInvalidError(`Policy is not valid: ${lines.join('; ')}`);
}
