import * as z from 'zod/mini';
import type { AuditItem } from '../shared/clients/audit-item.ts';
import { readStepKey } from '../shared/clients/audit-keys.ts';
import type { AuditTable, CutItem } from '../shared/clients/audit-table.ts';
import { EntryKeySchema, type EntryKey, type RestoreRequest } from '../shared/contracts/restoring.ts';
import { MessageInvalidError } from '../shared/errors.ts';
import { nameOf } from './find-holders.ts';
import { readRecordedEntry, type RecordedEntry } from '../shared/recorded-entry.ts';

interface Candidate {
  readonly key: EntryKey;
  readonly entry: RecordedEntry;
}

type FindingAudit = Pick<AuditTable, 'readIncident' | 'listIncidentsOf' | 'listCuts'>;

/**
 * Finds what a restore has to undo, the newest first, so that undo runs in reverse order of application; the network
 * before the hosts, for a host may be out of reach until its groups are back, and traffic after both. An incident that is named gives all its cuts, those already undone too, so that a second restore can say so; a server or an
 * action gives what is still cut. Throws MessageInvalidError when nothing is named or the incident is unknown.
 */
export async function findEntries(
  request: RestoreRequest,
  audit: FindingAudit,
  now: string,
): Promise<{ entries: EntryKey[] }> {
  const cuts = await audit.listCuts();
  if (request.expired === true) return findExpired(request, cuts, audit, now);
  const incidents = await findIncidents(request, cuts, audit);
  const found = (await Promise.all(incidents.map(async (id) => readCandidates(id, cuts, audit)))).flat();
  const wanted = found.filter(({ key }) => isNamed(key, request));
  const chosen = wanted.filter(({ entry }) => isWanted(entry, request));
  return { entries: chosen.sort(networkFirst).map(({ key }) => key) };
}

function isNamed(key: EntryKey, { action, actions, cohortId }: RestoreRequest): boolean {
  return (
    (action === undefined || key.action === action) &&
    (actions === undefined || actions.includes(key.action)) &&
    (cohortId === undefined || key.cohortId === cohortId)
  );
}

/** Cuts whose time is over. It runs by the clock, so nothing else may be named: a slip must not widen it. */
async function findExpired(
  { incidentId, server, action }: RestoreRequest,
  cuts: readonly CutItem[],
  audit: FindingAudit,
  now: string,
): Promise<{ entries: EntryKey[] }> {
  if (incidentId !== undefined || server !== undefined || action !== undefined) {
    throw new MessageInvalidError('Restore request is not valid: "expired" must stand alone');
  }
  const expired = cuts.filter(({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) <= Date.parse(now));
  const names = new Set(expired.map(({ entry }) => nameOf(entry)));
  const incidents = [...new Set(expired.map(({ entry }) => entry.incidentId))];
  const found = (await Promise.all(incidents.map(async (id) => readCandidates(id, cuts, audit)))).flat();
  const chosen = found.filter(({ key }) => names.has(nameOf(key)));
  return { entries: chosen.sort(networkFirst).map(({ key }) => key) };
}

async function findIncidents(
  { incidentId, server, action }: RestoreRequest,
  cuts: readonly CutItem[],
  audit: FindingAudit,
): Promise<string[]> {
  if (incidentId !== undefined) {
    const opened = await audit.readIncident(incidentId);
    if (opened.length > 0) return [incidentId];
    throw new MessageInvalidError(`Restore request is not valid: incident "${incidentId}" is not known`);
  }
  if (server !== undefined) return audit.listIncidentsOf(server);
  if (action !== undefined) return [...new Set(cuts.map(({ entry }) => entry.incidentId))];
  throw new MessageInvalidError('Restore request is not valid: must name an incident, a server or an action');
}

async function readCandidates(incidentId: string, cuts: readonly CutItem[], audit: FindingAudit): Promise<Candidate[]> {
  const items = await audit.readIncident(incidentId);
  const byEntry = Map.groupBy(items, toEntryName);
  byEntry.delete('');
  // A run that died between its first two writes left a cut without an entry; it must be cleared too.
  const orphans = cuts
    .filter(({ entry }) => entry.incidentId === incidentId)
    .map(({ entry }) => `${entry.action}#${entry.cohortId}`)
    .filter((name) => !byEntry.has(name));
  const named: [string, AuditItem[]][] = [...byEntry, ...orphans.map((name): [string, AuditItem[]] => [name, []])];
  return named
    .map(([name, steps]) => ({ key: toKey(incidentId, name), entry: readRecordedEntry(steps) }))
    .filter(({ key, entry }) => entry.intended?.mode === 'armed' || orphans.includes(`${key.action}#${key.cohortId}`));
}

function isWanted({ intended, undone }: RecordedEntry, { incidentId, server }: RestoreRequest): boolean {
  if (intended === null) return server === undefined;
  const touching = intended.changes.filter((change) => isTouching(change, server));
  return touching.length > 0 && (incidentId !== undefined || touching.some(({ target }) => !undone.has(target)));
}

/** True when a change is the server's, or any where no server is named. */
export function isTouching(
  change: { server: string; alsoTouches?: readonly string[] },
  server: string | undefined,
): boolean {
  return server === undefined || change.server === server || (change.alsoTouches ?? []).includes(server);
}

function toEntryName({ sk }: AuditItem): string {
  const step = readStepKey(sk);
  return step === null ? '' : `${step.action}#${step.cohortId}`;
}

function toKey(incidentId: string, name: string): EntryKey {
  const [action, cohortId] = name.split('#');
  return z.parse(EntryKeySchema, { incidentId, action, cohortId });
}

/** Traffic goes back last: its former servers must be reachable, and healthy, before they are led to. */
const ranks: Partial<Readonly<Record<EntryKey['action'], number>>> = { 'revoke-security-groups': 0, 'fail-over': 2 };

function networkFirst(left: Candidate, right: Candidate): number {
  const rankOf = ({ key }: Candidate) => ranks[key.action] ?? 1;
  const [first, second] = [left, right].map(({ entry }) => entry.intended?.at ?? '');
  return rankOf(left) - rankOf(right) || (second ?? '').localeCompare(first ?? '');
}
