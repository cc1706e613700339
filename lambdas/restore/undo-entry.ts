import type { Action, Change, Json, Undoing } from '../shared/actions/action.ts';
import type { AuditTable, CutItem } from '../shared/clients/audit-table.ts';
import type { EntryKey, RestoreRequest, UndoResult, UndoStatus } from '../shared/contracts/restoring.ts';
import { isRecord } from '../shared/record.ts';
import { isSameJson } from '../shared/canonical-json.ts';
import { readRecordedEntry, settledStatuses, type RecordedEntry } from '../shared/recorded-entry.ts';
import { findBusyMs, findHolder, nameOf, readOtherCuts, type Holding } from './find-holders.ts';
import { isTouching } from './find-entries.ts';

export interface UndoTools {
  readonly audit: Pick<AuditTable, 'readSteps' | 'listCuts' | 'putStep' | 'replaceCut' | 'removeCut'>;
  /** The action of an entry, able to undo; undefined where this release has none. */
  readonly findAction: (id: EntryKey['action']) => Pick<Action, 'undo' | 'sharesTargets'> | undefined;
  readonly now: () => string;
}

/** One target's end; `refused` and `kept` are ours, the action knows the others. */
interface TargetEnd {
  readonly target: string;
  readonly status: UndoStatus;
  readonly reason: string;
  readonly keptBy?: EntryKey;
}

interface Undo {
  readonly key: EntryKey;
  readonly request: RestoreRequest;
  readonly recorded: RecordedEntry;
  readonly cuts: readonly CutItem[];
  readonly tools: UndoTools;
}

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
  const asked = recorded.intended.changes.filter((change) => isTouching(change, request.server));
  const open = asked.filter(({ target }) => !recorded.undone.has(target));
  const stillKept = await findStillKept(
    undo,
    asked.filter(({ target }) => recorded.kept.has(target)),
  );
  if (open.length > 0) return record(undo, await undoTargets(undo, open), stillKept);
  await clearCut(undo, []);
  if (stillKept.length > 0) return toResult(key, stillKept);
  return { entry: key, status: 'already-undone', summary: 'Was undone before' };
}

/** A run that died before its entry stood left a cut alone; its age counts then. */
function findBusy(undo: Undo): string | null {
  const leftMs = findBusyMs(undo.recorded, findOwn(undo), undo.tools.now());
  return leftMs <= 0 ? null : `The cut may still be under way: try again in ${Math.ceil(leftMs / 1000)} s`;
}

/** Left to an earlier incident by a restore before this one, and cut by that one to this moment. */
async function findStillKept({ key, cuts, tools }: Undo, kept: readonly Change[]): Promise<TargetEnd[]> {
  const targets = kept.map(({ target }) => target);
  const others = await readOtherCuts(targets, key, cuts, tools.audit);
  return kept.flatMap(({ target }) => {
    const holding = findHolder({ target }, undefined, others, tools.now());
    return holding.kind === 'above' ? [keep(target, holding.cut)] : [];
  });
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
  const targets = open.map(({ target }) => target);
  const others = action.sharesTargets ? await readOtherCuts(targets, key, cuts, tools.audit) : [];
  for (const change of open.map((one) => withInherited(one, undo))) {
    const holding = findHolder(change, findOwn(undo), others, tools.now());
    if (holding.kind === 'free') free.push(change);
    else if (holding.kind === 'above') kept.push({ change, holder: holding.cut });
    else ends.push(refuse(change, holding));
  }
  ends.push(...(await leaveToHolders(kept, tools)));
  const undoings: readonly Undoing[] = free.length === 0 ? [] : await action.undo(free, recorded.seen);
  return [...ends, ...undoings];
}

/**
 * Another cut, undone meanwhile, left the target as it had set it: that is what undo has to find there now. Where this
 * entry's former state is the one that cut set (two clocks disagreed on the order), the true former state is that cut's.
 */
function withInherited(change: Change, undo: Undo): Change {
  const left = findOwn(undo)?.inherited.find(({ target }) => target === change.target);
  if (left === undefined) return change;
  const before = shows(change.before, left.intended) ? (left.before as Json) : change.before;
  return { ...change, before, intended: left.intended as Json };
}

/** True when a former state has all that an intended one sets; lists of groups have no order. */
function shows(before: Json, intended: unknown): boolean {
  if (!isRecord(before) || !isRecord(intended)) return false;
  const inOrder = (value: unknown) => (Array.isArray(value) ? [...value].map(String).sort() : (value ?? null));
  return Object.entries(intended).every(([name, value]) => isSameJson(inOrder(before[name]), inOrder(value)));
}

function refuse({ target }: Change, holding: Extract<Holding, { incidentId: string }>): TargetEnd {
  const reason =
    holding.kind === 'busy'
      ? `Incident "${holding.incidentId}" may be cutting it right now: try again in some minutes`
      : `Incident "${holding.incidentId}" cut it later and is open: restore that one first`;
  return { target, status: 'refused', reason };
}

function keep(target: string, { entry }: CutItem): TargetEnd {
  const reason = `Stays cut because of incident "${entry.incidentId}", which cut it before and is open`;
  return { target, status: 'kept', reason, keptBy: entry as EntryKey };
}

/** Tells each earlier cut what state its targets are left in; only then this entry may let go of them. */
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
  return kept.map(({ change, holder }) => keep(change.target, holder));
}

/** The worst end of a target is the entry's. */
const worstFirst: readonly UndoStatus[] = [
  'failed',
  'drifted',
  'refused',
  'kept',
  'irreversible',
  'undone',
  'already-undone',
];

async function record(undo: Undo, ends: readonly TargetEnd[], stillKept: readonly TargetEnd[]): Promise<UndoResult> {
  const { key, request, recorded, tools } = undo;
  const result = toResult(key, [...ends, ...stillKept]);
  const { status, summary } = result;
  const { requestedBy, reason } = request;
  const content = { status, summary, undoings: ends, at: tools.now(), requestedBy, reason };
  // 4-undone, then 5-…: nothing is overwritten, and a restore running beside this one gets the next number.
  let number = 4 + recorded.undoCount;
  while ((await tools.audit.putStep(key, `${number}-${status}`, content)) === 'existing') number += 1;
  await clearCut(undo, ends);
  return result;
}

function toResult(entry: EntryKey, ends: readonly TargetEnd[]): UndoResult {
  const status = worstFirst.find((word) => ends.some((end) => end.status === word)) ?? 'failed';
  const holders = new Map(ends.flatMap(({ keptBy }) => (keptBy === undefined ? [] : [[nameOf(keptBy), keptBy]])));
  const result = { entry, status, summary: summarise(ends) };
  return holders.size === 0 ? result : { ...result, keptBy: [...holders.values()] };
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
  return worst === undefined
    ? 'Nothing was told of its changes'
    : `${counts.join(', ')}. ${worst.target}: ${worst.reason}`;
}
