import * as z from 'zod/mini';
import { sha256Hex, toCanonicalJson } from '../shared/canonical-json.ts';
import { auditKeys } from '../shared/clients/audit-keys.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import {
  RestoreRequestSchema,
  UndoResultSchema,
  type EntryKey,
  type UndoResult,
} from '../shared/contracts/restoring.ts';
import { putClosing, putSealedApart } from '../shared/put-closing.ts';
import { nameOf } from './find-holders.ts';

export interface RestoreClosing {
  readonly request: unknown;
  readonly results: readonly unknown[];
  readonly failure: { readonly error: string; readonly cause: string } | null;
  readonly executionId: string;
}

export interface CloseRestoreTools {
  readonly audit: Pick<AuditTable, 'readIncident' | 'putInIncident' | 'putApart'>;
  readonly bus: Pick<OutcomeBus, 'publish'>;
  readonly now: () => string;
  /** Keeps copies of the seals outside the table. Default: nobody is told. */
  readonly log?: (message: string, content: Readonly<Record<string, unknown>>) => void;
}

/**
 * What the state machine answers. `still-cut` did all it could, yet an earlier incident keeps something cut; it and
 * `incomplete` make the execution red.
 */
export interface RestoreResult {
  readonly outcome: 'restored' | 'nothing-to-restore' | 'still-cut' | 'incomplete';
  readonly summary: string;
  readonly results: readonly UndoResult[];
}

/** `irreversible` says so and is no failure: nobody can do better. */
const complete = new Set(['undone', 'already-undone', 'irreversible']);

/** Records how a restore ended in every incident it touched, seals them anew and tells the bus. */
export async function closeRestore(closing: RestoreClosing, tools: CloseRestoreTools): Promise<RestoreResult> {
  const results = closing.results.flatMap((result) => {
    const parsed = z.safeParse(UndoResultSchema, result);
    return parsed.success ? [parsed.data] : [];
  });
  const outcome = decide(closing, results);
  const summary = summarise(closing, results);
  // The clock asks every few minutes; that nothing was due is no news.
  if (outcome === 'nothing-to-restore' && isByClock(closing.request)) return { outcome, summary, results };
  const seals = await record(closing, { outcome, summary, results }, tools);
  tools.log?.('Restore closed', { outcome, seals });
  const { request, failure, executionId } = closing;
  await tools.bus.publish('Restore closed', { outcome, summary, results, request, failure, executionId, seals });
  return { outcome, summary, results };
}

function isByClock(request: unknown): boolean {
  const parsed = z.safeParse(RestoreRequestSchema, request);
  return parsed.success && parsed.data.expired === true;
}

function decide({ failure, results: given }: RestoreClosing, results: readonly UndoResult[]): RestoreResult['outcome'] {
  // A result that is none of ours hides how its entry ended.
  if (failure !== null || results.length < given.length) return 'incomplete';
  if (results.length === 0) return 'nothing-to-restore';
  if (!results.every(({ status }) => complete.has(status) || status === 'kept')) return 'incomplete';
  return results.every((result, index) => isPutBack(result, results.slice(index + 1))) ? 'restored' : 'still-cut';
}

/** What was left to earlier incidents is back when these were undone after it, in the same restore. */
function isPutBack({ status, keptBy = [] }: UndoResult, later: readonly UndoResult[]): boolean {
  if (status !== 'kept') return complete.has(status);
  const backOf = (holder: EntryKey) =>
    later.some((one, index) => nameOf(one.entry) === nameOf(holder) && isPutBack(one, later.slice(index + 1)));
  return keptBy.length > 0 && keptBy.every(backOf);
}

/** One line an entry, for people and for the error's cause. */
function summarise({ failure }: RestoreClosing, results: readonly UndoResult[]): string {
  if (failure !== null) return `${failure.error}: ${failure.cause}`.slice(0, 1000);
  if (results.length === 0) return 'No entry to undo';
  return results
    .map(({ entry, status, summary }) => `${entry.incidentId} ${entry.action} ${entry.cohortId} ${status}: ${summary}`)
    .join('; ')
    .slice(0, 1000);
}

/** The seal a restore put on one incident; `incidentId` is null where it touched none. */
interface RestoreSeal {
  readonly incidentId: string | null;
  readonly seal: string | null;
}

/** A restore that touched no incident is recorded apart, beside the rejected events. */
async function record(
  closing: RestoreClosing,
  result: RestoreResult,
  { audit, now }: CloseRestoreTools,
): Promise<RestoreSeal[]> {
  const { request, failure, executionId } = closing;
  const content = { ...result, request, failure, executionId, at: now() };
  const named = z.safeParse(RestoreRequestSchema, request);
  const incidents = new Set(result.results.map(({ entry }) => entry.incidentId));
  if (incidents.size === 0) {
    const subject = named.success
      ? (named.data.incidentId ?? named.data.server ?? '')
      : toCanonicalJson(request ?? null);
    const pk = auditKeys.rejected(sha256Hex(subject));
    return [{ incidentId: null, seal: await putSealedApart(audit, pk, auditKeys.restored(executionId), content) }];
  }
  const sk = auditKeys.restored(executionId);
  const seals: RestoreSeal[] = [];
  for (const incidentId of incidents) {
    const items = await audit.readIncident(incidentId);
    seals.push({ incidentId, seal: await putClosing(audit, { incidentId, sk, content, items }) });
  }
  return seals;
}
