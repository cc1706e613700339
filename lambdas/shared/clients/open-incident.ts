import * as z from 'zod/mini';
import { AssessmentSchema, type Assessment, type Incident } from '../contracts/incident.ts';
import { LookupFailedError } from '../errors.ts';
import { settleAll } from '../settle-all.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys, readAttempt } from './audit-keys.ts';
import type { AuditStore } from './audit-store.ts';
import { decideRepeat, findLatest } from './decide-repeat.ts';
import { withdrawCuts } from './withdraw-cuts.ts';

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

/** Cohorts of later attempts get ids of their own (`c1` → `c1001`), so that no entry of an earlier attempt is met. */
const cohortsPerAttempt = 1000;

/** Opens an incident: one write depth when it is new, one read and one write more when it was seen before. */
export async function openIncident(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const [first] = await settleAll([putOpened(store, request, 1), putPointers(store, request)]);
  if (first !== null) return first;
  return reopen(store, request);
}

/** The incident was opened before: by us, or by another execution whose end decides what a repeat may do. */
async function reopen(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const items = await store.query(auditKeys.incident(request.incident.id));
  const own = items.find((item) => isOpening(item) && item['executionId'] === request.incident.executionId);
  if (own !== undefined) return { kind: 'resumed', attempt: attemptOf(own), assessment: readAssessment(own) };
  const latest = findLatest(items);
  if (latest === undefined)
    throw new LookupFailedError(`Incident "${request.incident.id}" not read: its opening is gone`);
  const { may, reason } = decideRepeat(items, latest, request.now);
  if (may === 'nothing') return { kind: 'repeated', reason };
  const assessment = may === 'act' ? request.assessment : withdrawCuts(request.assessment, reason);
  const opened = await putOpened(store, { ...request, assessment }, latest.attempt + 1);
  return opened ?? { kind: 'repeated', reason: 'Another execution took it up just now' };
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
  await settleAll(partitions.map((pk) => store.overwrite({ pk, sk, incidentId: incident.id, openedAt: now })));
}

/** Also keeps later cuts of the same incident apart from earlier ones in the list of what is cut. */
function numberCohorts(assessment: Assessment, attempt: number): Assessment {
  if (attempt === 1) return assessment;
  const offset = (attempt - 1) * cohortsPerAttempt;
  const cohorts = assessment.cohorts.map((cohort) => ({ ...cohort, id: `c${Number(cohort.id.slice(1)) + offset}` }));
  return { ...assessment, cohorts };
}

function isOpening({ sk }: AuditItem): boolean {
  return sk.startsWith('opened#');
}

function attemptOf(item: AuditItem): number {
  return readAttempt(item.sk) ?? 1;
}

function readAssessment(item: AuditItem): Assessment {
  const parsed = z.safeParse(AssessmentSchema, item['assessment']);
  if (parsed.success) return parsed.data;
  throw new LookupFailedError(`Opening "${item.pk} ${item.sk}" not read: its assessment is malformed`);
}
