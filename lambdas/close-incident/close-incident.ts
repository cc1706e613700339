import * as z from 'zod/mini';
import { sha256Hex, toCanonicalJson } from '../shared/canonical-json.ts';
import type { AuditItem } from '../shared/clients/audit-item.ts';
import { auditKeys, readAttempt } from '../shared/clients/audit-keys.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import type { ClosingOutcome, ClosingRequest } from '../shared/contracts/closing.ts';
import type { Severity } from '../shared/contracts/outcome-event.ts';
import { putClosing, putSealedApart } from '../shared/put-closing.ts';
import { refuseDeepNesting } from '../shared/signals/normalise-keys.ts';
import { decideOutcome, type Verdict } from './decide-outcome.ts';
import { measureLatency, type Latency } from './measure-latency.ts';

export interface ClosingTools {
  readonly audit: Pick<AuditTable, 'findIncidentOf' | 'readIncident' | 'putInIncident' | 'putApart' | 'pointFrom'>;
  readonly bus: Pick<OutcomeBus, 'publish'>;
  readonly now: () => string;
  /** Keeps a copy of the seal outside the table, also where the bus does not take the outcome. Default: nobody is told. */
  readonly log?: (message: string, content: Readonly<Record<string, string | null>>) => void;
}

/** What the state machine answers, and what the published event says. */
export interface ClosingResult {
  readonly incidentId: string | null;
  readonly outcome: ClosingOutcome;
  readonly isFailure: boolean;
  readonly summary: string;
  readonly latency: Latency;
  /** Of the closing entry; null where there is none, as for a repeat. */
  readonly seal: string | null;
}

/** Of a recorded assessment, what the pointers need. */
const OpenedSchema = z.object({ cohorts: z.array(z.object({ servers: z.array(z.string()) })) });

/** Kept of an event that could not be worked off; EventBridge carries at most 256 KB, one entry with all else in it. */
const keptInTable = 300_000;
const keptInEvent = 180_000;

/**
 * Seals the incident and tells the bus: first written, then published, so that nobody hears of what is not on record.
 * Safe to run twice: entries are put once, and a second event carries the same identity.
 */
export async function closeIncident(request: ClosingRequest, tools: ClosingTools): Promise<ClosingResult> {
  const verdict = decideOutcome(request);
  const incidentId = request.assessment?.incident?.id ?? (await tools.audit.findIncidentOf(request.executionId));
  const latency = measureLatency(request);
  const seal = await record(request, verdict, latency, incidentId, tools);
  tools.log?.('Closed', { outcome: verdict.outcome, seal });
  const result = { incidentId, ...verdict, latency, seal };
  await tools.bus.publish(verdict.isFailure ? 'Incident failed' : 'Incident closed', toDetail(request, result));
  return result;
}

async function record(
  request: ClosingRequest,
  { outcome, summary }: Verdict,
  latency: Latency,
  incidentId: string | null,
  { audit, now }: ClosingTools,
): Promise<string | null> {
  const { executionId, receivedAt, failure, steps, event, cohortId } = request;
  const at = now();
  const content = { outcome, summary, executionId, receivedAt, at };
  if (incidentId === null) return recordApart(request, content, audit);
  if (outcome === 'repeated' || outcome === 'ignored') {
    await audit.putInIncident(incidentId, auditKeys.repeated(executionId), content);
    return null;
  }
  const items = await audit.readIncident(incidentId);
  const attempt = findAttempt(items, executionId);
  await pointFromServers(items, incidentId, audit);
  // Closed apart: its incident was closed when the question was asked.
  if (cohortId !== null && failure === null) {
    const sk = auditKeys.closedCohort(cohortId);
    return putClosing(audit, { incidentId, sk, content: { ...content, steps, latency }, items });
  }
  if (failure !== null) {
    const sk = attempt === null ? auditKeys.failedExecution(executionId) : auditKeys.failed(attempt);
    const kept = { ...content, failure, steps, event: keep(event, keptInTable) };
    return putClosing(audit, { incidentId, sk, content: kept, items });
  }
  const sk = attempt === null ? auditKeys.closedExecution(executionId) : auditKeys.closed(attempt);
  return putClosing(audit, { incidentId, sk, content: { ...content, steps, latency }, items });
}

/** What belongs to no incident: an event that was no signal, or one that could not be understood. */
async function recordApart(
  { executionId, failure, event }: ClosingRequest,
  content: Readonly<Record<string, unknown>>,
  audit: ClosingTools['audit'],
): Promise<string | null> {
  if (failure === null) {
    const ignored = auditKeys.rejected(sha256Hex(executionId));
    return putSealedApart(audit, ignored, auditKeys.ignoredExecution(executionId), content);
  }
  const pk = auditKeys.rejected(sha256Hex(toText(event, toCanonicalJson)));
  const kept = { ...content, failure, event: keep(event, keptInTable) };
  return putSealedApart(audit, pk, auditKeys.failedExecution(executionId), kept);
}

/** Not before the cut, which has no time for it: until then the servers are known by what is cut. */
async function pointFromServers(
  items: readonly AuditItem[],
  incidentId: string,
  audit: ClosingTools['audit'],
): Promise<void> {
  const openings = items.filter(({ sk }) => sk.startsWith('opened#'));
  const cohorts = openings.flatMap(({ assessment }) => z.safeParse(OpenedSchema, assessment).data?.cohorts ?? []);
  const servers = new Set(cohorts.flatMap((cohort) => cohort.servers));
  await audit.pointFrom([...servers], incidentId, String(openings[0]?.['openedAt']));
}

/** The attempt this execution opened; null when it opened none. */
function findAttempt(items: readonly AuditItem[], executionId: string): number | null {
  const own = items.find((item) => item.sk.startsWith('opened#') && item['executionId'] === executionId);
  return own === undefined ? null : readAttempt(own.sk);
}

/** What subscribers get: enough to act on, the rest stands in the table. */
function toDetail(request: ClosingRequest, result: ClosingResult): Record<string, unknown> {
  const { assessment, failure, steps, executionId, receivedAt, event } = request;
  const signal = assessment?.incident?.signal;
  return {
    ...result,
    ...describeUrgency(request, result),
    executionId,
    receivedAt,
    kind: signal?.kind ?? null,
    name: signal?.name ?? null,
    servers: signal?.servers.length ?? 0,
    // The full steps stand in the table; a fleet's remarks would not fit into an event.
    steps: steps
      .flat()
      .slice(0, 100)
      .map(({ action, cohortId, status, summary }) => ({
        action,
        cohortId,
        status,
        summary: summary.slice(0, 300),
      })),
    failure,
    // Someone plays it again from the dead letter, so a failure carries its event.
    event: failure === null ? null : keep(event, keptInEvent),
  };
}

/** What a pager wants: how urgent it is, in one line. */
function describeUrgency({ assessment }: ClosingRequest, { isFailure, outcome, incidentId }: ClosingResult) {
  const concernsLifeline = (assessment?.cohorts ?? []).some(({ answers }) => answers.lifeline);
  const severity: Severity = concernsLifeline ? 'lifeline' : isFailure ? 'failure' : 'notice';
  const subject = `${concernsLifeline ? 'LIFELINE: ' : ''}${outcome}, ${incidentId ?? 'no incident'}`;
  return { severity, subject };
}

/** Whoever nests an event deeper than a stack holds is recorded too, without the event. */
function toText(event: unknown, write: (value: unknown) => string): string {
  try {
    refuseDeepNesting(event);
    return write(event ?? null);
  } catch {
    return '"An event nested too deeply to be kept"';
  }
}

/** The whole event where it fits, else its beginning, marked as cut off. */
function keep(event: unknown, bytes: number): unknown {
  const text = toText(event, JSON.stringify);
  return Buffer.byteLength(text) <= bytes ? JSON.parse(text) : { cutOffAtBytes: bytes, text: text.slice(0, bytes / 2) };
}
