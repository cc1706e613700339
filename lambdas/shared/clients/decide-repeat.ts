import type { AuditItem } from './audit-item.ts';
import { auditKeys, readAttempt } from './audit-keys.ts';

/** The latest attempt at an incident and what is on record about its opening. */
export interface LatestAttempt {
  readonly attempt: number;
  readonly item: AuditItem;
}

/** What a repeat of the event may do: nothing, act in an attempt of its own, or ask a person in one. */
export interface RepeatDecision {
  readonly may: 'nothing' | 'act' | 'ask';
  readonly reason: string;
}

/**
 * An execution that neither closed nor failed its incident for this long is dead (stopped or timed out): the state
 * machine ends after 900 s.
 */
const deadAfterMs = 1_200_000;

/** Ends after which nothing is left to do. Every other one leaves something connected that was to be cut. */
const settledOutcomes: ReadonlySet<unknown> = new Set(['contained', 'observed', 'handed-over']);

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
 * Decides by how the latest attempt ended. A finding first met in shadow mode, or whose cut failed, is cut when it comes
 * again; what a person put back is never cut again without one. Pure.
 */
export function decideRepeat(items: readonly AuditItem[], latest: LatestAttempt, now: string): RepeatDecision {
  const { attempt, item } = latest;
  const failed = items.find(({ sk }) => sk === auditKeys.failed(attempt));
  const closed = items.find(({ sk }) => sk === auditKeys.closed(attempt));
  const opened = `Execution "${String(item['executionId'])}" opened it at ${String(item['openedAt'])}`;
  const isDead = Date.parse(now) - Date.parse(String(item['openedAt'])) > deadAfterMs;
  if (failed === undefined && closed === undefined && !isDead) return { may: 'nothing', reason: opened };
  const settled = failed === undefined && closed !== undefined && isSettled(closed) ? closed : undefined;
  const restoredAt = findLastRestore(items);
  if (restoredAt !== undefined && !isAfter(settled?.['at'], restoredAt)) {
    const reason = `A person restored this incident at ${restoredAt}; cutting again is theirs to decide`;
    return { may: 'ask', reason };
  }
  if (settled === undefined) return { may: 'act', reason: `${opened}, but left something to do` };
  return { may: 'nothing', reason: `${opened} and closed it as ${String(settled['outcome'])}` };
}

/** By the steps too: a hand-over beside a cut that was only planned makes the incident handed over. */
function isSettled({ outcome, steps }: AuditItem): boolean {
  if (!settledOutcomes.has(outcome)) return false;
  const statuses = (Array.isArray(steps) ? steps.flat() : []) as readonly { readonly status?: unknown }[];
  return !statuses.some(({ status }) => openStatuses.has(status));
}

/** Undefined where nobody restored anything of the incident. An incomplete restore counts: somebody wanted it. */
function findLastRestore(items: readonly AuditItem[]): string | undefined {
  return items
    .filter(({ sk }) => sk.startsWith('restored#'))
    .map(({ at }) => String(at))
    .sort()
    .at(-1);
}

/** False where either time is not known: then a person is asked once more, rather than not at all. */
function isAfter(time: unknown, other: string): boolean {
  return Date.parse(String(time)) > Date.parse(other);
}
