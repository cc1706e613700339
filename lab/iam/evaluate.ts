import type { IamRequest } from './iam-request.ts';
import { appliesTo } from './statement.ts';
import type { Statement } from './statement.ts';

/** `denied`: a statement forbids it; `not-granted`: no statement allows it. AWS refuses both. */
export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly request: IamRequest; readonly sid: string }
  | { readonly kind: 'not-granted'; readonly request: IamRequest };

/**
 * Judges a request by the statements of one role. Everything is refused that is not allowed, and an explicit Deny wins
 * over any Allow. Roles with a boundary, and policies on resources, are not its business.
 */
export function evaluate(statements: readonly Statement[], request: IamRequest): Verdict {
  const speaking = statements.filter((statement) => appliesTo(statement, request));
  const denial = speaking.find(({ Effect }) => Effect === 'Deny');
  if (denial !== undefined) return { kind: 'denied', request, sid: denial.Sid ?? 'a statement without a name' };
  return speaking.length > 0 ? { kind: 'allowed' } : { kind: 'not-granted', request };
}

/** Judges a call: refused as soon as one of its requests is. A call without any is a mistake, not a free pass. */
export function evaluateAll(statements: readonly Statement[], requests: readonly IamRequest[]): Verdict {
  if (requests.length === 0) throw new RangeError('Could not judge a call that asks for nothing');
  const verdicts = requests.map((request) => evaluate(statements, request));
  return verdicts.find(({ kind }) => kind !== 'allowed') ?? { kind: 'allowed' };
}
