import * as z from 'zod/mini';

/**
 * Parses `value` by `schema`; on failure throws what `fail` makes of one message that names path, rule and value of
 * every fault.
 */
export function parseWith<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  subject: string,
  fail: (message: string) => Error,
): z.output<Schema> {
  const parsed = z.safeParse(schema, value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw fail(`${subject} is not valid: ${describeIssues(parsed.error.issues).join('; ')}`);
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
