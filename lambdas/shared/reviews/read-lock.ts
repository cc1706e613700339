import * as z from 'zod/mini';
import type { AuditItem } from '../clients/audit-item.ts';
import { readAttempt, readStepKey } from '../clients/audit-keys.ts';
import type { ActionId } from '../contracts/action.ts';
import { AnswersSchema } from '../contracts/incident.ts';
import { readRecordedEntry, type RecordedEntry } from '../recorded-entry.ts';
import type { LockRecord } from './review.ts';

/**
 * How one start of the flowchart ended for one server, by what its incident has on record. `locked` was read back in
 * both halves; `partly` in one of them; `lifted` was locked and put back since; `held-open` is a lifeline.
 */
export const lockStates = [
  'locked',
  'partly',
  'pending',
  'planned',
  'refused',
  'failed',
  'lifted',
  'held-open',
] as const;
export type LockState = (typeof lockStates)[number];

export interface ServerLock {
  readonly state: LockState;
  /** In one sentence, for people. */
  readonly reason: string;
}

/** A start that has no incident after so long was never made: it is sent within the same breath as its record. */
const startForMs = 120_000;
/** The flowchart runs for half an hour at most. */
const runForMs = 35 * 60_000;

const OpenedSchema = z.object({
  assessment: z.object({
    cohorts: z.array(z.object({ id: z.string(), servers: z.array(z.string()), answers: AnswersSchema })),
  }),
});

/** True when nothing more can come of a start: its incident is closed, or its time is over. */
export function isOver({ at }: Pick<LockRecord, 'at'>, items: readonly AuditItem[], now: string): boolean {
  const ageMs = Date.parse(now) - Date.parse(at);
  const isOpened = items.some(({ sk }) => sk.startsWith('opened#'));
  if (!isOpened) return ageMs > startForMs;
  return ageMs > runForMs || items.some(({ sk }) => /^(closed|failed)#/.test(sk));
}

/** Reads from an incident's entries how its lock stands on one server. What was not read back is not locked. Pure. */
export function readLock(server: string, lock: LockRecord, items: readonly AuditItem[], now: string): ServerLock {
  const pending: ServerLock = { state: 'pending', reason: `Incident ${lock.incidentId} is under way` };
  const waits = !isOver(lock, items, now);
  const cohort = findCohort(server, items);
  if (cohort === null) return waits ? pending : fail('The flowchart never came to it');
  if (cohort.answers.lifeline) return { state: 'held-open', reason: 'It is a lifeline, and those are never locked' };
  if (!cohort.answers.underReview) return fail('The flowchart found no review to lock it for');
  const network = readHalf(server, 'revoke-security-groups', cohort.id, items);
  const host = readHalf(server, 'kill-connections', cohort.id, items);
  // A half may end long before the other: only the end of both tells.
  if (waits && (network.isPending || host.isPending)) return pending;
  return join(network, host);
}

function fail(reason: string): ServerLock {
  return { state: 'failed', reason };
}

/** The cohort of the newest attempt, for its cohorts are those that were acted on. */
function findCohort(server: string, items: readonly AuditItem[]) {
  const opened = items
    .filter(({ sk }) => sk.startsWith('opened#'))
    .sort((left, right) => (readAttempt(right.sk) ?? 0) - (readAttempt(left.sk) ?? 0));
  for (const item of opened) {
    const parsed = z.safeParse(OpenedSchema, item);
    const found = parsed.success
      ? parsed.data.assessment.cohorts.find(({ servers }) => servers.includes(server))
      : null;
    if (found !== null && found !== undefined) return found;
  }
  return null;
}

/** One half of a lock on one server. */
interface Half {
  readonly state: 'held' | 'unchanged' | 'lifted' | 'planned' | 'refused' | 'failed';
  readonly isPending: boolean;
  readonly reason: string;
}

function readHalf(server: string, action: ActionId, cohortId: string, items: readonly AuditItem[]): Half {
  const steps = items.filter(({ sk }) => {
    const key = readStepKey(sk);
    return key !== null && key.action === action && key.cohortId === cohortId;
  });
  const entry = readRecordedEntry(steps);
  const reason = `${action}: ${entry.outcome?.summary ?? 'no end is on record'}`;
  return { state: judgeHalf(server, entry, steps), isPending: entry.outcome === null, reason };
}

function judgeHalf(server: string, entry: RecordedEntry, steps: readonly AuditItem[]): Half['state'] {
  const { outcome, intended, undone } = entry;
  if (outcome === null) return 'failed';
  if (outcome.status === 'planned' || intended?.mode === 'shadow') return 'planned';
  const own = (intended?.changes ?? []).filter(
    (change) => change.server === server || (change.alsoTouches ?? []).includes(server),
  );
  // Nothing of this server was to be changed: fine where the whole went well, and else nobody knows why.
  if (own.length === 0)
    return outcome.status === 'refused' ? 'refused' : isFine(outcome.status) ? 'unchanged' : 'failed';
  if (own.some(({ target }) => undone.has(target))) return 'lifted';
  const observations = readObservations(steps);
  const isHeld = (target: string) => {
    const seen = observations.filter((one) => one.target === target);
    return seen.length > 0 && seen.every(({ held }) => held);
  };
  return own.every(({ target }) => isHeld(target)) ? 'held' : 'failed';
}

function isFine(status: string): boolean {
  return status === 'verified' || status === 'unchanged';
}

const ObservationsSchema = z.object({ observations: z.array(z.object({ target: z.string(), held: z.boolean() })) });

/** Of every try: where two saw it differently, it does not count as held. */
function readObservations(steps: readonly AuditItem[]) {
  return steps
    .filter(({ sk }) => readStepKey(sk)?.step.startsWith('3-') === true)
    .flatMap((item) => {
      const parsed = z.safeParse(ObservationsSchema, item);
      return parsed.success ? parsed.data.observations : [];
    });
}

/**
 * The host decides: it ends what is open and lets nothing back, whatever the rules of the network say. Where the network
 * has no rule of its own for the border, there is nothing for that half to do.
 */
function join(network: Half, host: Half): ServerLock {
  const networkIsFine = network.state === 'held' || network.state === 'unchanged';
  if (host.state === 'held') {
    return networkIsFine
      ? { state: 'locked', reason: 'Locked on the host and, as far as rules are its own, in the network' }
      : { state: 'partly', reason: `Locked on the host, not in the network: ${network.reason}` };
  }
  if (network.state === 'held')
    return { state: 'partly', reason: `Locked in the network, not on the host: ${host.reason}` };
  // No host was to be changed and yet nothing went wrong: then nothing was locked.
  if (host.state === 'unchanged') return fail(`Nothing was locked on the host: ${host.reason}`);
  return { state: host.state, reason: host.reason };
}
