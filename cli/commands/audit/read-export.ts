import { toCanonicalJson, isSameJson } from '../../../lambdas/shared/canonical-json.ts';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { isRecord } from '../../../lambdas/shared/record.ts';
import { byKeys, digestLines, listSeals } from './export-record.ts';
import type { ExportDigest } from './export-record.ts';

/** An export as it was found: what it holds, and what is wrong with the file itself. */
export interface FoundExport {
  readonly items: readonly AuditItem[];
  /** Null where the last line is no digest: the file was cut off, or is none of ours. */
  readonly digest: ExportDigest | null;
  readonly faults: readonly string[];
}

/** Reads an export and holds it against its digest. Pure: nobody is asked. */
export function readExport(text: string): FoundExport {
  const all = text.split('\n');
  // A whole file ends in a line end.
  const lines = all.at(-1) === '' ? all.slice(0, -1) : all;
  const last = parseLine(lines.at(-1) ?? '');
  const digest = isDigest(last) ? last : null;
  const itemLines = digest === null ? lines : lines.slice(0, -1);
  const parsed = itemLines.map((line) => ({ line, value: parseLine(line) }));
  const items = parsed.flatMap(({ value }) => (isItem(value) ? [value] : []));
  const unreadable = parsed.flatMap(({ line, value }, index) =>
    isItem(value) && toCanonicalJson(value) === line ? [] : [`Line ${index + 1} is no audit item as it was written`],
  );
  const faults = [...unreadable, ...findDisorder(items), ...findDigestFaults(digest, itemLines, items)];
  return { items, digest, faults };
}

/** Twice the same keys would let one of the two pass unseen. */
function findDisorder(items: readonly AuditItem[]): string[] {
  return items.slice(1).flatMap((item, index) => {
    const before = items[index];
    const inOrder = before === undefined || byKeys(before, item) < 0;
    return inOrder ? [] : [`Item "${item.pk} ${item.sk}" is out of order, or there twice`];
  });
}

function findDigestFaults(
  digest: ExportDigest | null,
  lines: readonly string[],
  items: readonly AuditItem[],
): string[] {
  if (digest === null) return ['The last line is no digest: the export was cut off or is none'];
  const faults: string[] = [];
  if (digest.items !== lines.length) faults.push(`The digest counts ${digest.items} items, the file ${lines.length}`);
  if (digest.sha256 !== digestLines(lines))
    faults.push('The digest does not fit: a line was changed, added or removed');
  if (!isSameJson(digest.seals, listSeals(items))) faults.push('The seals of the digest are not those of the items');
  return faults;
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function isItem(value: unknown): value is AuditItem {
  return isRecord(value) && typeof value['pk'] === 'string' && typeof value['sk'] === 'string';
}

function isDigest(value: unknown): value is ExportDigest {
  return (
    isRecord(value) &&
    value['kind'] === 'export-digest' &&
    typeof value['sha256'] === 'string' &&
    typeof value['items'] === 'number' &&
    typeof value['exportedAt'] === 'string' &&
    !Number.isNaN(Date.parse(value['exportedAt'])) &&
    isRecord(value['scope']) &&
    Array.isArray(value['seals'])
  );
}
