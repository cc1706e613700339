import * as z from 'zod/mini';
import { auditKeys } from '../shared/clients/audit-keys.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import type { OutcomeBus } from '../shared/clients/outcome-bus.ts';
import { AnswerSchema, type Answer, type AskRequest } from '../shared/contracts/asking.ts';
import type { AskStep } from '../shared/contracts/closing.ts';
import type { Approval, Cohort } from '../shared/contracts/incident.ts';
import { MessageInvalidError } from '../shared/errors.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { wordQuestion } from './word-question.ts';

export interface AskTools {
  readonly audit: Pick<AuditTable, 'putQuestion' | 'putInIncident'>;
  readonly bus: Pick<OutcomeBus, 'publish'>;
  readonly policy: Policy;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

/** What the state machine branches on. */
export interface Decision {
  readonly approved: boolean;
  readonly step: AskStep;
  /** The three seconds of the cut count from here. */
  readonly answeredAt: string;
}

/** Asks a person, reminds, or records what came back. The state machine waits in between, not this function. */
export async function askPerson(request: AskRequest, tools: AskTools): Promise<Decision | { asked: true }> {
  switch (request.step) {
    case 'ask':
    case 'remind':
      return ask(request, tools);
    case 'record':
      return record(request, tools);
    default:
      return request satisfies never;
  }
}

/**
 * First written, then published: nobody is asked a question that cannot be answered. A reminder puts its own token in the
 * place of the first one, which the state machine does not wait for any more.
 */
async function ask(
  request: Extract<AskRequest, { step: 'ask' | 'remind' }>,
  tools: AskTools,
): Promise<{ asked: true }> {
  const { step, incident, cohort, taskToken, executionId, askedAt } = request;
  const { timeoutSeconds, onTimeout, reason: why } = approvalOf(cohort);
  const { reason, severity, subject, meaning } = wordQuestion(cohort, why, tools.policy);
  const until = new Date(Date.parse(askedAt) + timeoutSeconds * 1000).toISOString();
  const key = { incidentId: incident.id, cohortId: cohort.id };
  const question = { ...key, reason, servers: cohort.servers, askedAt, until, onTimeout, executionId };
  await tools.audit.putQuestion({ ...question, taskToken });
  const sk = step === 'ask' ? auditKeys.asked(cohort.id) : auditKeys.reminded(cohort.id);
  await tools.audit.putInIncident(incident.id, sk, { ...question, at: tools.now() });
  // Without the token: whoever holds it may answer, and events are seen by more people than may approve.
  await tools.bus.publish(step === 'ask' ? 'Approval wanted' : 'Approval still wanted', {
    severity,
    subject: step === 'ask' ? subject : `REMINDER: ${subject}`,
    meaning,
    kind: incident.signal.kind,
    name: incident.signal.name,
    evidence: cohort.evidence.securityRisk,
    ...question,
    servers: cohort.servers.slice(0, 100),
    serverCount: cohort.servers.length,
    answerWith: `fuse approve ${incident.id} --cohort ${cohort.id} --reason "..." (or: fuse decline)`,
  });
  return { asked: true };
}

/** The first answer on record counts; whoever records a second one learns of the first. */
async function record(request: Extract<AskRequest, { step: 'record' }>, tools: AskTools): Promise<Decision> {
  const { incident, cohort, answer, failure, executionId } = request;
  const answeredAt = tools.now();
  const decision = decide(cohort, approvalOf(cohort), answer, failure);
  const step: AskStep = { action: 'ask-person', cohortId: cohort.id, ...decision.end };
  await tools.audit.putInIncident(incident.id, auditKeys.answered(cohort.id), {
    ...decision,
    step,
    answer: decision.answer,
    executionId,
    at: answeredAt,
  });
  return { approved: decision.approved, step, answeredAt };
}

interface Ruling {
  readonly approved: boolean;
  readonly answer: Answer | null;
  readonly end: Pick<AskStep, 'status' | 'summary'>;
}

/** Only a well-formed yes is a yes. Silence is ruled by the policy, and trouble on the way leaves alone. */
function decide(
  cohort: Cohort,
  approval: Approval,
  given: unknown,
  failure: { error: string; cause: string } | null,
): Ruling {
  if (failure?.error === 'States.Timeout') {
    const { approved, summary } = ruleSilence(cohort, approval);
    return { approved, answer: null, end: { status: approved ? 'approved' : 'unanswered', summary } };
  }
  if (failure !== null) {
    const summary = `Nobody could be asked: ${failure.error}: ${failure.cause}`.slice(0, 1000);
    return { approved: false, answer: null, end: { status: 'failed', summary } };
  }
  const parsed = z.safeParse(AnswerSchema, given);
  if (!parsed.success) {
    const summary = `The answer is not understood, so it is no approval: ${JSON.stringify(given)?.slice(0, 200)}`;
    return { approved: false, answer: null, end: { status: 'failed', summary } };
  }
  const { approved, by, reason } = parsed.data;
  const status = approved ? 'approved' : 'declined';
  const what = cohort.answers.lifeline ? `${status} the bypass` : status;
  return { approved, answer: parsed.data, end: { status, summary: `${by} ${what}: ${reason}` } };
}

/** Silence of all people is no yes to the bypass of a lifeline, whatever the policy says of cuts. */
function ruleSilence(
  { answers }: Cohort,
  { onTimeout, timeoutSeconds }: Approval,
): { readonly approved: boolean; readonly summary: string } {
  const asked = `Nobody answered within ${timeoutSeconds / 60} minutes, asked twice`;
  if (answers.lifeline) return { approved: false, summary: `${asked}: no bypass was switched` };
  const approved = onTimeout === 'cut';
  return { approved, summary: `${asked}: ${approved ? 'cut' : 'left alone'}, as the policy says` };
}

function approvalOf(cohort: Cohort): Approval {
  if (cohort.approval !== null) return cohort.approval;
  throw new MessageInvalidError(`Cohort "${cohort.id}" not asked about: its approval is "null", wanted a reason`);
}
