import { PolicyNotUnderstoodError } from './policy-errors.ts';

/** True when the text is what the pattern describes: `*` stands for any text, `?` for one character. */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (pattern.includes('${')) {
    throw new PolicyNotUnderstoodError(`Could not match '${pattern}': policy variables are not supported`);
  }
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\/-]/g, String.raw`\$&`);
  const source = escaped.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** Names of services and actions know no case. */
export function matchesAction(pattern: string, action: string): boolean {
  return matchesWildcard(pattern.toLowerCase(), action.toLowerCase());
}

/** An ARN has six parts; the last may hold colons of its own. */
const arnParts = 6;

/**
 * Compares part by part, so that a wildcard in one part never reaches into the next. What the lab calls `*` is a call
 * without a resource, and only the pattern `*` covers it.
 */
export function matchesResource(pattern: string, resource: string): boolean {
  if (pattern === '*') return true;
  const wanted = splitArn(pattern);
  if (wanted === null) {
    throw new PolicyNotUnderstoodError(`Could not match resource '${pattern}': '*' or an ARN of six parts is wanted`);
  }
  const given = splitArn(resource);
  return given !== null && wanted.every((part, index) => matchesWildcard(part, given[index] ?? ''));
}

/** The six parts, or null for what is no ARN. */
function splitArn(text: string): readonly string[] | null {
  const parts = text.split(':');
  if (parts[0] !== 'arn' || parts.length < arnParts) return null;
  return [...parts.slice(0, arnParts - 1), parts.slice(arnParts - 1).join(':')];
}
