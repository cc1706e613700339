/** One change of a sample: where, what and with which nasty value, each a number taken modulo what there is. */
export interface Step {
  readonly place: number;
  readonly change: number;
  readonly value: number;
}

type Bag = Record<string | number, unknown>;

/** No event, state, policy or audit entry is larger. A step adds no more than about as much to what it changes. */
export const mostCharacters = 1_048_576;

/** Applies the steps to a copy of the value; the same steps always give the same. */
export function mutateValue(sample: unknown, steps: readonly Step[]): unknown {
  // The root lies in a box, so that it can be replaced as well.
  const box: Bag = { root: structuredClone(sample) };
  for (const { place, change, value } of steps) {
    const places = listPlaces(box);
    // The whole value may have been taken away.
    if (places.length === 0) break;
    const [parent, key] = pick(places, place);
    pick(changes, change)(parent, key, pick(nastyValues, value), value);
  }
  return box['root'];
}

/** As `mutateValue`, for text: cuts, doubles and replaces stretches of it; never longer than `mostCharacters`. */
export function mutateText(sample: string, steps: readonly Step[]): string {
  return steps.reduce((text, { place, change, value }) => {
    const at = text.length === 0 ? 0 : place % text.length;
    const end = Math.min(text.length, at + (value % 40));
    return pick(textChanges, change)(text, at, end, value).slice(0, mostCharacters);
  }, sample);
}

type Change = (parent: Bag, key: string | number, nasty: () => unknown, value: number) => void;

const changes: readonly Change[] = [
  (parent, key, nasty) => put(parent, key, nasty()),
  (parent, key, nasty) => put(parent, key, nasty()),
  (parent, key) => void (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key]),
  (parent, key) => put(parent, key, [parent[key]]),
  (parent, key) => put(parent, key, { [key]: parent[key] }),
  (parent, key) => put(parent, key, toJson(parent[key]) ?? '['),
  (parent, _key, nasty, value) => put(parent, pick(nastyKeys, value), nasty()),
  (parent, key, _nasty, value) => {
    const moved = parent[key];
    if (!Array.isArray(parent)) delete parent[key];
    put(parent, pick(nastyKeys, value), moved);
  },
  (parent, key, _nasty, value) => put(parent, key, repeat(parent[key], repeats[value % repeats.length] ?? 2)),
  (parent, key) => put(parent, key, typeof parent[key] === 'number' ? -parent[key] : `${show(parent[key])} `),
  (parent, key, _nasty, value) => put(parent, key, flipLetter(show(parent[key]), value)),
];

/** What is nested too deeply cannot be written. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** Defines an own key, whatever its name. */
function put(parent: Bag, key: string | number, value: unknown): void {
  if (Array.isArray(parent) && typeof key === 'string') return;
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

const repeats = [2, 3, 600, 5_000];

const nastyKeys = [
  '__proto__',
  'constructor',
  'toString',
  'length',
  '',
  '$or',
  ' ',
  'fuse',
  'detail-type',
  'Type',
  'ID',
];

/** Made when they are needed: those from `firstLarge` on are large. */
const nastyValues: readonly (() => unknown)[] = [
  () => null,
  () => '',
  () => 0,
  () => -1,
  () => 1e308,
  () => 0.1,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => true,
  () => [],
  () => ({}),
  () => '__proto__',
  () => '\u0000',
  () => '\uD800',
  () => '\u202E${jndi:x}{{x}}$(id)`id`;\n',
  () => '2026-02-30T25:61:61Z',
  () => '0000-00-00T00:00:00Z',
  () => '99999999999999999999999',
  () => '::ffff:10.0.0.1',
  () => '0.0.0.0/0',
  () => '1::2::3',
  () => 'i-0123456789abcdef0',
  () => 'arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0',
  () => JSON.parse('{"__proto__":{"kind":"ransomware","ok":true},"constructor":{"prototype":{"x":1}}}') as unknown,
  () => nest(70),
  () => nest(30_000),
  () => 'x'.repeat(1_000_000),
  () => '('.repeat(100_000),
  () => '1:'.repeat(50_000),
  () => Array.from({ length: 100_000 }, (_, index) => index),
  () => Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index])),
  () => Array.from({ length: 100_000 }, () => ({})),
];

const firstLarge = 24;
const firstLargeText = 15;

/** True for a step that brings in nothing large, whatever it changes. */
export function isSmall({ value }: Step): boolean {
  const copies = value % repeats.length < 2;
  return copies && value % nastyValues.length < firstLarge && value % nastyTexts.length < firstLargeText;
}

function nest(levels: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

type TextChange = (text: string, at: number, end: number, value: number) => string;

const textChanges: readonly TextChange[] = [
  (text, at, end) => text.slice(0, at) + text.slice(end),
  (text, at) => text.slice(0, at),
  (text, at, end, value) => text.slice(0, at) + text.slice(at, end).repeat(2 + (value % 50)) + text.slice(end),
  (text, at, end, value) => text.slice(0, at) + pick(nastyTexts, value)() + text.slice(end),
  (text, at, _end, value) => text.slice(0, at) + pick(nastyTexts, value)() + text.slice(at),
  (text, at) => text.slice(0, at) + flipLetter(text.slice(at), 0),
  (text) => `${text}\n${text}`,
  (text) => text.replaceAll('\n', '\r\n'),
];

const nastyTexts: readonly (() => string)[] = [
  () => '\n',
  () => '"',
  () => '{',
  () => '}]',
  () => '\u0000',
  () => '\uFEFF',
  () => 'null',
  () => '1e999',
  () => '{"__proto__":{"ok":true}}',
  () => '&a [*a]',
  () => '&a [1, 2]\nb: [*a, *a, *a]',
  () => '<<: *a',
  () => '!!js/function "x"',
  () => '? {a: b}\n: c',
  () => '---\n...\n---\n',
  () => '['.repeat(20_000),
  () => '{"a":'.repeat(20_000),
  () => '- '.repeat(20_000),
  () => 'a'.repeat(1_000_000),
  () => '{}\n'.repeat(20_000),
  () => billionLaughs,
  () => '? '.repeat(500),
  () => `\nexceptions: [${'{},'.repeat(21_000)}]\n`,
];

/** Nine levels of nine references each: 387 million texts, if they were written out. */
const billionLaughs = Array.from({ length: 9 }, (_, level) =>
  level === 0
    ? 'l0: &l0 lol'
    : `l${level}: &l${level} [${Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ')}]`,
).join('\n');

/** Every value that lies in another, with the key it lies under; of large lists only the first. */
function listPlaces(box: Bag): [Bag, string | number][] {
  const places: [Bag, string | number][] = [];
  const ahead: Bag[] = [box];
  for (let bag = ahead.pop(); bag !== undefined && places.length < 2_000; bag = ahead.pop()) {
    // A list of a million has as many keys to write out.
    const keys = Array.isArray(bag) ? bag.slice(0, 200).keys() : Object.keys(bag).slice(0, 200);
    for (const key of keys) {
      places.push([bag, key]);
      const inner = bag[key];
      if (typeof inner === 'object' && inner !== null) ahead.push(inner as Bag);
    }
  }
  return places;
}

/** Repeats a text, the items of a list or any other value in a list, as often as the size allows. */
function repeat(value: unknown, times: number): unknown {
  const json = toJson(value);
  if (json === undefined) return [value];
  const copies = Math.max(1, Math.min(times, Math.floor(mostCharacters / json.length)));
  if (typeof value === 'string') return value.repeat(copies);
  // Each its own copy: a later step changes one of them, not thousands at once.
  const list = Array.from({ length: copies }, () => JSON.parse(json) as unknown);
  return Array.isArray(value) ? list.flat() : list;
}

function flipLetter(text: string, value: number): string {
  if (text === '') return 'a';
  const at = value % text.length;
  return text.slice(0, at) + String.fromCodePoint((text.codePointAt(at) ?? 0) ^ 1) + text.slice(at + 1);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : typeof value;
}

function pick<Item>(items: readonly Item[], number: number): Item {
  const item = items[number % items.length];
  if (item === undefined) throw new Error('Nothing to pick from');
  return item;
}
