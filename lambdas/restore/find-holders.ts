import type { Change } from '../shared/actions/action.ts';
import type { AuditTable, CutItem } from '../shared/clients/audit-table.ts';
import type { EntryKey } from '../shared/contracts/restoring.ts';
import { readRecordedEntry, type RecordedEntry } from '../shared/recorded-entry.ts';

/** How other open cuts stand to a change that is to be undone. */
export type Holding =
  | { readonly kind: 'free' }
  /** A later cut stands on this one: it must be undone first. */
  | { readonly kind: 'below'; readonly incidentId: string }
  /** Another cut may be under way right now: what it read as the former state is not known yet. */
  | { readonly kind: 'busy'; readonly incidentId: string }
  /** An earlier cut still holds the target: it stays cut, and that one puts it back in the end. */
  | { readonly kind: 'above'; readonly cut: CutItem };

/** A cut that another entry noted, with what its own entry says of it. */
export interface OtherCut {
  readonly cut: CutItem;
  readonly recorded: RecordedEntry;
}

/**
 * How long a cut without an end may still be under way: the machines of the cuts end after 600 s, and a function that
 * runs then up to 80 s later; four tries of a fail-over take at most 687 s. An undo beside it would find everything as
 * before, and the cut would come after it.
 */
const busyForMs = 690_000;

/** Reads the entries of all other cuts of the same action that name one of the targets. */
export async function readOtherCuts(
  targets: readonly string[],
  key: EntryKey,
  cuts: readonly CutItem[],
  audit: Pick<AuditTable, 'readSteps'>,
): Promise<OtherCut[]> {
  const wanted = new Set(targets);
  const others = cuts.filter(
    (cut) =>
      nameOf(cut.entry) !== nameOf(key) &&
      cut.entry.action === key.action &&
      cut.targets.some(({ target }) => wanted.has(target)),
  );
  return Promise.all(
    others.map(async (cut) => ({ cut, recorded: readRecordedEntry(await audit.readSteps(cut.entry as EntryKey)) })),
  );
}

/** Finds whether another open cut of the same action holds the target of a change. Pure. */
export function findHolder(
  change: Pick<Change, 'target'>,
  own: CutItem | undefined,
  others: readonly OtherCut[],
  now: string,
): Holding {
  const named = others.filter(({ cut }) => cut.targets.some(({ target }) => target === change.target));
  const busy = named.find(({ cut, recorded }) => findBusyMs(recorded, cut, now) > 0);
  if (busy !== undefined) return { kind: 'busy', incidentId: busy.cut.entry.incidentId };
  const ordered = named
    .filter(({ recorded }) => holds(change.target, recorded))
    .map(({ cut }) => cut)
    .sort(byAge);
  const [later] = own === undefined ? [] : ordered.filter((cut) => byAge(cut, own) > 0);
  if (later !== undefined) return { kind: 'below', incidentId: later.entry.incidentId };
  const earlier = ordered.at(-1);
  return earlier === undefined ? { kind: 'free' } : { kind: 'above', cut: earlier };
}

/** For how long an entry without an end may still be at work. One that died before it stood left its note only. */
export function findBusyMs({ outcome, intended }: RecordedEntry, cut: CutItem | undefined, now: string): number {
  const startedAt = intended?.at ?? cut?.since;
  if (outcome !== null || startedAt === undefined) return 0;
  return Math.max(0, busyForMs - (Date.parse(now) - Date.parse(startedAt)));
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

/** A note without an entry changed nothing, and what was read back as never cut has nothing to put back. */
function holds(target: string, { intended, neverHeld, undone }: RecordedEntry): boolean {
  return intended !== null && !neverHeld.has(target) && !undone.has(target);
}

/** Oldest first; the name settles a tie, so that two cuts never each wait for the other. */
function byAge(left: CutItem, right: CutItem): number {
  return left.since.localeCompare(right.since) || nameOf(left.entry).localeCompare(nameOf(right.entry));
}
