import { sha256Hex } from '../canonical-json.ts';
import type { EntryKey } from '../contracts/restoring.ts';

/** Partition and sort keys of the audit table; every other file asks here. */
export const auditKeys = {
  incident: (incidentId: string) => `incident#${incidentId}`,
  server: (server: string) => `server#${server}`,
  execution: (executionId: string) => `execution#${executionId}`,
  rejected: (eventDigest: string) => `rejected#${eventDigest}`,
  opened: (attempt: number) => `opened#${twoDigits(attempt)}`,
  closed: (attempt: number) => `closed#${twoDigits(attempt)}`,
  failed: (attempt: number) => `failed#${twoDigits(attempt)}`,
  /** For executions that opened no attempt of their own. */
  closedExecution: (executionId: string) => `closed#${shortHash(executionId)}`,
  failedExecution: (executionId: string) => `failed#${shortHash(executionId)}`,
  ignoredExecution: (executionId: string) => `ignored#${shortHash(executionId)}`,
  /** One cohort that was closed apart from its incident, after a person answered. */
  closedCohort: (cohortId: string) => `closed#${cohortId}`,
  /** The question to a person about a cohort, and the answer to it. */
  asked: (cohortId: string) => `asked#${cohortId}`,
  answered: (cohortId: string) => `answered#${cohortId}`,
  /** That the question was asked a second time. */
  reminded: (cohortId: string) => `reminded#${cohortId}`,
  /** What an attempt came to under the budget, where that differs from its opening. */
  reserved: (attempt: number) => `reserved#${twoDigits(attempt)}`,
  repeated: (executionId: string) => `repeated#${shortHash(executionId)}`,
  restored: (executionId: string) => `restored#${shortHash(executionId)}`,
  /** The prefix of all steps of one action on one cohort. */
  entry: ({ action, cohortId }: EntryKey) => `action#${action}#${cohortId}#`,
  step: (key: EntryKey, step: string) => `action#${key.action}#${key.cohortId}#${step}`,
  /** The open question with its token: overwritten when it is asked again, so it stands apart from what is sealed. */
  question: (incidentId: string, cohortId: string) => `question#${incidentId}#${cohortId}`,
  cut: 'cut',
  cutOf: ({ incidentId, action, cohortId }: EntryKey) => `${incidentId}#${action}#${cohortId}`,
  control: 'control',
  /** Servers cut within one window, by scope: the only partition whose items are ever updated. */
  budget: 'budget',
  budgetOf: (windowStart: string, service: string | null) =>
    service === null ? `${windowStart}#all` : `${windowStart}#service#${service}`,
  mode: 'mode',
  /** Compliance reviews: one partition says which there are, and each has one of its own for what was done for it. */
  reviews: 'reviews',
  reviewStep: (name: string, step: 'opened' | 'closed' | 'unlocked') => `${name}#${step}`,
  review: (name: string) => `review#${name}`,
  lock: (incidentId: string) => `lock#${incidentId}`,
  namedPeer: (address: string) => `peer#${address}`,
  unlock: (incidentId: string, attempt: number) => `unlock#${incidentId}#${twoDigits(attempt)}`,
  /** What a scheduled watch saw begin and end. */
  watch: (name: string) => `watch#${name}`,
  /** Partitions of the index `by-time` that list incidents, questions, and how incidents and restores ended. */
  incidents: 'incidents',
  closings: 'closings',
  questions: 'questions',
} as const;

/** Reads the attempt back from `opened#02`, `closed#02` or `failed#02`; null for every other sort key. */
export function readAttempt(sk: string): number | null {
  const found = /^(?:opened|closed|failed)#(\d{2,4})$/.exec(sk);
  return found === null ? null : Number(found[1]);
}

/** Reads action, cohort and step back from the sort key of a step; null for every other sort key. */
export function readStepKey(sk: string): { action: string; cohortId: string; step: string } | null {
  const [kind, action, cohortId, ...step] = sk.split('#');
  if (kind !== 'action' || action === undefined || cohortId === undefined) return null;
  return { action, cohortId, step: step.join('#') };
}

/** Execution ids are long ARNs; 16 hex digits tell the executions of one incident apart. */
function shortHash(text: string): string {
  return sha256Hex(text).slice(0, 16);
}

function twoDigits(attempt: number): string {
  return String(attempt).padStart(2, '0');
}
