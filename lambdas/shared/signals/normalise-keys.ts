import { SignalRejectedError } from '../errors.ts';
import { isRecord } from '../record.ts';

/** AWS events nest about 12 levels; the rest is room. Deeper ones would exhaust the stack of every recursive reader. */
const maxDepth = 64;

/** Refuses an event that is nested too deeply to be read safely. Works without recursion. */
export function refuseDeepNesting(event: unknown): void {
  let level: unknown[] = [event];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) {
      throw new SignalRejectedError(`Event is not valid: (root): must be nested at most ${maxDepth} levels, got more`);
    }
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
}

/**
 * Lower-cases the first letter of every key, at every depth: GetFindings answers in PascalCase what EventBridge sends
 * in camelCase, and the model itself mixes both (`IamInstanceProfile`). Where both forms stand, the camelCase one wins.
 */
export function normaliseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normaliseKeys);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => ({ key, camel: toCamel(key), member }));
  // Keys that are camelCase already come last, so that they overwrite. fromEntries defines own keys, also `__proto__`.
  const ordered = entries.sort((left, right) => Number(left.key === left.camel) - Number(right.key === right.camel));
  return Object.fromEntries(ordered.map(({ camel, member }) => [camel, normaliseKeys(member)]));
}

function toCamel(key: string): string {
  return key.charAt(0).toLowerCase() + key.slice(1);
}
