import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { EventSeed } from './event.ts';

const entrySchema = z.strictObject({
  Source: z.optional(z.string()),
  DetailType: z.optional(z.string()),
  Detail: z.optional(z.string()),
  EventBusName: z.optional(z.string()),
  Resources: z.optional(z.array(z.string())),
  Time: z.optional(z.number()),
  TraceHeader: z.optional(z.string()),
});

/** A request of PutEvents: one to ten entries. */
export const putEventsInput = z.strictObject({ Entries: z.array(entrySchema).check(z.minLength(1), z.maxLength(10)) });

type Entry = z.output<typeof entrySchema>;

/** An accepted entry, or why it was not. */
export type ReadEntry =
  | { readonly kind: 'accepted'; readonly busName: string; readonly seed: EventSeed }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** The older, smaller limit of a whole request: an event that fits it fits a state machine's input as well. */
const maximumRequestBytes = 262_144;

/** Refuses a request that is too big as a whole; single entries are judged one by one. */
export function checkRequestSize(entries: readonly Entry[]): void {
  const size = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (size <= maximumRequestBytes) return;
  throw new ServiceError('ValidationException', 'Total size of the entries in the request is over the limit.');
}

/** The size of an entry as EventBridge counts it: 14 bytes for a time, and the texts. */
function sizeOf({ Time, Source, DetailType, Detail, Resources }: Entry): number {
  const texts = [Source, DetailType, Detail, ...(Resources ?? [])];
  return (Time === undefined ? 0 : 14) + texts.reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
}

/** Judges one entry. Sources of AWS are refused, so `aws.*` on a bus cannot be forged through this door. */
export function readEntry(entry: Entry, busNames: ReadonlySet<string>): ReadEntry {
  const { Source = '', DetailType = '', Detail = '' } = entry;
  const missing = [['Source', Source] as const, ['DetailType', DetailType] as const, ['Detail', Detail] as const]
    .filter(([, value]) => value === '')
    .map(([name]) => name)[0];
  if (missing !== undefined)
    return refuse('InvalidArgument', `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (Source.startsWith('aws.'))
    return refuse('NotAuthorizedForSourceException', `Not authorized for the source '${Source}'.`);
  const busName = (entry.EventBusName ?? 'default').replace(/^arn:.*:event-bus\//, '');
  if (!busNames.has(busName)) return refuse('ResourceNotFoundException', `Event bus ${busName} does not exist.`);
  const detail = parseDetail(Detail);
  if (detail === undefined) return refuse('MalformedDetail', 'Detail is malformed.');
  const time = entry.Time === undefined ? undefined : new Date(entry.Time * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const seed = { source: Source, 'detail-type': DetailType, detail, resources: entry.Resources, time };
  return { kind: 'accepted', busName, seed };
}

/** A detail is a JSON object; lists and bare values are malformed. */
function parseDetail(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const detail = JSON.parse(text) as unknown;
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? { ...detail } : undefined;
  } catch {
    return undefined;
  }
}

function refuse(code: string, message: string): ReadEntry {
  return { kind: 'refused', code, message };
}
