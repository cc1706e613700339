import * as z from 'zod/mini';

/** An event has at most 1 MB, and real ones take 20 bytes and more a value; a list of faults takes hundreds a fault. */
const mostValues = 50_000;

/**
 * Parses `value` by `schema`; on failure throws what `fail` makes of one message that names path, rule and value of
 * every fault. What holds more values than any message is refused before it is looked at.
 */
export function parseWith<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  subject: string,
  fail: (message: string) => Error,
): z.output<Schema> {
  const crowd = findCrowd(value);
  if (crowd !== undefined) throw fail(`${subject} is not valid: ${crowd}`);
  const parsed = tryParse(schema, value);
  if (parsed === 'overflow') {
    throw fail(`${subject} is not valid: (root): must have fewer faults than can be listed, got ${showValue(value)}`);
  }
  if (parsed.success) return parsed.data;
  throw fail(`${subject} is not valid: ${describeIssues(parsed.error.issues).join('; ')}`);
}

/** The library hands on the faults of a list as arguments of one call: some 120,000 exhaust the stack. */
function tryParse<Schema extends z.ZodMiniType>(schema: Schema, value: unknown) {
  try {
    return z.safeParse(schema, value, { reportInput: true });
  } catch (error) {
    if (error instanceof RangeError && error.message.includes('call stack')) return 'overflow';
    throw error;
  }
}

/** Names the list or map with which the values become too many. Without recursion; what holds itself ends it as well. */
function findCrowd(root: unknown): string | undefined {
  const ahead: (readonly [path: string, value: unknown])[] = [['', root]];
  let values = 0;
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const [path, value] = next;
    if (typeof value !== 'object' || value === null) continue;
    const entries = Array.isArray(value) ? value.length : Object.keys(value).length;
    values += entries;
    if (values > mostValues) {
      const name = path === '' ? '(root)' : shorten(path.slice(1));
      return `${name}: must leave the whole at no more than ${mostValues} values, got ${entries} entries`;
    }
    for (const [key, member] of Object.entries(value)) ahead.push([`${path}.${key}`, member]);
  }
  return undefined;
}

/** The message goes into the audit beside the event itself: it must stay small whatever the event. */
const mostIssues = 20;
const mostKeys = 10;
const longestName = 100;

/** One line an issue: `path: rule, got value`; of many issues the first ones, and how many more there are. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  const lines = issues.slice(0, mostIssues).map((issue) => {
    const path = issue.path.length === 0 ? '(root)' : shorten(issue.path.map(String).join('.'));
    return `${path}: ${ruleOf(issue)}, got ${showValue(issue.input)}`;
  });
  return issues.length > mostIssues ? [...lines, `and ${issues.length - mostIssues} more`] : lines;
}

function shorten(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 3)}...` : name;
}

/** Keys come from whoever sent the event. */
function listKeys(keys: readonly string[]): string {
  const more = keys.length > mostKeys ? ` and ${keys.length - mostKeys} more` : '';
  return `${keys.slice(0, mostKeys).map(shorten).join(', ')}${more}`;
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has unknown keys ${listKeys(issue.keys)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_format':
      return `must have the form ${'pattern' in issue && issue.pattern !== undefined ? issue.pattern : issue.format}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return issue.message === 'Invalid input' ? `breaks the rule ${issue.code}` : issue.message;
    default:
      return issue satisfies never;
  }
}

/** YAML aliases can make a value that holds itself; such a one has no JSON. */
function toText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'a value that holds itself';
  }
}

/** A value as a reader can find it again: quoted, cut at 80 characters. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = toText(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
