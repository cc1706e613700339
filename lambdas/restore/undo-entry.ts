import type { Action, Change, Json, Undoing } from '../shared/actions/action.ts';
import type { AuditTable, CutItem } from '../shared/clients/audit-table.ts';
import type { EntryKey, RestoreRequest, UndoResult, UndoStatus } from '../shared/contracts/restoring.ts';
import { readRecordedEntry, settledStatuses, type RecordedEntry } from '../shared/recorded-entry.ts';
import { findHolder, nameOf } from './find-holders.ts';
import { isTouching } from './find-entries.ts';

export interface UndoTools {
  readonly audit: Pick<AuditTable, 'readSteps' | 'listCuts' | 'putStep' | 'replaceCut' | 'removeCut'>;
  /** The action of an entry, able to undo; undefined where this release has none. */
  readonly findAction: (id: EntryKey['action']) => Pick<Action, 'undo' | 'sharesTargets'> | undefined;
  readonly now: () => string;
}

/** One target's end; `refused` is ours, the action knows the others. */
interface TargetEnd {
  readonly target: string;
  readonly status: UndoStatus;
  readonly reason: string;
}

interface Undo {
  readonly key: EntryKey;
  readonly request: RestoreRequest;
  readonly recorded: RecordedEntry;
  readonly cuts: readonly CutItem[];
  readonly tools: UndoTools;
}

/**
 * How long a cut without an end may still be under way: four tries of at most 80 s and 7 s of waits between them. An
 * undo beside it would find everything as before, and the cut would come after it.
 */
const busyForMs = 330_000;

/**
 * Undoes one entry, target by target; works in every mode, for it only brings back what was. Running it twice does
 * nothing the second time.
 */
export async function undoEntry(key: EntryKey, request: RestoreRequest, tools: UndoTools): Promise<UndoResult> {
  const [steps, cuts] = await Promise.all([tools.audit.readSteps(key), tools.audit.listCuts()]);
  const recorded = readRecordedEntry(steps);
  const undo: Undo = { key, request, recorded, cuts, tools };
  const busy = findBusy(undo);
  if (busy !== null) return { entry: key, status: 'refused', summary: busy };
  if (recorded.intended?.mode !== 'armed') {
    if (findOwn(undo) !== undefined) await tools.audit.removeCut(key);
    return { entry: key, status: 'already-undone', summary: 'Nothing was changed' };
  }
  const open = recorded.intended.changes.filter(
    (change) => isTouching(change, request.server) && !recorded.undone.has(change.target),
  );
  if (open.length === 0) {
    await clearCut(undo, []);
    return { entry: key, status: 'already-undone', summary: 'Was undone before' };
  }
  const ends = await undoTargets(undo, open);
  return record(undo, ends);
}

/** A run that died before its entry stood left a cut alone; its age counts then. */
function findBusy(undo: Undo): string | null {
  const { outcome, intended } = undo.recorded;
  const startedAt = intended?.at ?? findOwn(undo)?.since;
  if (outcome !== null || startedAt === undefined) return null;
  const leftMs = busyForMs - (Date.parse(undo.tools.now()) - Date.parse(startedAt));
  return leftMs <= 0 ? null : `The cut may still be under way: try again in ${Math.ceil(leftMs / 1000)} s`;
}

/** The item of this entry among what is cut right now. */
function findOwn({ key, cuts }: Pick<Undo, 'key' | 'cuts'>): CutItem | undefined {
  return cuts.find(({ entry }) => nameOf(entry) === nameOf(key));
}

async function undoTargets(undo: Undo, open: readonly Change[]): Promise<TargetEnd[]> {
  const { key, cuts, tools, recorded } = undo;
  const action = tools.findAction(key.action);
  if (action === undefined)
    return open.map(({ target }) => ({ target, status: 'failed', reason: 'Action is unknown' }));
  const ends: TargetEnd[] = [];
  const free: Change[] = [];
  const kept: { change: Change; holder: CutItem }[] = [];
  for (const change of open.map((one) => withInherited(one, undo))) {
    const holding = action.sharesTargets ? findHolder(change, key, cuts) : { kind: 'free' as const };
    if (holding.kind === 'free') free.push(change);
    else if (holding.kind === 'above') kept.push({ change, holder: holding.cut });
    else ends.push(refuse(change, holding.incidentId));
  }
  ends.push(...(await leaveToHolders(kept, tools)));
  const undoings: readonly Undoing[] = free.length === 0 ? [] : await action.undo(free, recorded.seen);
  return [...ends, ...undoings];
}

/** A later cut, undone meanwhile, left the target as it had set it: that is what undo has to find there now. */
function withInherited(change: Change, undo: Undo): Change {
  const left = findOwn(undo)?.inherited.find(({ target }) => target === change.target);
  return left === undefined ? change : { ...change, intended: left.intended as Json };
}

function refuse({ target }: Change, incidentId: string): TargetEnd {
  const reason = `Incident "${incidentId}" cut it later and is open: restore that one first`;
  return { target, status: 'refused', reason };
}

/** Tells each earlier cut what state its targets are left in; only then this entry may count them as undone. */
async function leaveToHolders(
  kept: readonly { change: Change; holder: CutItem }[],
  { audit }: UndoTools,
): Promise<TargetEnd[]> {
  for (const held of Map.groupBy(kept, ({ holder }) => nameOf(holder.entry)).values()) {
    const [first] = held;
    if (first === undefined) continue;
    const passed = held.map(({ change: { target, before, intended } }) => ({ target, before, intended }));
    const rest = first.holder.inherited.filter(({ target }) => passed.every((one) => one.target !== target));
    await audit.replaceCut({ ...first.holder, inherited: [...rest, ...passed] });
  }
  return kept.map(({ change, holder }) => ({
    target: change.target,
    status: 'undone',
    reason: `Stays cut: incident "${holder.entry.incidentId}" cut it before and is open`,
  }));
}

/** The worst end of a target is the entry's. */
const worstFirst: readonly UndoStatus[] = ['failed', 'drifted', 'refused', 'irreversible', 'undone', 'already-undone'];

async function record(undo: Undo, ends: readonly TargetEnd[]): Promise<UndoResult> {
  const { key, request, recorded, tools } = undo;
  const status = worstFirst.find((word) => ends.some((end) => end.status === word)) ?? 'failed';
  const summary = summarise(ends);
  const { requestedBy, reason } = request;
  const content = { status, summary, undoings: ends, at: tools.now(), requestedBy, reason };
  // 4-undone, then 5-…: nothing is overwritten, and a restore running beside this one gets the next number.
  let number = 4 + recorded.undoCount;
  while ((await tools.audit.putStep(key, `${number}-${status}`, content)) === 'existing') number += 1;
  await clearCut(undo, ends);
  return { entry: key, status, summary };
}

/** Strikes what is undone from the list of what is cut; the last target takes the whole item along. */
async function clearCut(undo: Undo, ends: readonly TargetEnd[]): Promise<void> {
  const { key, recorded, tools } = undo;
  const own = findOwn(undo);
  if (own === undefined) return;
  const done = new Set(ends.filter(({ status }) => settledStatuses.has(status)).map(({ target }) => target));
  const targets = own.targets.filter(({ target }) => !done.has(target) && !recorded.undone.has(target));
  if (targets.length === 0) await tools.audit.removeCut(key);
  else if (targets.length < own.targets.length) await tools.audit.replaceCut({ ...own, targets });
}

function summarise(ends: readonly TargetEnd[]): string {
  const counts = worstFirst
    .map((word) => ({ word, count: ends.filter(({ status }) => status === word).length }))
    .filter(({ count }) => count > 0)
    .map(({ word, count }) => `${count} ${word}`);
  // The worst one's own words say most; all of them stand in the entry.
  const [worst] = [...ends].sort((left, right) => worstFirst.indexOf(left.status) - worstFirst.indexOf(right.status));
  return worst === undefined ? counts.join(', ') : `${counts.join(', ')}. ${worst.target}: ${worst.reason}`;
}
