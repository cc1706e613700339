import type { IamRequest } from './iam-request.ts';
import { appliesTo } from './statement.ts';
import type { Statement } from './statement.ts';

/** The narrowest piece of an Allow: one action, one resource, one value of each condition. */
export interface Grant {
  readonly action: string;
  readonly resource: string;
  /** `key=value` for each condition, in the order of the statement. */
  readonly conditions: readonly string[];
}

/** The grants no request needed: what a role could lose without anything being refused. */
export function findUnusedGrants(statements: readonly Statement[], requests: readonly IamRequest[]): Grant[] {
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(splitStatement)
    .filter((narrow) => !requests.some((request) => appliesTo(narrow, request)))
    .map(toGrant);
}

/** Pieces that are used each prove that the whole is; one that is not shows what to take away. */
function splitStatement(statement: Statement): Statement[] {
  const { Action, Resource, Condition, Effect } = statement;
  if (Action === undefined || Resource === undefined) {
    throw new RangeError('Could not split an Allow with NotAction or NotResource: it grants without an end');
  }
  return Action.flatMap((action) =>
    Resource.flatMap((resource) =>
      splitConditions(Condition).map((condition) => ({
        Effect,
        Action: [action],
        Resource: [resource],
        Condition: condition,
      })),
    ),
  );
}

/** Conditions with their values as lists. */
type Condition = Statement['Condition'];

/** Every way of taking one value of each key. */
function splitConditions(condition: Condition): Condition[] {
  const keys = Object.entries(condition).flatMap(([operator, wanted]) =>
    Object.entries(wanted).map(([key, values]) => ({ operator, key, values })),
  );
  return keys.reduce<Condition[]>(
    (narrowed, { operator, key, values }) =>
      narrowed.flatMap((one) => values.map((value) => ({ ...one, [operator]: { ...one[operator], [key]: [value] } }))),
    [{}],
  );
}

/** In the words of the policy, so that the place to change is found by searching. */
function toGrant({ Action = [], Resource = [], Condition }: Statement): Grant {
  const conditions = Object.values(Condition).flatMap((keys) =>
    Object.entries(keys).map(([key, values]) => `${key}=${values.join()}`),
  );
  return { action: Action.join(), resource: Resource.join(), conditions };
}
