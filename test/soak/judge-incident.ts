import { readAttempt } from '../../lambdas/shared/clients/audit-keys.ts';
import { readText } from '../../lambdas/shared/record.ts';

/** How an incident stands in the table in the end. */
export interface End {
  readonly id: string;
  /** Of the attempt that was closed last; `lost` where there is none. */
  readonly outcome: string;
  /** Every opening has an end of its own, and the last one is closed. */
  readonly isClosed: boolean;
  readonly isDoubled: boolean;
  /** Attempts that failed and were taken up by a later one that is closed. */
  readonly takenUp: number;
  readonly words: string;
}

type Item = Readonly<Record<string, unknown> & { sk: string }>;

/** After these nothing was left to do: a further attempt is a second one at what is done. */
const openOutcomes: ReadonlySet<unknown> = new Set(['failed', 'partly-contained', 'declined', 'refused', 'planned']);

/**
 * Holds an incident against what must be true: an attempt is opened once, only where the one before it left something
 * to do, and each ends by its own record. What failed has ended, but the incident has not until a later attempt is closed.
 */
export function judgeIncident(id: string, items: readonly Item[]): End {
  const opened = listAttempts(items, 'opened');
  const [closed, failed] = [listAttempts(items, 'closed'), listAttempts(items, 'failed')];
  const distinct = [...new Set(opened)];
  const lastClosed = closed.at(-1) ?? 0;
  const last = items.findLast(({ sk, outcome }) => sk.startsWith('closed#') && readText(outcome) !== undefined);
  return {
    id,
    outcome: (lastClosed === 0 ? undefined : readText(last?.['outcome'])) ?? 'lost',
    isClosed:
      opened.length > 0 &&
      distinct.every((attempt) => closed.includes(attempt) || failed.includes(attempt)) &&
      // An end of what nobody opened belongs to an opening that is gone.
      [...closed, ...failed].every((attempt) => opened.includes(attempt)) &&
      closed.includes(Math.max(...opened)),
    isDoubled:
      distinct.length !== opened.length ||
      opened.some((attempt) => attempt > 1 && !leftSomething(items, attempt - 1, failed)),
    takenUp: distinct.filter((attempt) => !closed.includes(attempt) && failed.includes(attempt) && attempt < lastClosed)
      .length,
    words: items.map(({ sk }) => sk).join(', '),
  };
}

/** By number, lowest first; what ended without an attempt of its own, or for one cohort, is none. */
function listAttempts(items: readonly Item[], kind: string): number[] {
  return items
    .flatMap(({ sk }) => (sk.startsWith(`${kind}#`) ? (readAttempt(sk) ?? []) : []))
    .sort((left, right) => left - right);
}

/** What failed, or was not cut in full, is taken up again by the next delivery of the same event. */
function leftSomething(items: readonly Item[], attempt: number, failed: readonly number[]): boolean {
  if (failed.includes(attempt)) return true;
  const closed = items.find(({ sk }) => sk.startsWith('closed#') && readAttempt(sk) === attempt);
  if (openOutcomes.has(closed?.['outcome'])) return true;
  // Whoever waited for a person has an answer once the cohort was closed apart.
  return (
    closed?.['outcome'] === 'awaiting-approval' &&
    items.some(({ sk, outcome }) => /^closed#c\d+$/.test(sk) && openOutcomes.has(outcome))
  );
}
