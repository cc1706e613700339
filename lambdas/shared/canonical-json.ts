import { createHash } from 'node:crypto';
import { isRecord } from './record.ts';

/**
 * JSON with sorted keys and no blanks: the same value gives the same text on every machine, so texts and their digests
 * can be compared. Keys that are undefined are left out, as JSON.stringify does.
 */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (isRecord(inner) ? sortKeys(inner) : inner));
}

/** SHA-256 of a text, in hex. */
export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** True when two JSON values say the same, whatever the order of their keys. */
export function isSameJson(left: unknown, right: unknown): boolean {
  return toCanonicalJson(left) === toCanonicalJson(right);
}

function sortKeys(record: Record<string, unknown>): Record<string, unknown> {
  // Plain code-unit order: a locale would make the digest depend on the machine.
  const names = Object.keys(record).sort((left, right) => (left < right ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}
