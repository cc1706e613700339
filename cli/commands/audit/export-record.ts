import { sha256Hex, toCanonicalJson } from '../../../lambdas/shared/canonical-json.ts';
import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { isSealed, timeOf } from '../../../lambdas/shared/seal.ts';
import { pointsTo } from './verify-record.ts';

/** What an export was asked for; null where nothing was left out for it. */
export interface ExportScope {
  readonly since: string | null;
  readonly until: string | null;
  readonly incidentId: string | null;
}

/** The last line of an export: what the lines before it are, and who vouches for them. */
export interface ExportDigest {
  readonly kind: 'export-digest';
  readonly items: number;
  /** Over all lines before this one, each with its line end. */
  readonly sha256: string;
  readonly seals: readonly ExportedSeal[];
  readonly exportedAt: string;
  readonly by: string;
  readonly tableName: string;
  readonly scope: ExportScope;
  /** Open questions to people: no record, and whoever holds their tokens may answer them. */
  readonly questionsLeftOut: number;
}

export interface ExportedSeal {
  readonly pk: string;
  readonly sk: string;
  readonly seal: string;
}

export type ExportMaker = Pick<ExportDigest, 'exportedAt' | 'by' | 'tableName' | 'scope'>;

/** The lines of an export: items in the order of their keys as canonical JSON, then the digest. Pure. */
export function toExport(items: readonly AuditItem[], maker: ExportMaker): string[] {
  const shown = items.filter((item) => !isQuestion(item));
  const chosen = chooseItems(shown, maker.scope).sort(byKeys);
  const lines = chosen.map((item) => toCanonicalJson(item));
  const digest: ExportDigest = {
    kind: 'export-digest',
    items: lines.length,
    sha256: digestLines(lines),
    seals: listSeals(chosen),
    ...maker,
    questionsLeftOut: items.length - shown.length,
  };
  return [...lines, toCanonicalJson(digest)];
}

/** The digest over lines as they lie in the file. */
export function digestLines(lines: readonly string[]): string {
  return sha256Hex(lines.map((line) => `${line}\n`).join(''));
}

/** Every seal among the items, in their order. */
export function listSeals(items: readonly AuditItem[]): ExportedSeal[] {
  return items.filter(isSealed).map(({ pk, sk, seal }) => ({ pk, sk, seal }));
}

/** By bytes of partition and sort key, as the table orders what it keeps together. */
export function byKeys(left: AuditItem, right: AuditItem): number {
  return compareBytes(left.pk, right.pk) || compareBytes(left.sk, right.sk);
}

/**
 * What belongs together comes together: an incident with anything in the range comes whole, with what points to it, for
 * its seals cover all of it. What says no time is never left out.
 */
function chooseItems(items: readonly AuditItem[], scope: ExportScope): AuditItem[] {
  if (scope.since === null && scope.until === null) return [...items];
  const groups = Map.groupBy(items, (item) => pointsTo(item) ?? item.pk.replace(/^incident#/, ''));
  return [...groups.values()].filter((group) => isInRange(group, scope)).flat();
}

function isInRange(group: readonly AuditItem[], { since, until }: ExportScope): boolean {
  const times = group.map(timeOf).filter((time) => time !== null);
  return (
    times.length === 0 ||
    times.some(
      (time) =>
        (since === null || Date.parse(time) >= Date.parse(since)) &&
        (until === null || Date.parse(time) < Date.parse(until)),
    )
  );
}

function isQuestion({ pk }: AuditItem): boolean {
  return pk.startsWith('question#');
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
