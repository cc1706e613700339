import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import type { ClockOffset } from '../../../lambdas/shared/clients/clock-offset.ts';
import { isRecord } from '../../../lambdas/shared/record.ts';

/** How far the clock was off that an entry's times were taken from; null where the entry does not know. */
export function readClock(item: AuditItem): ClockOffset | null {
  const clock = item['clock'];
  if (!isRecord(clock)) return null;
  const { offsetMs, withinMs } = clock;
  return typeof offsetMs === 'number' && typeof withinMs === 'number' ? { offsetMs, withinMs } : null;
}

/** A clock in words: what to add to its times to get AWS's. */
export function describeClock(clock: ClockOffset | null): string {
  if (clock === null) return 'clock unknown';
  const sign = clock.offsetMs < 0 ? '' : '+';
  return `AWS ${sign}${clock.offsetMs} ms, within ${clock.withinMs} ms`;
}

/** Entries whose times may be off by more than the limit, and entries that do not know. Pure. */
export function findClockFaults(items: readonly AuditItem[], maxClockOffsetMs: number): string[] {
  const clocks = items.map((item) => ({ item, clock: readClock(item) }));
  const unknown = clocks.filter(({ clock }) => clock === null).length;
  const off = clocks.filter(
    ({ clock }) => clock !== null && Math.abs(clock.offsetMs) + clock.withinMs > maxClockOffsetMs,
  );
  return [
    ...off.map(
      ({ item, clock }) => `Clock of "${item.sk}" may be over ${maxClockOffsetMs} ms off: ${describeClock(clock)}`,
    ),
    ...(unknown === 0 ? [] : [`Clock of ${unknown} of ${items.length} entries unknown`]),
  ];
}
