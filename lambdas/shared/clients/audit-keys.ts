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
  repeated: (executionId: string) => `repeated#${shortHash(executionId)}`,
  restored: (executionId: string) => `restored#${shortHash(executionId)}`,
  /** The prefix of all steps of one action on one cohort. */
  entry: ({ action, cohortId }: EntryKey) => `action#${action}#${cohortId}#`,
  step: (key: EntryKey, step: string) => `action#${key.action}#${key.cohortId}#${step}`,
  cut: 'cut',
  cutOf: ({ incidentId, action, cohortId }: EntryKey) => `${incidentId}#${action}#${cohortId}`,
  control: 'control',
  mode: 'mode',
  /** Partition of the index `by-time` that lists incidents. */
  incidents: 'incidents',
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
