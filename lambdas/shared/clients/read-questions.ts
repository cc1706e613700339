import * as z from 'zod/mini';
import { CohortSchema, type Cohort } from '../contracts/incident.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys } from './audit-keys.ts';

/** A question to a person about one cohort of an attempt, and how it stands. */
export interface AskedQuestion {
  readonly cohortId: string;
  /** The servers it is about; null where that is not on record. */
  readonly servers: readonly string[] | null;
  /** `open` may still be answered, or is being worked off; `refused` ended without a yes. */
  readonly state: 'open' | 'approved' | 'refused';
  /** How it ended, or until when it may be answered. */
  readonly words: string;
}

/** An execution that neither closed nor failed for this long is dead: none that answers a signal runs longer than 900 s. */
export const deadAfterMs = 1_200_000;

/** The longest time a policy may give a person; counts where nothing else is on record. */
const longestWaitMs = 86_400_000;

/** Cohorts of later attempts get ids of their own (`c1` → `c1001`), so that no entry of an earlier attempt is met. */
export const cohortsPerAttempt = 1000;

/** Every question of an attempt: those its closing names, and those on record though it never closed. Pure. */
export function readQuestions(
  items: readonly AuditItem[],
  opening: { readonly attempt: number; readonly item: AuditItem },
  now: string,
): AskedQuestion[] {
  const recorded = readCohorts(items, opening);
  const asked = items.flatMap(({ sk }) => (sk.startsWith('asked#') ? [sk.slice('asked#'.length)] : []));
  const ids = new Set([...listAskedSteps(items, opening.attempt), ...asked]);
  return [...ids]
    .filter((id) => attemptOf(id) === opening.attempt)
    .map((id) => readQuestion(items, id, recorded.get(id), String(opening.item['openedAt']), now));
}

function readQuestion(
  items: readonly AuditItem[],
  cohortId: string,
  cohort: Cohort | undefined,
  openedAt: string,
  now: string,
): AskedQuestion {
  const asked = items.find(({ sk }) => sk === auditKeys.asked(cohortId));
  const closing = items.find(({ sk }) => sk === auditKeys.closedCohort(cohortId));
  const failed = items.find(
    ({ sk, executionId }) => sk.startsWith('failed#') && asked !== undefined && executionId === asked['executionId'],
  );
  const servers = cohort?.servers ?? readServers(asked);
  const end = closing ?? failed;
  if (end !== undefined) {
    const approved = closing !== undefined && readSteps(closing).some(({ status }) => status === 'approved');
    const words = approved ? 'approved' : `${readEnd(closing)} at ${String(end['at'])}`;
    return { cohortId, servers, state: approved ? 'approved' : 'refused', words };
  }
  const waitMs = cohort?.approval == null ? longestWaitMs : cohort.approval.timeoutSeconds * 1000;
  const until = asked === undefined ? Number.NaN : Date.parse(String(asked['until']));
  const untilMs = Number.isNaN(until) ? Date.parse(openedAt) + waitMs : until;
  // A yes in the last second is still being worked off after it.
  const isOpen = Date.parse(now) - untilMs <= deadAfterMs;
  const words = isOpen ? `may be answered until ${new Date(untilMs).toISOString()}` : 'never answered';
  return { cohortId, servers, state: isOpen ? 'open' : 'refused', words };
}

/** `declined`, `unanswered` or `failed`, as the step has it. */
function readEnd(closing: AuditItem | undefined): string {
  const step = closing === undefined ? undefined : readSteps(closing).find(({ action }) => action === 'ask-person');
  return typeof step?.['status'] === 'string' ? step['status'] : 'failed';
}

/** What a closing says of each step. */
export function readSteps({ steps }: AuditItem): readonly Readonly<Record<string, unknown>>[] {
  return (Array.isArray(steps) ? steps.flat() : []) as readonly Readonly<Record<string, unknown>>[];
}

function listAskedSteps(items: readonly AuditItem[], attempt: number): string[] {
  const closed = items.find(({ sk }) => sk === auditKeys.closed(attempt));
  const steps = closed === undefined ? [] : readSteps(closed);
  return steps.flatMap(({ status, cohortId }) => (status === 'asked' ? [String(cohortId)] : []));
}

/** The attempt's cohorts as they were acted on: under the budget where that changed them, else as opened. */
function readCohorts(
  items: readonly AuditItem[],
  { attempt, item }: { readonly attempt: number; readonly item: AuditItem },
): Map<string, Cohort> {
  const acted = items.find(({ sk }) => sk === auditKeys.reserved(attempt)) ?? item;
  const parsed = z.safeParse(z.object({ cohorts: z.array(CohortSchema) }), acted['assessment']);
  return new Map((parsed.success ? parsed.data.cohorts : []).map((cohort) => [cohort.id, cohort]));
}

function readServers(asked: AuditItem | undefined): readonly string[] | null {
  const servers = asked?.['servers'];
  return Array.isArray(servers) ? servers.map(String) : null;
}

function attemptOf(cohortId: string): number {
  return Math.floor((Number(cohortId.slice(1)) - 1) / cohortsPerAttempt) + 1;
}
