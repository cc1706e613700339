import { sha256Hex, toCanonicalJson } from './canonical-json.ts';
import type { AuditItem } from './clients/audit-item.ts';

/** A digest over the entries of an incident, and which they were. */
export interface Seal {
  readonly seal: string;
  readonly sealedKeys: readonly string[];
}

/** Seals entries in the order of their sort keys, as DynamoDB orders them: by bytes. */
export function sealItems(items: readonly AuditItem[]): Seal {
  const ordered = [...items].sort((left, right) => Buffer.compare(Buffer.from(left.sk), Buffer.from(right.sk)));
  return { seal: sha256Hex(toCanonicalJson(ordered)), sealedKeys: ordered.map(({ sk }) => sk) };
}

/**
 * Says what is wrong with a sealed incident, or null: an entry that was under a seal is missing or changed. Entries
 * added later are no fault; the next seal covers them.
 */
export function findBrokenSeal(items: readonly AuditItem[]): string | null {
  for (const item of items) {
    const { seal, sealedKeys } = item;
    if (typeof seal !== 'string' || !Array.isArray(sealedKeys)) continue;
    const keys = new Set(sealedKeys as string[]);
    const covered = items.filter(({ sk }) => keys.has(sk));
    if (covered.length < keys.size) return `"${item.sk}" sealed ${keys.size} entries, ${covered.length} are left`;
    if (sealItems(covered).seal !== seal) return `An entry under the seal of "${item.sk}" was changed`;
  }
  return null;
}
