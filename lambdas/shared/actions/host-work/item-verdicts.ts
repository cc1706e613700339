import * as z from 'zod/mini';
import type { Json } from '../action.ts';
import type { HostSight } from './host-action.ts';

/** One service or task of a verdict. */
export interface VerdictItem {
  readonly name: string;
  /** What it was before the first change of the incident. */
  readonly before: string;
  readonly now: string;
  readonly status: string;
}

/** Holds when the host says so and every item ended in one of the good words; nothing listed is no success. */
export function judgeItems(
  verdict: { readonly ok: boolean; readonly error: string },
  items: readonly VerdictItem[],
  good: readonly string[],
): NonNullable<HostSight> {
  const bad = items.filter(({ status }) => !good.includes(status));
  const words = items.map(({ name, status }) => `${name} ${status}`).join(', ');
  const held = verdict.ok && verdict.error === '' && bad.length === 0 && items.length > 0;
  const reason = verdict.error === '' ? words || 'Host lists nothing' : verdict.error;
  return { held, seen: z.parse(z.custom<Json>(), verdict), reason, connectionsCut: 0 };
}

const ItemsSchema = z.array(z.object({ name: z.string(), before: z.string() }));

/** Names of the items that were active before, separated by blanks; empty leaves it to the host's own note. */
export function listActiveBefore(seen: Json | undefined, field: string): string {
  const parsed = z.safeParse(z.looseObject({ [field]: ItemsSchema }), seen);
  if (!parsed.success) return '';
  const items = z.parse(ItemsSchema, parsed.data[field]);
  return items
    .filter(({ before }) => before === 'active')
    .map(({ name }) => name)
    .join(' ');
}

/**
 * True where nothing was ever changed: the host notes what was before its first change, and has no note, and no verdict of
 * a change was recorded either. With a verdict on record the missing note is a fault.
 */
export function wasNeverChanged(
  verdict: { readonly error: string },
  items: readonly VerdictItem[],
  seen: Json | undefined,
): boolean {
  const hasNoNote = /no note on this host says what was (active|held)/i.test(verdict.error);
  return items.length === 0 && hasNoNote && (seen === undefined || seen === null);
}

export const neverChanged = {
  status: 'already-undone',
  reason: 'Host has no note of this incident: nothing was changed there',
} as const;
