import { sha256Hex, toCanonicalJson } from './canonical-json.ts';

/**
 * Digest of a command document's content, whatever its spacing: Systems Manager stores the text it was given, and
 * CDK and the service print JSON differently. CDK computes it at synth, the cut compares it before it runs one.
 */
export function digestDocument(content: unknown): string {
  return sha256Hex(toCanonicalJson(typeof content === 'string' ? (JSON.parse(content) as unknown) : content));
}
