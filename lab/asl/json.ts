/** Any value Step Functions can carry between states. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Quota of one payload: input, output, arguments, result, one Assign. */
export const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Size as Step Functions counts it: UTF-8 bytes of the compact serialisation. */
export function payloadBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** True for `{...}`, false for arrays and null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Name of a JSON type as AWS writes it in causes. */
export function jsonTypeName(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/**
 * A plain copy of `value`, or undefined when JSON cannot represent it (functions, NaN, infinities, class instances, holes).
 * Undefined object fields are left out, as every JSON serialiser does.
 */
export function toJson(value: unknown): Json | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) return toJsonArray(value);
  if (typeof value === 'object' && isPlainObject(value)) return toJsonObject(value);
  return undefined;
}

function toJsonArray(values: readonly unknown[]): Json | undefined {
  const copies = Array.from(values, toJson);
  return copies.every((copy) => copy !== undefined) ? copies : undefined;
}

function toJsonObject(value: object): Json | undefined {
  const entries: [string, Json][] = [];
  for (const [key, field] of Object.entries(value)) {
    if (field === undefined) continue;
    const copy = toJson(field);
    if (copy === undefined) return undefined;
    entries.push([key, copy]);
  }
  return Object.fromEntries(entries);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
