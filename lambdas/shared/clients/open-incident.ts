import * as z from 'zod/mini';
import { AssessmentSchema, type Assessment, type Incident } from '../contracts/incident.ts';
import { LookupFailedError } from '../errors.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys, readAttempt } from './audit-keys.ts';
import type { AuditStore } from './audit-store.ts';

export interface OpeningRequest {
  readonly incident: Incident;
  /** What was answered; recorded with the incident, so that a retry goes on with the same cohorts. */
  readonly assessment: Assessment;
  /** ISO 8601 in UTC. */
  readonly now: string;
}

/**
 * `opened`: this execution is the one to act. `resumed`: it was before, go on with the recorded assessment.
 * `repeated`: another execution acts or has acted on the same incident. For the first two `assessment` is the one to
 * hand on: it may differ from the one given.
 */
export type Opening =
  | { readonly kind: 'opened' | 'resumed'; readonly attempt: number; readonly assessment: Assessment }
  | { readonly kind: 'repeated'; readonly reason: string };

/**
 * An execution that neither closed nor failed its incident for this long is dead (stopped or timed out): the state
 * machine ends after 900 s.
 */
const deadAfterMs = 1_200_000;

/** Cohorts of later attempts get ids of their own (`c1` → `c1001`), so that no entry of an earlier attempt is met. */
const cohortsPerAttempt = 1000;

/** Opens an incident: one write depth when it is new, one read and one write more when it was seen before. */
export async function openIncident(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const [first] = await Promise.all([putOpened(store, request, 1), putPointers(store, request)]);
  if (first !== null) return first;
  return reopen(store, request);
}

/** The incident was opened before: by us, by another execution, or by one that failed. */
async function reopen(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const items = await store.query(auditKeys.incident(request.incident.id));
  const opened = items.filter((item) => item.sk.startsWith('opened#'));
  const own = opened.find((item) => item['executionId'] === request.incident.executionId);
  if (own !== undefined) return { kind: 'resumed', attempt: attemptOf(own), assessment: readAssessment(own) };
  const latest = opened.at(-1);
  if (latest === undefined)
    throw new LookupFailedError(`Incident "${request.incident.id}" not read: its opening is gone`);
  const attempt = attemptOf(latest);
  if (!mayTryAgain(items, latest, request.now)) {
    return {
      kind: 'repeated',
      reason: `Execution "${String(latest['executionId'])}" opened it at ${String(latest['openedAt'])}`,
    };
  }
  return (
    (await putOpened(store, request, attempt + 1)) ?? {
      kind: 'repeated',
      reason: 'Another execution took it up just now',
    }
  );
}

/** True when the latest attempt failed, or died without a word. */
function mayTryAgain(items: readonly AuditItem[], latest: AuditItem, now: string): boolean {
  const attempt = attemptOf(latest);
  const has = (sk: string) => items.some((item) => item.sk === sk);
  if (has(auditKeys.failed(attempt))) return true;
  if (has(auditKeys.closed(attempt))) return false;
  return Date.parse(now) - Date.parse(String(latest['openedAt'])) > deadAfterMs;
}

/** Null when this attempt was opened before. */
async function putOpened(store: AuditStore, request: OpeningRequest, attempt: number): Promise<Opening | null> {
  const { incident, now } = request;
  const assessment = numberCohorts(request.assessment, attempt);
  const written = await store.put({
    pk: auditKeys.incident(incident.id),
    sk: auditKeys.opened(attempt),
    executionId: incident.executionId,
    receivedAt: incident.receivedAt,
    openedAt: now,
    signal: incident.signal,
    assessment,
    gsi1pk: auditKeys.incidents,
    gsi1sk: `${now}#${incident.id}`,
  });
  return written === 'written' ? { kind: 'opened', attempt, assessment } : null;
}

/** Pointers from each server, and from the execution: by it a failure before the answer still finds its incident. */
async function putPointers(store: AuditStore, { incident, assessment, now }: OpeningRequest): Promise<void> {
  const sk = auditKeys.incident(incident.id);
  const servers = new Set(assessment.cohorts.flatMap((cohort) => cohort.servers));
  const partitions = [auditKeys.execution(incident.executionId), ...[...servers].map(auditKeys.server)];
  await Promise.all(partitions.map((pk) => store.overwrite({ pk, sk, incidentId: incident.id, openedAt: now })));
}

/** Also keeps later cuts of the same incident apart from earlier ones in the list of what is cut. */
function numberCohorts(assessment: Assessment, attempt: number): Assessment {
  if (attempt === 1) return assessment;
  const offset = (attempt - 1) * cohortsPerAttempt;
  const cohorts = assessment.cohorts.map((cohort) => ({ ...cohort, id: `c${Number(cohort.id.slice(1)) + offset}` }));
  return { ...assessment, cohorts };
}

function attemptOf(item: AuditItem): number {
  return readAttempt(item.sk) ?? 1;
}

function readAssessment(item: AuditItem): Assessment {
  const parsed = z.safeParse(AssessmentSchema, item['assessment']);
  if (parsed.success) return parsed.data;
  throw new LookupFailedError(`Opening "${item.pk} ${item.sk}" not read: its assessment is malformed`);
}
