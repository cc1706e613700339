import type { AlarmDescription } from '../shared/clients/describe-alarms.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { AssessRequest } from '../shared/contracts/assessing.ts';
import type { Assessment, Incident } from '../shared/contracts/incident.ts';
import type { Signal } from '../shared/contracts/signal.ts';
import { toIncidentId } from '../shared/incident-id.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import type { ServerDescription } from '../shared/policy/server-facts.ts';
import { parseEvent } from '../shared/signals/parse-event.ts';
import { answerSignal, isOwnAccount } from '../shared/answers/answer-signal.ts';
import { applyMeanings } from '../shared/answers/apply-meanings.ts';
import { addChildServers } from './child-alarms.ts';

/** What `assess` works with: facts about where it runs, and one function for each thing outside. */
export interface AssessTools {
  readonly policy: Policy;
  readonly accountId: string;
  readonly region: string;
  describeServers(ids: readonly string[]): Promise<readonly ServerDescription[]>;
  describeAlarms(names: readonly string[]): Promise<readonly AlarmDescription[]>;
  readonly audit: Pick<AuditTable, 'openIncident'>;
  now(): Date;
}

/**
 * Turns an event into answers and cohorts and opens the incident. One read and one write depth; a composite alarm
 * costs one more read. May run twice: a retry goes on with what was recorded, another execution is told of the repeat.
 */
export async function assess(request: AssessRequest, tools: AssessTools): Promise<Assessment> {
  const { receivedAt, executionId } = request;
  const parsed = parseEvent(request.event, { ...tools, receivedAt });
  if (parsed.kind === 'ignored') {
    return { outcome: 'ignored', reason: `${parsed.reason}: "${parsed.name}"`, incident: null, cohorts: [] };
  }
  const meant = applyMeanings(parsed.signal, tools.policy);
  const { signal, doubts } = await addChildServers(meant, tools);
  const descriptions = await readServers(signal, tools);
  const incident: Incident = { id: toIncidentId(signal), signal, receivedAt, executionId };
  const cohorts = answerSignal(signal, { ...tools, descriptions, doubts });
  const reason = `${signal.kind} by ${signal.source}: "${signal.name}"`;
  return open(incident, { outcome: 'incident', reason, incident, cohorts }, tools);
}

/** Servers of other accounts are not asked about: EC2 would answer for our own ones only. */
async function readServers(signal: Signal, tools: AssessTools): Promise<readonly ServerDescription[]> {
  const mayAsk = signal.servers.length > 0 && isOwnAccount(signal, tools.accountId);
  return mayAsk ? tools.describeServers(signal.servers) : [];
}

async function open(incident: Incident, assessment: Assessment, tools: AssessTools): Promise<Assessment> {
  const opening = await tools.audit.openIncident({ incident, assessment, now: tools.now().toISOString() });
  // What the table recorded counts, not what was just answered: entries of an earlier try hang on its cohorts.
  if (opening.kind !== 'repeated') return opening.assessment;
  return { outcome: 'repeated', reason: opening.reason, incident, cohorts: [] };
}
