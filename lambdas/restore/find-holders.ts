import type { Change } from '../shared/actions/action.ts';
import type { CutItem } from '../shared/clients/audit-table.ts';
import type { EntryKey } from '../shared/contracts/restoring.ts';

/** How other open cuts stand to a change that is to be undone. */
export type Holding =
  | { readonly kind: 'free' }
  /** A later cut stands on this one: it must be undone first. */
  | { readonly kind: 'below'; readonly incidentId: string }
  /** An earlier cut still holds the target: it stays cut, and that one puts it back in the end. */
  | { readonly kind: 'above'; readonly cut: CutItem };

/** Finds whether another open cut of the same action holds the target of a change. Pure. */
export function findHolder(change: Change, key: EntryKey, cuts: readonly CutItem[]): Holding {
  const own = cuts.find(({ entry }) => nameOf(entry) === nameOf(key));
  const others = cuts.filter(
    (cut) =>
      nameOf(cut.entry) !== nameOf(key) &&
      cut.entry.action === key.action &&
      cut.targets.some(({ target }) => target === change.target),
  );
  const ordered = others.sort(byAge);
  const [later] = own === undefined ? [] : ordered.filter((cut) => byAge(cut, own) > 0);
  if (later !== undefined) return { kind: 'below', incidentId: later.entry.incidentId };
  const earlier = ordered.at(-1);
  return earlier === undefined ? { kind: 'free' } : { kind: 'above', cut: earlier };
}

/** Name of an entry, unique in the table. */
export function nameOf({
  incidentId,
  action,
  cohortId,
}: {
  incidentId: string;
  action: string;
  cohortId: string;
}): string {
  return `${incidentId}#${action}#${cohortId}`;
}

/** Oldest first; the name settles a tie, so that two cuts never each wait for the other. */
function byAge(left: CutItem, right: CutItem): number {
  return left.since.localeCompare(right.since) || nameOf(left.entry).localeCompare(nameOf(right.entry));
}
