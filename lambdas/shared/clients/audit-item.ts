import { gunzipSync, gzipSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { toCanonicalJson } from '../canonical-json.ts';

/** One item of the audit table: its keys, and plain JSON beside them. */
export interface AuditItem {
  readonly pk: string;
  readonly sk: string;
  readonly [name: string]: unknown;
}

/** Attributes that stay readable for keys and the index even where the rest is packed. */
const keyNames = new Set(['pk', 'sk', 'gsi1pk', 'gsi1sk']);

/** DynamoDB takes 400 KB an item; names and types need room beside the text measured here. */
const packFromBytes = 300_000;

/** DynamoDB takes 32 levels, the item itself among them. */
const mostLevels = 30;
/** Its numbers lie between 1E-130 and 9.99E+125. */
const largestNumber = 1e125;
const smallestNumber = 1e-129;

/**
 * Turns an item into DynamoDB's form. A large one is packed, and one that holds what DynamoDB refuses in an attribute: a
 * rejected event is recorded as it came, and neither it nor a cut must fail for the shape of its record.
 */
export function toAttributes(item: AuditItem): Record<string, AttributeValue> {
  // Through JSON once: drops undefined and fails here on what JSON cannot carry.
  const text = toCanonicalJson(item);
  const plain = JSON.parse(text) as Record<string, unknown>;
  if (Buffer.byteLength(text) <= packFromBytes && isTaken(plain, mostLevels)) return mapValues(plain);
  const keys = Object.fromEntries(Object.entries(plain).filter(([name]) => keyNames.has(name)));
  return { ...mapValues(keys), packed: { B: gzipSync(text) } };
}

/** Turns DynamoDB's form back into the item that was put. */
export function fromAttributes(attributes: Record<string, AttributeValue>): AuditItem {
  const packed = attributes['packed']?.B;
  if (packed !== undefined) return JSON.parse(gunzipSync(packed).toString('utf8')) as AuditItem;
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, fromAttribute(value)]),
  ) as AuditItem;
}

function mapValues(record: Record<string, unknown>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, toAttribute(value)]));
}

function isTaken(value: unknown, levels: number): boolean {
  if (typeof value === 'number') {
    const size = Math.abs(value);
    return size === 0 || (size >= smallestNumber && size <= largestNumber);
  }
  if (typeof value !== 'object' || value === null) return true;
  // A name has one character at least.
  return levels > 0 && !Object.hasOwn(value, '') && Object.values(value).every((inner) => isTaken(inner, levels - 1));
}

function toAttribute(value: unknown): AttributeValue {
  if (value === null) return { NULL: true };
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number') return { N: String(value) };
  if (Array.isArray(value)) return { L: value.map(toAttribute) };
  return { M: mapValues(value as Record<string, unknown>) };
}

function fromAttribute(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.NULL !== undefined) return null;
  // The servers counted against a budget; DynamoDB keeps a set in no order.
  if (value.SS !== undefined) return [...value.SS].sort();
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.M !== undefined) {
    return Object.fromEntries(Object.entries(value.M).map(([name, inner]) => [name, fromAttribute(inner)]));
  }
  throw new TypeError(`Audit item not read: its attribute type "${Object.keys(value).join()}" is none we write`);
}
