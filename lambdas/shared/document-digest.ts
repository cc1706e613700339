import { sha256Hex, toCanonicalJson } from './canonical-json.ts';
import { isRecord } from './record.ts';

/**
 * Digest of a command document's content, whatever its spacing: Systems Manager stores the text it was given, and
 * CDK and the service print JSON differently. CDK computes it at synth, the cut compares it before it runs one.
 */
export function digestDocument(content: unknown): string {
  return sha256Hex(toCanonicalJson(toTexts(typeof content === 'string' ? (JSON.parse(content) as unknown) : content)));
}

/** CloudFormation may hand numbers and truth values on as texts; the digest must not tell them apart. */
function toTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toTexts);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toTexts(inner)]));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}
