import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { auditKeys } from '../../../lambdas/shared/clients/audit-keys.ts';
import type { AuditTable } from '../../../lambdas/shared/clients/audit-table.ts';
import { timeOf } from '../../../lambdas/shared/seal.ts';
import { isRecord, readText } from '../../../lambdas/shared/record.ts';
import type { TableReader } from './table-reader.ts';

/** An attempt at an incident and how it ended so far: its own ends and those of its restores, the oldest first. */
export interface ListedIncident {
  readonly opening: AuditItem;
  readonly outcomes: readonly string[];
}

/** The newest openings with their outcomes: two queries of the index, however many incidents. */
export async function listIncidents(
  table: AuditTable,
  reader: TableReader,
  limit: number,
): Promise<readonly ListedIncident[]> {
  const openings = await table.listNewestIncidents(limit);
  const oldest = openings.map((opening) => timeOf(opening) ?? '').sort()[0];
  const closings = oldest === undefined ? [] : await reader.readSince(auditKeys.closings, oldest);
  return openings.map((opening) => ({ opening, outcomes: listOutcomes(opening, openings, closings) }));
}

/** A closing belongs to the latest attempt that was opened before it. Pure. */
export function listOutcomes(
  opening: AuditItem,
  openings: readonly AuditItem[],
  closings: readonly AuditItem[],
): string[] {
  const openedAt = timeOf(opening) ?? '';
  const next = openings
    .filter(({ pk }) => pk === opening.pk)
    .map((other) => timeOf(other) ?? '')
    .filter((time) => time > openedAt)
    .sort()[0];
  return closings
    .filter(({ pk }) => pk === opening.pk)
    .map((closing) => ({ at: timeOf(closing) ?? '', outcome: String(closing['outcome']) }))
    .filter(({ at }) => at >= openedAt && (next === undefined || at < next))
    .sort((left, right) => left.at.localeCompare(right.at))
    .map(({ outcome }) => outcome);
}

/** One row of the list. An attempt without an end is not closed, whatever else is known of it. */
export function toIncidentRow({ opening, outcomes }: ListedIncident): string[] {
  const signal = isRecord(opening['signal']) ? opening['signal'] : {};
  const servers = Array.isArray(signal['servers']) ? signal['servers'] : [];
  return [
    timeOf(opening) ?? '',
    opening.pk.replace('incident#', ''),
    outcomes.length === 0 ? 'not closed' : outcomes.join(', '),
    readText(signal['name']) ?? '',
    servers.join(' '),
  ];
}
