import { readKey } from './iam-request.ts';
import type { KeyValue, RequestContext } from './iam-request.ts';
import { matchesResource, matchesWildcard } from './match-patterns.ts';
import { PolicyNotUnderstoodError } from './policy-errors.ts';

/** Operator → key → wanted values, as a statement writes it. */
export type Conditions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** How one value is compared with one wanted value. */
interface Operator {
  readonly matches: (wanted: string, value: string) => boolean;
  /** A negated operator holds when none of the wanted values matches, and where the key is absent. */
  readonly isNegated: boolean;
}

const is = (matches: Operator['matches']): Operator => ({ matches, isNegated: false });
const isNot = (matches: Operator['matches']): Operator => ({ matches, isNegated: true });
const equals: Operator['matches'] = (wanted, value) => wanted === value;

/** The operators the template uses and their opposites; any other is refused, `IfExists` among them. */
const operators: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', is(equals)],
  ['StringNotEquals', isNot(equals)],
  ['StringLike', is(matchesWildcard)],
  ['StringNotLike', isNot(matchesWildcard)],
  // IAM makes no difference between the two.
  ['ArnEquals', is(matchesResource)],
  ['ArnLike', is(matchesResource)],
  ['ArnNotLike', isNot(matchesResource)],
  ['Bool', is((wanted, value) => wanted.toLowerCase() === value.toLowerCase())],
]);

/** Refuses conditions whose operators the evaluator does not know, before any request is judged by them. */
export function checkOperators(conditions: Conditions): void {
  for (const name of Object.keys(conditions)) if (name !== 'Null') readOperator(name);
}

/** True when every operator holds for every one of its keys. Several wanted values mean any of them. */
export function meetsConditions(conditions: Conditions, context: RequestContext): boolean {
  // All are looked at, also behind one that fails: a condition that is not understood must always be heard of.
  const results = Object.entries(conditions).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, wanted]) => meetsCondition(name, key, wanted, readKey(context, key))),
  );
  return results.every(Boolean);
}

function meetsCondition(name: string, key: string, wanted: readonly string[], value: KeyValue | undefined): boolean {
  if (name === 'Null') return wanted.some((word) => readIsNull(word) === isAbsent(value));
  const { qualifier, operator } = readOperator(name);
  const holds = (one: string): boolean => wanted.some((word) => operator.matches(word, one)) !== operator.isNegated;
  switch (qualifier) {
    case 'ForAllValues':
      // True without any value, as on AWS: whoever writes it has to ask for the key as well.
      return toList(value).every(holds);
    case 'ForAnyValue':
      return toList(value).some(holds);
    case '':
      return value === undefined ? operator.isNegated : holds(requireSingle(name, key, value));
    default:
      return qualifier satisfies never;
  }
}

/** A qualifier says how a multivalued key is taken; without one the key has one value. */
const qualifiers = ['', 'ForAllValues', 'ForAnyValue'] as const;

function readOperator(name: string): { readonly qualifier: (typeof qualifiers)[number]; readonly operator: Operator } {
  const [first = '', second] = name.split(':');
  const [said, bare] = second === undefined ? ['', first] : [first, second];
  const qualifier = qualifiers.find((known) => known === said);
  const operator = operators.get(bare);
  if (qualifier !== undefined && operator !== undefined && name.split(':').length <= 2) return { qualifier, operator };
  throw new PolicyNotUnderstoodError(`Could not check a condition: operator '${name}' is not known`);
}

/** Anything else would silently mean `false`. */
function readIsNull(word: string): boolean {
  if (word === 'true' || word === 'false') return word === 'true';
  throw new PolicyNotUnderstoodError(`Could not check 'Null': 'true' or 'false' is wanted, received '${word}'`);
}

/** A key without any value is as good as none. */
function isAbsent(value: KeyValue | undefined): boolean {
  return toList(value).length === 0;
}

function toList(value: KeyValue | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

/** IAM wants a qualifier on multivalued keys; what it does without one is not documented. */
function requireSingle(name: string, key: string, value: KeyValue): string {
  if (typeof value === 'string') return value;
  throw new PolicyNotUnderstoodError(`Could not check '${key}': '${name}' needs ForAllValues or ForAnyValue there`);
}
