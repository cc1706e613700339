import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { findSealFaults, isSealed, isStep, timeOf } from '../../../lambdas/shared/seal.ts';
import { findClockFaults } from './clock-faults.ts';

/**
 * `unchanged`: every entry is under a seal that fits. `open`: an entry of the last hour waits for its seal. `unsealed`:
 * one has waited longer, so nothing vouches for it. `broken`: the record is not what was written.
 */
export type VerdictStatus = 'unchanged' | 'open' | 'unsealed' | 'broken';

/** What can be said of one incident, or of an entry apart from incidents, which goes by its partition. */
export interface Verdict {
  readonly incidentId: string;
  readonly status: VerdictStatus;
  readonly seals: number;
  readonly faults: readonly string[];
  /** What needs a look and proves nothing: clocks that were off, or unknown. */
  readonly warnings: readonly string[];
}

export interface VerifyOptions {
  /** ISO 8601; for an export the time it was made. */
  readonly now: string;
  readonly maxClockOffsetMs: number;
}

/** An execution ends after 15 minutes, a restore soon after it began: an hour leaves room for both. */
const sealWithinMs = 3_600_000;

/** Verifies one partition: an incident's entries, or those of an event that was rejected. Pure. */
export function verifyPartition(items: readonly AuditItem[], options: VerifyOptions): Verdict {
  const incidentId = toSubject(items[0]?.pk ?? '');
  const broken = findSealFaults(items).map(({ text }) => text);
  const { faults: unsealed, isOpen } = findUnsealed(items, options.now);
  const warnings = findClockFaults(items, options.maxClockOffsetMs);
  const seals = items.filter(isSealed).length;
  const status = broken.length > 0 ? 'broken' : unsealed.length > 0 ? 'unsealed' : isOpen ? 'open' : 'unchanged';
  return { incidentId, status, seals, faults: [...broken, ...unsealed], warnings };
}

/**
 * Verifies everything given: each incident, each rejected event, and that no incident is gone to which a server, an
 * execution or a cut still points. Pure.
 */
export function verifyRecord(items: readonly AuditItem[], options: VerifyOptions): Verdict[] {
  const sealed = items.filter(({ pk }) => pk.startsWith('incident#') || pk.startsWith('rejected#'));
  const partitions = Map.groupBy(sealed, ({ pk }) => pk);
  const verdicts = [...partitions.values()].map((partition) => verifyPartition(partition, options));
  return [...verdicts, ...findMissingIncidents(items, new Set(partitions.keys()), options.now)];
}

/** Steps wait for the next closing; where there is no closing at all, so does everything else. */
function findUnsealed(items: readonly AuditItem[], now: string): { faults: string[]; isOpen: boolean } {
  const closings = items.filter(isSealed);
  const covered = new Set(closings.flatMap(({ sk, sealedKeys }) => [sk, ...sealedKeys]));
  const waiting = items.filter((item) => !covered.has(item.sk) && (isStep(item) || closings.length === 0));
  const overdue = waiting.filter((item) => !isYoung(timeOf(item), now));
  const faults = overdue.map((item) => `Entry "${item.sk}" of ${timeOf(item) ?? 'no known time'} is under no seal`);
  return { faults, isOpen: waiting.length > 0 };
}

function findMissingIncidents(items: readonly AuditItem[], known: ReadonlySet<string>, now: string): Verdict[] {
  const missing = new Map<string, string>();
  for (const item of items) {
    const incidentId = pointsTo(item);
    // Pointers and incident are put at the same time: one of them may have come first.
    if (incidentId === null || known.has(`incident#${incidentId}`) || isYoung(timeOf(item), now)) continue;
    missing.set(incidentId, `The whole incident is missing: "${item.pk} ${item.sk}" points to it`);
  }
  return [...missing].map(([incidentId, fault]) => ({
    incidentId,
    status: 'broken',
    seals: 0,
    faults: [fault],
    warnings: [],
  }));
}

/** The incident that a pointer or a cut names; null for everything else. */
export function pointsTo(item: AuditItem): string | null {
  const entry = item['entry'] as { readonly incidentId?: unknown } | undefined;
  const incidentId = item['incidentId'] ?? entry?.incidentId;
  return typeof incidentId === 'string' && !item.pk.startsWith('incident#') ? incidentId : null;
}

function isYoung(time: string | null, now: string): boolean {
  return time !== null && Date.parse(now) - Date.parse(time) <= sealWithinMs;
}

function toSubject(pk: string): string {
  return pk.replace(/^incident#/, '');
}
