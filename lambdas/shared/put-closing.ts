import type { AuditItem } from './clients/audit-item.ts';
import { auditKeys } from './clients/audit-keys.ts';
import type { AuditTable } from './clients/audit-table.ts';
import { readClockOffset } from './clients/clock-offset.ts';
import { sealClosing } from './seal.ts';

/** The end of an execution's work on one incident. */
export interface Closing {
  readonly incidentId: string;
  readonly sk: string;
  /** ISO 8601 in UTC, taken before `items` were read. */
  readonly content: Readonly<Record<string, unknown>> & { readonly at: string };
  /** All entries of the incident. */
  readonly items: readonly AuditItem[];
}

/**
 * Puts a closing under its seal and returns the seal that stands: that of an earlier try where there was one, for it is
 * the one in the table. Also listed in the index, so that outcomes can be read without reading every incident.
 */
export async function putClosing(
  audit: Pick<AuditTable, 'readIncident' | 'putInIncident'>,
  { incidentId, sk, content, items }: Closing,
): Promise<string | null> {
  const earlier = items.find((item) => item.sk === sk);
  if (earlier !== undefined) return readSeal(earlier);
  const listed = { gsi1pk: auditKeys.closings, gsi1sk: `${content.at}#${incidentId}` };
  const keys = { pk: auditKeys.incident(incidentId), sk };
  // The clock of the entry is sealed with it, so it is read here and not at the put.
  const sealed = sealClosing({ clock: readClockOffset(), ...content, ...listed, ...keys }, items);
  if ((await audit.putInIncident(incidentId, sk, sealed)) === 'written') return sealed.seal;
  const standing = (await audit.readIncident(incidentId)).find((item) => item.sk === sk);
  return standing === undefined ? null : readSeal(standing);
}

/** Puts what belongs to no incident, under a seal of its own; null when an earlier try put it. */
export async function putSealedApart(
  audit: Pick<AuditTable, 'putApart'>,
  pk: string,
  sk: string,
  content: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const sealed = sealClosing({ clock: readClockOffset(), ...content, pk, sk }, []);
  return (await audit.putApart(pk, sk, sealed)) === 'written' ? sealed.seal : null;
}

function readSeal({ seal }: AuditItem): string | null {
  return typeof seal === 'string' ? seal : null;
}
