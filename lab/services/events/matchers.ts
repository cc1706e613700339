import { BlockList, isIP } from 'node:net';
import { ServiceError } from '../wire/service-error.ts';

/** A leaf of an event: what a JSON document holds that is neither list nor structure. */
export type LeafValue = string | number | boolean | null;

/** A condition on one field. `absent` asks that the event has no leaf there at all. */
export type Matcher =
  | { readonly kind: 'leaf'; readonly test: (value: LeafValue) => boolean }
  | { readonly kind: 'absent' };

type Test = (value: LeafValue) => boolean;

/** EventBridge compares numbers within this range only. */
const numericLimit = 5_000_000_000;

const comparisons: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  '=': (value, limit) => value === limit,
  '<': (value, limit) => value < limit,
  '<=': (value, limit) => value <= limit,
  '>': (value, limit) => value > limit,
  '>=': (value, limit) => value >= limit,
};

/** The names of operators; a field of an `$or` may not be called by one of them. */
export const operatorNames: ReadonlySet<string> = new Set([
  'prefix',
  'suffix',
  'equals-ignore-case',
  'wildcard',
  'anything-but',
  'numeric',
  'cidr',
  'exists',
]);

/** Reads one element of a field's list: a value to equal, or a structure with one operator. */
export function parseMatcher(element: unknown): Matcher {
  if (isLeaf(element)) return { kind: 'leaf', test: (value) => value === element };
  const [operator, argument] = readOperator(element);
  if (operator === 'exists') {
    if (typeof argument !== 'boolean') throw invalidPattern('exists takes true or false', argument);
    return argument ? { kind: 'leaf', test: () => true } : { kind: 'absent' };
  }
  return { kind: 'leaf', test: parseTest(operator, argument) };
}

/** Refuses a pattern, with the code of PutRule. */
export function invalidPattern(reason: string, received: unknown): ServiceError {
  const message = `Event pattern is not valid. Reason: ${reason}, received '${JSON.stringify(received)}'`;
  return new ServiceError('InvalidEventPatternException', message);
}

/** Anything that is not a structure with exactly one member is no operator. */
function readOperator(element: unknown): readonly [string, unknown] {
  if (typeof element !== 'object' || element === null || Array.isArray(element)) {
    throw invalidPattern('a list of a pattern holds values and operators', element);
  }
  const [entry, ...others] = Object.entries(element);
  if (entry === undefined || others.length > 0) throw invalidPattern('exactly one operator is wanted', element);
  return entry;
}

function parseTest(operator: string, argument: unknown): Test {
  switch (operator) {
    case 'prefix':
      return parseEdge(argument, (text, edge) => text.startsWith(edge));
    case 'suffix':
      return parseEdge(argument, (text, edge) => text.endsWith(edge));
    case 'equals-ignore-case': {
      const wanted = readText(argument).toLowerCase();
      return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
    }
    case 'wildcard': {
      const pattern = parseWildcard(readText(argument));
      return (value) => typeof value === 'string' && pattern.test(value);
    }
    case 'anything-but':
      return parseAnythingBut(argument);
    case 'numeric':
      return parseNumeric(argument);
    case 'cidr':
      return parseCidr(readText(argument));
    default:
      throw invalidPattern('unrecognized match type', operator);
  }
}

/** Prefix and suffix, plain or in any case. */
function parseEdge(argument: unknown, compare: (text: string, edge: string) => boolean): Test {
  if (typeof argument === 'string') return (value) => typeof value === 'string' && compare(value, argument);
  const [operator, edge] = readOperator(argument);
  if (operator !== 'equals-ignore-case')
    throw invalidPattern('only equals-ignore-case stands inside prefix and suffix', argument);
  const wanted = readText(edge).toLowerCase();
  return (value) => typeof value === 'string' && compare(value.toLowerCase(), wanted);
}

/** `*` stands for any characters, `\*` and `\\` for themselves. */
function parseWildcard(text: string): RegExp {
  if (text.includes('**')) throw invalidPattern('consecutive wildcard characters are not allowed', text);
  const parts = text.match(/\\[^]|[^]/gu) ?? [];
  const source = parts.map((part) => {
    if (part === '*') return '[^]*';
    if (part === '\\' || (part.length > 1 && part.startsWith('\\') && !['\\*', '\\\\'].includes(part))) {
      throw invalidPattern('invalid escape character', text);
    }
    return part.replace(/^\\/, '').replace(/[$()*+.?[\\\]^{|}/]/, String.raw`\$&`);
  });
  return new RegExp(`^${source.join('')}$`, 'u');
}

function parseAnythingBut(argument: unknown): Test {
  const tests = isScalarList(argument) ? parseExclusions(argument) : parseNestedExclusions(argument);
  return (value) => !tests.some((test) => test(value));
}

function isScalarList(argument: unknown): boolean {
  return Array.isArray(argument) || typeof argument === 'string' || typeof argument === 'number';
}

/** Values of one type; booleans and null are not among what can be excluded. */
function parseExclusions(argument: unknown): readonly Test[] {
  const values: readonly unknown[] = Array.isArray(argument) ? argument : [argument];
  const isUniform = ['string', 'number'].some((type) => values.every((value) => typeof value === type));
  if (values.length === 0 || !isUniform)
    throw invalidPattern('anything-but takes strings or numbers, not both', argument);
  return values.map((wanted) => (value: LeafValue) => value === wanted);
}

/** Excluded shapes: each becomes a matcher, and none may hold. */
function parseNestedExclusions(argument: unknown): readonly Test[] {
  const [operator, excluded] = readOperator(argument);
  if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)) {
    throw invalidPattern('anything-but takes values, prefix, suffix, equals-ignore-case or wildcard', argument);
  }
  const values: readonly unknown[] = Array.isArray(excluded) ? excluded : [excluded];
  if (values.length === 0) throw invalidPattern('anything-but takes at least one value', argument);
  return values.map((value) => parseTest(operator, readText(value)));
}

/** Text that looks like a number is text: only JSON numbers are compared. */
function parseNumeric(argument: unknown): Test {
  const list: readonly unknown[] = Array.isArray(argument) ? argument : [];
  const pairs: { readonly operator: string; readonly limit: number }[] = [];
  for (let index = 0; index < list.length; index += 2) {
    const [operator, limit] = [list[index], list[index + 1]];
    if (typeof operator !== 'string' || !Object.hasOwn(comparisons, operator) || typeof limit !== 'number') {
      throw invalidPattern('numeric takes operators and numbers in turn', argument);
    }
    if (Math.abs(limit) > numericLimit) throw invalidPattern('numbers go from -5.0e9 to 5.0e9', argument);
    pairs.push({ operator, limit });
  }
  checkRange(pairs, argument);
  return (value) =>
    typeof value === 'number' &&
    Math.abs(value) <= numericLimit &&
    pairs.every(({ operator, limit }) => comparisons[operator]?.(value, limit) === true);
}

/** One comparison, or a lower end followed by a higher one. */
function checkRange(pairs: readonly { readonly operator: string; readonly limit: number }[], argument: unknown): void {
  const [low, high, ...others] = pairs;
  if (low === undefined || others.length > 0)
    throw invalidPattern('numeric takes one comparison or one range', argument);
  if (high === undefined) return;
  const isRange = low.operator.startsWith('>') && high.operator.startsWith('<') && low.limit < high.limit;
  if (!isRange) throw invalidPattern('a numeric range goes from its lower to its upper end', argument);
}

/** Addresses of the other family are never inside, and neither is text that is no address. */
function parseCidr(cidr: string): Test {
  const [address = '', bits = ''] = cidr.split('/');
  const version = isIP(address);
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) {
    throw invalidPattern('malformed CIDR', cidr);
  }
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family);
  return (value) => typeof value === 'string' && isIP(value) === version && range.check(value, family);
}

function readText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalidPattern('a string is wanted', value);
}

function isLeaf(value: unknown): value is LeafValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
