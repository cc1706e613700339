import type { AuditItem } from '../clients/audit-item.ts';
import type { AuditTable } from '../clients/audit-table.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { SeenLock } from './plan-locks.ts';
import { isOver, readLock } from './read-lock.ts';
import type { LockRecord } from './review.ts';

/** Incidents read at once. */
const readsAtOnce = 10;

/** What became of every start of a review: read back from the incidents, not from what was asked for. */
export async function seeLocks(
  locks: readonly LockRecord[],
  audit: Pick<AuditTable, 'readIncident'>,
  now: string,
): Promise<(SeenLock & { readonly isOver: boolean })[]> {
  return mapConcurrently(locks, readsAtOnce, async (lock) => {
    const items: readonly AuditItem[] = await audit.readIncident(lock.incidentId);
    const states = new Map(lock.servers.map((server) => [server, readLock(server, lock, items, now)]));
    return { ...lock, states, isOver: isOver(lock, items, now) };
  });
}
