import * as z from 'zod/mini';
import { askFirst } from '../answers/ask-first.ts';
import { AssessmentSchema, type Assessment, type Incident } from '../contracts/incident.ts';
import { LookupFailedError } from '../errors.ts';
import { ApprovalsSchema, type Approvals } from '../policy/limit-schema.ts';
import { settleAll } from '../settle-all.ts';
import type { AuditItem } from './audit-item.ts';
import { auditKeys, readAttempt } from './audit-keys.ts';
import type { AuditStore } from './audit-store.ts';
import { decideRepeat, findLatest, type RepeatDecision } from './decide-repeat.ts';
import { cohortsPerAttempt } from './read-questions.ts';

export interface OpeningRequest {
  readonly incident: Incident;
  /** What was answered; recorded with the incident, so that a retry goes on with the same cohorts. */
  readonly assessment: Assessment;
  /** ISO 8601 in UTC. */
  readonly now: string;
  /** How long a person is waited for, where a repeat has to ask one. Default: as a policy that says nothing of it. */
  readonly approvals?: Approvals;
}

/**
 * `opened`: this execution is the one to act. `resumed`: it was before, go on with the recorded assessment.
 * `repeated`: another execution acts or has acted on the same incident. For the first two `assessment` is the one to
 * hand on: it may differ from the one given. `isReserved`: it is what came of it under the budget.
 */
export type Opening =
  | { readonly kind: 'opened'; readonly attempt: number; readonly assessment: Assessment }
  | {
      readonly kind: 'resumed';
      readonly attempt: number;
      readonly assessment: Assessment;
      readonly isReserved: boolean;
    }
  | { readonly kind: 'repeated'; readonly reason: string };

/**
 * Opens an incident: one write depth when it is new, one read and one write more when it was seen before. A write that
 * meets its own item, since the client repeated it, goes on as ours.
 */
export async function openIncident(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const [first] = await settleAll([putOpened(store, request, 1), putPointer(store, request)]);
  if (first !== null) return first;
  const next = await readOpening(store, request);
  if (next.kind !== 'opened') return next;
  const opened = await putOpened(store, { ...request, assessment: next.assessment }, next.attempt);
  if (opened !== null) return opened;
  // By another execution just now, or by our own call, whose answer was lost on its way.
  const taken = await readOpening(store, request);
  return taken.kind === 'opened' ? { kind: 'repeated', reason: 'Another execution took it up just now' } : taken;
}

async function readOpening(store: AuditStore, request: OpeningRequest): Promise<Opening> {
  const items = await store.query(auditKeys.incident(request.incident.id));
  if (items.some(isOpening)) return foreseeOpening(items, request);
  throw new LookupFailedError(`Incident "${request.incident.id}" not read: its opening is gone`);
}

/**
 * What opening the incident comes to by what is on record of it, unless another execution is faster: it is new, or was
 * opened before by us, or by another execution whose end decides what a repeat may do. Pure.
 */
export function foreseeOpening(items: readonly AuditItem[], request: OpeningRequest): Opening {
  const { incident, assessment, now } = request;
  const own = items.find((item) => isOpening(item) && item['executionId'] === incident.executionId);
  if (own !== undefined) return resume(items, own);
  const latest = findLatest(items);
  if (latest === undefined) return { kind: 'opened', attempt: 1, assessment };
  const decision = decideRepeat(items, latest, now);
  if (decision.may === 'nothing') return { kind: 'repeated', reason: decision.reason };
  return { kind: 'opened', attempt: latest.attempt + 1, assessment: askWhereTold(request, decision) };
}

function resume(items: readonly AuditItem[], own: AuditItem): Opening {
  const attempt = readAttempt(own.sk) ?? 1;
  const reserved = items.find(({ sk }) => sk === auditKeys.reserved(attempt));
  const isReserved = reserved !== undefined;
  return { kind: 'resumed', attempt, assessment: readAssessment(reserved ?? own), isReserved };
}

/** Lets a person decide what one has put back or declined before; whoever breaks the glass has decided. */
function askWhereTold({ incident, assessment, approvals }: OpeningRequest, decision: RepeatDecision): Assessment {
  if (decision.may !== 'ask') return assessment;
  const { reason, servers } = decision;
  const told = { ...assessment, reason: `${assessment.reason}; ${reason}` };
  if (incident.signal.breakGlass === true) return told;
  const reasonsOf = (server: string) => (servers === undefined || servers.includes(server) ? [reason] : []);
  return { ...told, cohorts: askFirst(assessment.cohorts, reasonsOf, approvals ?? z.parse(ApprovalsSchema, {})) };
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

/** A pointer from the execution: by it a failure before the answer still finds its incident. */
async function putPointer(store: AuditStore, { incident, now }: OpeningRequest): Promise<void> {
  const pointer = { sk: auditKeys.incident(incident.id), incidentId: incident.id, openedAt: now };
  await store.overwrite({ ...pointer, pk: auditKeys.execution(incident.executionId) });
}

/** Also keeps later cuts of the same incident apart from earlier ones in the list of what is cut. */
function numberCohorts(assessment: Assessment, attempt: number): Assessment {
  const offset = (attempt - 1) * cohortsPerAttempt;
  const cohorts = assessment.cohorts.map((cohort) => ({ ...cohort, id: `c${Number(cohort.id.slice(1)) + offset}` }));
  return { ...assessment, cohorts };
}

function isOpening({ sk }: AuditItem): boolean {
  return sk.startsWith('opened#');
}

function readAssessment(item: AuditItem): Assessment {
  const parsed = z.safeParse(AssessmentSchema, item['assessment']);
  if (parsed.success) return parsed.data;
  throw new LookupFailedError(`Opening "${item.pk} ${item.sk}" not read: its assessment is malformed`);
}
