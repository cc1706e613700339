import { PolicyNotUnderstoodError } from './policy-errors.ts';

/** A text is a key with one value; a list is a multivalued key, such as `aws:TagKeys`. */
export type KeyValue = string | readonly string[];

/** What AWS knows about a request when it looks at conditions. */
export interface RequestContext {
  readonly keys: Readonly<Record<string, KeyValue>>;
  /**
   * Beginnings of keys of which everything is known: one of these that is not in `keys` is absent on AWS as well. Any
   * other key that is missing is merely unknown to the lab, and no condition may rest on it.
   */
  readonly complete: readonly string[];
}

/** One thing AWS authorises: an action on a resource. A call is allowed when all its requests are. */
export interface IamRequest {
  readonly action: string;
  /** An ARN, or `*` for actions that know no resource. */
  readonly resource: string;
  readonly context: RequestContext;
}

/** The value of a condition key, or undefined where the request has none. Names of keys know no case. */
export function readKey({ keys, complete }: RequestContext, name: string): KeyValue | undefined {
  const wanted = name.toLowerCase();
  const found = Object.entries(keys).filter(([key]) => key.toLowerCase() === wanted);
  if (found.length > 1) {
    throw new PolicyNotUnderstoodError(`Could not read condition key '${name}': the request carries it twice`);
  }
  if (found[0] !== undefined) return found[0][1];
  if (complete.some((beginning) => wanted.startsWith(beginning.toLowerCase()))) return undefined;
  throw new PolicyNotUnderstoodError(`Could not read condition key '${name}': the lab does not know it for this call`);
}
