import { invalidPattern, operatorNames, parseMatcher } from './matchers.ts';
import type { LeafValue, Matcher } from './matchers.ts';

/** A field a pattern asks about, and the matchers of which one must hold. */
interface Condition {
  readonly path: string;
  readonly matchers: readonly Matcher[];
}

type Conjunction = readonly Condition[];

/** A leaf of an event with its place: for every list above it, which element it sits in. */
interface Leaf {
  readonly value: LeafValue;
  readonly positions: ReadonlyMap<string, number>;
}

type Leaves = ReadonlyMap<string, readonly Leaf[]>;

/** Decides whether an event matches. */
export type EventPattern = (event: unknown) => boolean;

/** EventBridge's default limit for the text of a pattern. */
const maximumPatternLength = 2048;

/**
 * Compiles an event pattern, or throws InvalidEventPatternException. Fields that sit in lists of structures must agree
 * on the element: `{"a":{"b":[1],"c":[2]}}` does not match `{"a":[{"b":1,"c":0},{"b":0,"c":2}]}`.
 */
export function compilePattern(pattern: unknown): EventPattern {
  if (lengthOf(pattern) > maximumPatternLength) throw invalidPattern('a pattern has at most 2048 characters', '…');
  const alternatives = expand(pattern, '');
  return (event) => {
    const leaves = collectLeaves(event);
    return alternatives.some((conditions) => holds(conditions, leaves, new Map()));
  };
}

/** What is nested too deeply to be written is longer than any limit. */
function lengthOf(pattern: unknown): number {
  try {
    return (JSON.stringify(pattern) ?? '').length;
  } catch {
    return Infinity;
  }
}

/** Writes a pattern as alternatives without `$or`. */
function expand(pattern: unknown, path: string): readonly Conjunction[] {
  if (typeof pattern !== 'object' || pattern === null || Array.isArray(pattern)) {
    throw invalidPattern(`'${path || 'the pattern'}' must be an object or an array`, pattern);
  }
  const entries = Object.entries(pattern);
  if (entries.length === 0) throw invalidPattern('empty objects are not allowed', pattern);
  return entries.map(([name, value]) => expandField(name, value, path)).reduce(multiply, [[]]);
}

/** A field is an alternation, a structure below, or a list of matchers. */
function expandField(name: string, value: unknown, path: string): readonly Conjunction[] {
  if (name === '$or' && isAlternation(value)) return value.flatMap((alternative) => expand(alternative, path));
  const below = toPath(path, name);
  if (!Array.isArray(value)) return expand(value, below);
  if (value.length === 0) throw invalidPattern('empty arrays are not allowed', value);
  return [[{ path: below, matchers: value.map(parseMatcher) }]];
}

/** `$or` is an operator only before two or more structures none of whose fields is called like an operator. */
function isAlternation(value: unknown): value is readonly object[] {
  return (
    Array.isArray(value) &&
    value.length > 1 &&
    value.every(
      (alternative: unknown) =>
        typeof alternative === 'object' &&
        alternative !== null &&
        !Array.isArray(alternative) &&
        Object.keys(alternative).every((name) => !operatorNames.has(name)),
    )
  );
}

/** Every alternative on the left together with every one on the right. */
function multiply(left: readonly Conjunction[], right: readonly Conjunction[]): readonly Conjunction[] {
  return left.flatMap((conditions) => right.map((others) => [...conditions, ...others]));
}

/** Looks for a leaf for every condition so that all chosen leaves sit in the same elements of the lists they share. */
function holds(conditions: Conjunction, leaves: Leaves, positions: ReadonlyMap<string, number>): boolean {
  const [condition, ...rest] = conditions;
  if (condition === undefined) return true;
  const found = leaves.get(condition.path) ?? [];
  return condition.matchers.some((matcher) => {
    if (matcher.kind === 'absent') return found.length === 0 && holds(rest, leaves, positions);
    return found.some((leaf) => {
      if (!matcher.test(leaf.value)) return false;
      const merged = mergePositions(positions, leaf.positions);
      return merged !== undefined && holds(rest, leaves, merged);
    });
  });
}

/** Positions agree unless the same list was entered at two different elements. */
function mergePositions(
  left: ReadonlyMap<string, number>,
  right: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> | undefined {
  const agrees = [...right].every(([list, index]) => (left.get(list) ?? index) === index);
  return agrees ? new Map([...left, ...right]) : undefined;
}

/** Lists and structures without content have no leaf, so nothing but `exists: false` matches there. */
function collectLeaves(event: unknown): Leaves {
  const leaves = new Map<string, Leaf[]>();
  const visit = (value: unknown, path: string, list: string, positions: ReadonlyMap<string, number>): void => {
    if (Array.isArray(value)) {
      // Elements are told apart by the list they sit in; a list in a list is one more such place.
      value.forEach((element, index) =>
        visit(element, path, `${list}[]`, new Map([...positions, [`${list}[]`, index]])),
      );
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, below] of Object.entries(value)) {
        visit(below, toPath(path, name), toPath(path, name), positions);
      }
    } else {
      const known = leaves.get(path) ?? [];
      known.push({ value: value as LeafValue, positions });
      leaves.set(path, known);
    }
  };
  visit(event, '', '', new Map());
  return leaves;
}

/** Names are quoted, so that a dot in a name is not a step down. */
function toPath(path: string, name: string): string {
  return `${path}/${JSON.stringify(name)}`;
}
