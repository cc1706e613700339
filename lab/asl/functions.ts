import { createHash } from 'node:crypto';

import jsonata from 'jsonata';

import type { Clock } from './clock.ts';

/** Sources of what would otherwise differ from run to run. */
export interface Sources {
  readonly clock: Clock;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
}

/** Every function an expression may call: JSONata 2.0.6 without `$eval`, and the six Step Functions adds. */
export const KNOWN_FUNCTIONS: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis partition range hash uuid parse`.split(/\s+/),
);

// Names as the service spells them, to names as Node spells them.
const HASH_ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** States.ArrayRange, which `$range` stands in for, makes at most this many elements. */
const LONGEST_RANGE = 1000;

/** Bindings that turn plain JSONata into the dialect of Step Functions. */
export function bindFunctions(sources: Sources): Record<string, unknown> {
  return {
    // `$eval` exists in the library and not in the service.
    eval: undefined,
    now: (picture?: string, timezone?: string) => formatNow(sources.clock.now(), picture, timezone),
    millis: () => sources.clock.now(),
    random: (seed?: unknown) => (seed === undefined ? sources.random() : seededRandom(wholeNumber('random', seed))),
    uuid: () => formatUuid(sources.random),
    partition: partitionArray,
    range: rangeArray,
    hash: hashText,
    parse: parseJson,
  };
}

function partitionArray(values: unknown, chunkSize: unknown): unknown[][] {
  const size = wholeNumber('partition', chunkSize);
  if (size < 1) throw refusal('partition', chunkSize, 'a chunk size of at least 1');
  // A sequence of one reaches a function as that one.
  const list = Array.isArray(values) ? values : [values];
  return Array.from({ length: Math.ceil(list.length / size) }, (_, chunk) =>
    list.slice(chunk * size, (chunk + 1) * size),
  );
}

function rangeArray(first: unknown, last: unknown, delta: unknown): number | number[] {
  const [from, to, step] = [first, last, delta].map((bound) => wholeNumber('range', bound)) as [number, number, number];
  if (step === 0) throw refusal('range', delta, 'a step other than 0');
  const length = Math.max(0, Math.floor((to - from) / step) + 1);
  if (length > LONGEST_RANGE) throw refusal('range', length, `at most ${LONGEST_RANGE} elements`);
  const values = Array.from({ length }, (_, index) => from + index * step);
  // A JSONata sequence of one is that one: `$range(1, 9, 9)` was seen to give 1 on AWS, not [1].
  return values.length === 1 ? from : values;
}

function hashText(text: unknown, algorithm: unknown): string {
  const digest = typeof algorithm === 'string' ? HASH_ALGORITHMS[algorithm] : undefined;
  if (digest === undefined) throw refusal('hash', algorithm, `one of ${Object.keys(HASH_ALGORITHMS).join(', ')}`);
  if (typeof text !== 'string') throw refusal('hash', text, 'a string');
  return createHash(digest).update(text).digest('hex');
}

function parseJson(text: unknown): unknown {
  if (typeof text !== 'string') throw refusal('parse', text, 'a JSON string');
  return JSON.parse(text);
}

/** Numbers are rounded down, as the service documents for all whole-number parameters. */
function wholeNumber(functionName: string, value: unknown): number {
  if (typeof value !== 'number') throw refusal(functionName, value, 'a number');
  return Math.floor(value);
}

function refusal(functionName: string, value: unknown, wanted: string): TypeError {
  return new TypeError(`Could not call $${functionName} with "${String(value)}": wants ${wanted}`);
}

async function formatNow(epochMilliseconds: number, picture?: string, timezone?: string): Promise<unknown> {
  // JSONata's own default: always three digits of milliseconds, unlike the timestamps of the service.
  if (picture === undefined) return new Date(epochMilliseconds).toISOString();
  const bindings = { at: epochMilliseconds, picture, timezone };
  return jsonata('$fromMillis($at, $picture, $timezone)').evaluate(undefined, bindings);
}

/** One step of mulberry32. The service promises the same number for the same seed, not which number. */
function seededRandom(seed: number): number {
  const mixed = (seed + 0x6d2b79f5) | 0;
  const once = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
  return ((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32;
}

/** A version 4 UUID from the given source, so that a seeded run repeats its ids. */
export function formatUuid(random: () => number): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
  // Version 4 in the high bits of byte 6, variant 1 in those of byte 8 (RFC 9562).
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
