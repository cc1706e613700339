import { isRecord } from '../record.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys, readAttempt } from './audit-keys.ts';
import { deadAfterMs, readQuestions, readSteps, type AskedQuestion } from './read-questions.ts';

/** The latest attempt at an incident and what is on record about its opening. */
export interface LatestAttempt {
  readonly attempt: number;
  readonly item: AuditItem;
}

/** What a repeat of the event may do: nothing, act in an attempt of its own, or ask a person first in one. */
export interface RepeatDecision {
  readonly may: 'nothing' | 'act' | 'ask';
  readonly reason: string;
  /** Whom the question is about, where not about all servers; what is left is acted on. */
  readonly servers?: readonly string[];
}

/** Ends after which nothing is left to do. Every other one leaves something connected that was to be cut. */
const settledOutcomes: ReadonlySet<unknown> = new Set([
  'contained',
  'recovered',
  // A second switch could lead the service back to where it came from.
  'failed-over',
  'held-open',
  'locked',
  'observed',
  'handed-over',
]);

/** Ends of incidents that waited for a person: how their questions ended decides. */
const waitingOutcomes: ReadonlySet<unknown> = new Set(['awaiting-approval', 'partly-contained']);

/** Ends of single steps that leave the same, whatever word the incident as a whole ended with. */
const openStatuses: ReadonlySet<unknown> = new Set(['planned', 'refused', 'failed', 'partial']);

/** The latest opening, by number: as texts, 100 stands before 99. */
export function findLatest(items: readonly AuditItem[]): LatestAttempt | undefined {
  return items
    .flatMap((item) => {
      const attempt = item.sk.startsWith('opened#') ? readAttempt(item.sk) : null;
      return attempt === null ? [] : [{ attempt, item }];
    })
    .sort((left, right) => left.attempt - right.attempt)
    .at(-1);
}

/**
 * Decides by how the latest attempt ended. A finding first met in shadow mode, whose cut failed, or whose cut expired is
 * cut when it comes again; what a person put back or did not approve is never cut again without one. Pure.
 */
export function decideRepeat(items: readonly AuditItem[], latest: LatestAttempt, now: string): RepeatDecision {
  const { attempt, item } = latest;
  const failed = items.find(({ sk }) => sk === auditKeys.failed(attempt));
  const closed = items.find(({ sk }) => sk === auditKeys.closed(attempt));
  const opened = `Execution "${String(item['executionId'])}" opened it at ${String(item['openedAt'])}`;
  const isDead = Date.parse(now) - Date.parse(String(item['openedAt'])) > deadAfterMs;
  if (failed === undefined && closed === undefined && !isDead) return { may: 'nothing', reason: opened };
  const questions = readQuestions(items, latest, now);
  const open = questions.find(({ state }) => state === 'open');
  if (open !== undefined) return { may: 'nothing', reason: `A person is asked about ${open.cohortId}: ${open.words}` };
  const ended = failed === undefined ? closed : undefined;
  const settled = ended !== undefined && isSettled(ended, questions, items) ? ended : undefined;
  const restoredAt = findLastRestore(items);
  if (restoredAt !== undefined && !isAfter(settled?.['at'], restoredAt)) {
    const reason = `A person restored this incident at ${restoredAt}; cutting again is theirs to decide`;
    return { may: 'ask', reason };
  }
  const refused = questions.filter(({ state }) => state === 'refused');
  if (refused.length > 0) return askAgain(refused);
  if (settled === undefined) return { may: 'act', reason: `${opened}, but left something to do` };
  const expiredAt = findExpired(items, settled);
  if (expiredAt !== undefined) return { may: 'act', reason: `${opened}, and its cut expired at ${expiredAt}` };
  return { may: 'nothing', reason: `${opened} and closed it as ${String(settled['outcome'])}` };
}

/** A no holds for its own servers; what was not asked about goes on without. */
function askAgain(refused: readonly AskedQuestion[]): RepeatDecision {
  const reason = refused.map(({ cohortId, words }) => `The cut of ${cohortId} was not approved: ${words}`).join('; ');
  const known = refused.flatMap(({ servers }) => servers ?? []);
  return refused.some(({ servers }) => servers === null)
    ? { may: 'ask', reason }
    : { may: 'ask', reason, servers: known };
}

/** By the steps too: a hand-over beside a cut that was only planned makes the incident handed over. */
function isSettled(closed: AuditItem, questions: readonly AskedQuestion[], items: readonly AuditItem[]): boolean {
  const { outcome } = closed;
  if (!settledOutcomes.has(outcome) && !(questions.length > 0 && waitingOutcomes.has(outcome))) return false;
  if (readSteps(closed).some(({ status }) => openStatuses.has(status))) return false;
  return questions.every(({ cohortId }) => {
    const apart = items.find(({ sk }) => sk === auditKeys.closedCohort(cohortId));
    return apart !== undefined && isSettled(apart, [], items);
  });
}

/** Undefined where no person restored anything of the incident. An incomplete restore counts: somebody wanted it. */
function findLastRestore(items: readonly AuditItem[]): string | undefined {
  return items
    .filter((item) => item.sk.startsWith('restored#') && !isAutomatic(item))
    .map(({ at }) => String(at))
    .sort()
    .at(-1);
}

/** True where the fuse itself undid a cut, because it expired or its cause was mended: no person said no to it. */
function isAutomatic({ request }: AuditItem): boolean {
  return isRecord(request) && (request['automatic'] === true || request['expired'] === true);
}

/** When a cut was undone by itself after its cohort had been closed. */
function findExpired(items: readonly AuditItem[], closed: AuditItem): string | undefined {
  const closedAt = (cohortId: unknown) =>
    String((items.find(({ sk }) => sk === auditKeys.closedCohort(String(cohortId))) ?? closed)['at']);
  const expired = items.find(
    (item) =>
      item.sk.startsWith('restored#') &&
      isAutomatic(item) &&
      readUndone(item).some((cohortId) => isAfter(item['at'], closedAt(cohortId))),
  );
  return expired === undefined ? undefined : String(expired['at']);
}

/** The cohorts of this incident of which a restore put something back. */
function readUndone({ pk, results }: AuditItem): unknown[] {
  const all: readonly unknown[] = Array.isArray(results) ? results : [];
  return all.flatMap((result) => {
    if (!isRecord(result) || !isRecord(result['entry']) || !undoneStatuses.has(result['status'])) return [];
    const { incidentId, cohortId } = result['entry'];
    return pk === auditKeys.incident(String(incidentId)) ? [cohortId] : [];
  });
}

const undoneStatuses: ReadonlySet<unknown> = new Set(['undone', 'already-undone']);

/** False where either time is not known: then a person is asked once more, rather than not at all. */
function isAfter(time: unknown, other: string): boolean {
  return Date.parse(String(time)) > Date.parse(other);
}
