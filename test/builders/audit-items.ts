import type { AuditItem } from '../../lambdas/shared/clients/audit-item.ts';
import { sealClosing } from '../../lambdas/shared/seal.ts';

export const incidentPk = 'incident#inc-00000000000000000001';

/** One hour after the incident was opened at 07:00. */
export const laterNow = '2026-05-06T08:30:00.000Z';

/** An entry of the incident, made at that minute past seven. */
export function buildItem(sk: string, minute: number, over: Readonly<Record<string, unknown>> = {}): AuditItem {
  const at = `2026-05-06T07:${String(minute).padStart(2, '0')}:00.000Z`;
  const time = sk.startsWith('opened#') ? { openedAt: at } : { at };
  return { pk: incidentPk, sk, ...time, clock: { offsetMs: 5, withinMs: 40 }, ...over };
}

/** Puts a closing under its seal and beside the entries it seals. */
export function closeItems(
  items: readonly AuditItem[],
  sk: string,
  minute: number,
  over: Readonly<Record<string, unknown>> = {},
): AuditItem[] {
  return [...items, sealClosing(buildItem(sk, minute, over), items)];
}

/** An incident that was opened, cut, closed and restored. */
export function buildRecord(): AuditItem[] {
  const key = 'action#revoke-security-groups#c1#';
  const cut = [buildItem('opened#01', 0), buildItem(`${key}1-intended`, 1), buildItem(`${key}3-verified`, 2)];
  const closed = closeItems(cut, 'closed#01', 3, { outcome: 'contained' });
  return closeItems([...closed, buildItem(`${key}4-undone`, 10)], 'restored#0123456789abcdef', 11, {
    outcome: 'restored',
  });
}
