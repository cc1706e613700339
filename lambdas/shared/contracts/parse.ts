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

/** One line an issue: `path: rule, got value`. */
export function describeIssues(issues: readonly z.core.$ZodIssue[]): string[] {
  return issues.map((issue) => {
    const path = issue.path.length === 0 ? '(root)' : issue.path.map(String).join('.');
    return `${path}: ${ruleOf(issue)}, got ${showValue(issue.input)}`;
  });
}

function ruleOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has unknown keys ${issue.keys.join(', ')}`;
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
