import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';

/** `Filter.n.Name` and `Filter.n.Value.m` of every EC2 Describe call. */
export const filtersSchema = z.optional(z.array(z.strictObject({ Name: z.string(), Value: z.array(z.string()) })));

type Filters = z.output<typeof filtersSchema>;

/** For each filter name the values a thing has; a filter holds when any value matches. */
export type FilterValues<Thing> = Readonly<Record<string, (thing: Thing) => readonly string[]>>;

/** EC2 refuses more than 200 values in one request. */
const maximumFilterValues = 200;

/** Keeps the things every filter holds for; unknown filter names are refused as EC2 does. */
export function selectByFilters<Thing>(
  things: readonly Thing[],
  filters: Filters,
  valuesOf: FilterValues<Thing>,
  tagsOf: (thing: Thing) => ReadonlyMap<string, string>,
): readonly Thing[] {
  const valueCount = (filters ?? []).reduce((sum, filter) => sum + filter.Value.length, 0);
  if (valueCount > maximumFilterValues) {
    throw new ServiceError(
      'FilterLimitExceeded',
      `The maximum number of filter values is 200, received '${valueCount}'`,
    );
  }
  const tests = (filters ?? []).map(({ Name, Value }) => {
    const read = findReader(Name, valuesOf, tagsOf);
    const patterns = Value.map(toPattern);
    return (thing: Thing) => read(thing).some((value) => patterns.some((pattern) => pattern.test(value)));
  });
  return things.filter((thing) => tests.every((test) => test(thing)));
}

/** Tags are read for any thing; what else can be asked is the table of the thing. */
function findReader<Thing>(
  name: string,
  valuesOf: FilterValues<Thing>,
  tagsOf: (thing: Thing) => ReadonlyMap<string, string>,
): (thing: Thing) => readonly string[] {
  if (name === 'tag-key') return (thing) => [...tagsOf(thing).keys()];
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length);
    return (thing) => [...tagsOf(thing)].filter(([own]) => own === key).map(([, value]) => value);
  }
  const read = Object.hasOwn(valuesOf, name) ? valuesOf[name] : undefined;
  if (read === undefined) {
    throw new ServiceError('InvalidParameterValue', `The filter '${name}' is invalid, or not known to the lab`);
  }
  return read;
}

/** `*` and `?` are wildcards unless escaped by a backslash; everything else is compared exactly. */
function toPattern(value: string): RegExp {
  const parts = value.match(/\\.|[^\\]|\\$/gsu) ?? [];
  const source = parts.map((part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return escapePattern(part.length === 2 && part.startsWith('\\') ? part.slice(1) : part);
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

/** All that a regular expression would read as more than itself. */
function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
