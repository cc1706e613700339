import * as z from 'zod/mini';
import { checkOperators, meetsConditions } from './conditions.ts';
import type { IamRequest } from './iam-request.ts';
import { matchesAction, matchesResource } from './match-patterns.ts';
import { PolicyNotUnderstoodError } from './policy-errors.ts';

/** One text or several; an empty list would match nothing and is a mistake. */
const texts = z.pipe(
  z.union([z.string(), z.array(z.string()).check(z.minLength(1))]),
  z.transform((value) => [value].flat()),
);

/** Values of conditions may be written as booleans or numbers too. */
const values = z.pipe(
  z.union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))]),
  z.transform((value) => [value].flat().map(String)),
);

/** A statement of a policy on a role: it names no principal, and nothing the evaluator would have to pass over. */
const StatementSchema = z
  .strictObject({
    Sid: z.optional(z.string()),
    Effect: z.enum(['Allow', 'Deny']),
    Action: z.optional(texts),
    NotAction: z.optional(texts),
    Resource: z.optional(texts),
    NotResource: z.optional(texts),
    Condition: z._default(z.record(z.string(), z.record(z.string(), values)), {}),
  })
  .check(
    z.refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), {
      error: 'exactly one of Action and NotAction is wanted',
    }),
    z.refine(({ Resource, NotResource }) => (Resource === undefined) !== (NotResource === undefined), {
      error: 'exactly one of Resource and NotResource is wanted',
    }),
  );

/** A statement with every list written as a list. */
export type Statement = z.output<typeof StatementSchema>;

/** Reads a resolved statement; one with a part the evaluator does not know is refused whole. */
export function parseStatement(value: unknown): Statement {
  const parsed = StatementSchema.safeParse(value);
  if (parsed.success) {
    // Now, so that a statement is refused whether or not a request ever meets it.
    checkOperators(parsed.data.Condition);
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  throw new PolicyNotUnderstoodError(
    `Could not read a statement: ${[path, issue?.message].filter(Boolean).join(': ')}, received '${JSON.stringify(value)}'`,
  );
}

/** True when the statement speaks of the request: its action, its resource and all its conditions. */
export function appliesTo(statement: Statement, { action, resource, context }: IamRequest): boolean {
  const { Action, NotAction = [], Resource, NotResource = [], Condition } = statement;
  // Conditions come last: a key may be unknown for calls the statement does not speak of.
  const namesAction = Action?.some((pattern) => matchesAction(pattern, action));
  const namesResource = Resource?.some((pattern) => matchesResource(pattern, resource));
  return (
    (namesAction ?? !NotAction.some((pattern) => matchesAction(pattern, action))) &&
    (namesResource ?? !NotResource.some((pattern) => matchesResource(pattern, resource))) &&
    meetsConditions(Condition, context)
  );
}
