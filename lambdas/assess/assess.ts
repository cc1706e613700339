import type { AlarmDescription } from '../shared/clients/describe-alarms.ts';
import type { AuditItem } from '../shared/clients/audit-item.ts';
import { auditKeys } from '../shared/clients/audit-keys.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { Budget } from '../shared/clients/budget.ts';
import { foreseeOpening, type Opening, type OpeningRequest } from '../shared/clients/open-incident.ts';
import type { AssessRequest } from '../shared/contracts/assessing.ts';
import type { Assessment, Incident } from '../shared/contracts/incident.ts';
import type { Signal } from '../shared/contracts/signal.ts';
import { isSameJson } from '../shared/canonical-json.ts';
import { toIncidentId } from '../shared/incident-id.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import type { ServerDescription } from '../shared/policy/server-facts.ts';
import { settleAll } from '../shared/settle-all.ts';
import { parseEvent } from '../shared/signals/parse-event.ts';
import { answerSignal, isOwnAccount } from '../shared/answers/answer-signal.ts';
import { applyMeanings } from '../shared/answers/apply-meanings.ts';
import { isCutAtOnce } from '../shared/answers/would-be-cut.ts';
import { addChildServers } from './child-alarms.ts';
import { applyReservation, nothingReserved, reserve, type Reservation } from './reserve.ts';

/** What `assess` works with: facts about where it runs, and one function for each thing outside. */
export interface AssessTools {
  readonly policy: Policy;
  readonly accountId: string;
  readonly region: string;
  describeServers(ids: readonly string[]): Promise<readonly ServerDescription[]>;
  /** Service tags by server; asked only where the policy sets a budget for services. */
  describeServices(): Promise<ReadonlyMap<string, string>>;
  describeAlarms(names: readonly string[]): Promise<readonly AlarmDescription[]>;
  readonly audit: Pick<AuditTable, 'openIncident' | 'readIncident' | 'putInIncident'>;
  readonly budget: Pick<Budget, 'take' | 'count'>;
  now(): Date;
}

/**
 * Turns an event into answers and cohorts, reserves room for what would be cut and opens the incident. One read and one
 * write depth; a composite alarm costs one more read, a budget without room for all some more writes. May run twice: a
 * retry goes on with what was recorded, another execution is told of the repeat.
 */
export async function assess(request: AssessRequest, tools: AssessTools): Promise<Assessment> {
  const { receivedAt, executionId } = request;
  const parsed = parseEvent(request.event, { ...tools, receivedAt });
  if (parsed.kind === 'ignored') {
    return { outcome: 'ignored', reason: `${parsed.reason}: "${parsed.name}"`, incident: null, cohorts: [] };
  }
  const meant = applyMeanings(parsed.signal, tools.policy);
  const { signal, doubts } = await addChildServers(meant, tools);
  const incident: Incident = { id: toIncidentId(signal), signal, receivedAt, executionId };
  const [descriptions, tagged, known] = await Promise.all([
    readServers(signal, tools),
    readServices(tools),
    readKnown(incident, tools),
  ]);
  const cohorts = answerSignal(signal, { ...tools, descriptions, doubts, receivedAt });
  const assessment: Assessment = { outcome: 'incident', reason: describeSignal(signal), incident, cohorts };
  return open({ incident, assessment, tagged, known }, tools);
}

function describeSignal({ kind, source, name, breakGlass, requestedBy, reason }: Signal): string {
  const broken = breakGlass === true ? `; break-glass by "${requestedBy}": ${reason}` : '';
  return `${kind} by ${source}: "${name}"${broken}`;
}

/** Servers of other accounts are not asked about: EC2 would answer for our own ones only. */
async function readServers(signal: Signal, tools: AssessTools): Promise<readonly ServerDescription[]> {
  const mayAsk = signal.servers.length > 0 && isOwnAccount(signal, tools.accountId);
  return mayAsk ? tools.describeServers(signal.servers) : [];
}

/** Null where they are not asked for, or cannot be read: then no service has a known size, and a person is asked. */
async function readServices(tools: AssessTools): Promise<ReadonlyMap<string, string> | null> {
  if (tools.policy.budgets.servicePercent === undefined) return null;
  return tools.describeServices().catch(() => null);
}

/**
 * What is on record of the incident, so that a repeat with nothing to do takes no room. Empty where that cannot be read:
 * the opening will tell, and room that was taken for nothing is the smaller harm.
 */
async function readKnown({ id }: Incident, tools: AssessTools): Promise<readonly AuditItem[]> {
  return tools.audit.readIncident(id).catch(() => []);
}

/** An assessment on its way into the table. */
interface Answered {
  readonly incident: Incident;
  readonly assessment: Assessment;
  readonly tagged: ReadonlyMap<string, string> | null;
  readonly known: readonly AuditItem[];
}

async function open(answered: Answered, tools: AssessTools): Promise<Assessment> {
  const { incident, assessment, known } = answered;
  const request = { incident, assessment, now: tools.now().toISOString(), approvals: tools.policy.approvals };
  const [opening, reservation] = await settleAll([
    tools.audit.openIncident(request),
    reserveFor(() => foreseeOpening(known, request), answered, tools),
  ]);
  // What the table recorded counts, not what was just answered: entries of an earlier try hang on its cohorts.
  if (opening.kind !== 'repeated') return keepBudget(request, opening, reservation, answered, tools);
  return { outcome: 'repeated', reason: opening.reason, incident, cohorts: [] };
}

/** `foresee` is called in here, so that its trouble ends like that of the opening beside it. */
async function reserveFor(
  foresee: () => Opening,
  { incident, tagged }: Answered,
  tools: AssessTools,
): Promise<Reservation> {
  const opening = foresee();
  const isDone = opening.kind === 'repeated' || (opening.kind === 'resumed' && opening.isReserved);
  return isDone ? nothingReserved : reserve(incident, opening.assessment.cohorts, { ...tools, tagged });
}

/** The recorded assessment under the budget; where the budget changed it, that is on record before anyone acts on it. */
async function keepBudget(
  request: OpeningRequest,
  opening: Exclude<Opening, { kind: 'repeated' }>,
  foreseen: Reservation,
  answered: Answered,
  tools: AssessTools,
): Promise<Assessment> {
  const { attempt, assessment } = opening;
  // Else what opened is not what was foreseen: somebody closed or failed the incident in between.
  const cutting = assessment.cohorts.filter(isCutAtOnce).flatMap(({ servers }) => servers);
  const reservation = cutting.every((server) => foreseen.servers.has(server))
    ? foreseen
    : await reserveFor(() => opening, answered, tools);
  const kept = applyReservation(assessment, reservation, tools.policy);
  if (isSameJson(kept, assessment)) return assessment;
  const { id, executionId } = request.incident;
  const entry = { at: tools.now().toISOString(), executionId, assessment: kept };
  if ((await tools.audit.putInIncident(id, auditKeys.reserved(attempt), entry)) === 'written') return kept;
  // Another try of ours was faster: what it recorded counts.
  const again = await tools.audit.openIncident(request);
  return again.kind === 'repeated' ? kept : again.assessment;
}
