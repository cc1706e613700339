import type { AuditItem } from '../../../lambdas/shared/clients/audit-item.ts';
import { auditKeys } from '../../../lambdas/shared/clients/audit-keys.ts';
import type { AuditTable, CutItem, Question } from '../../../lambdas/shared/clients/audit-table.ts';
import { isRecord, readText } from '../../../lambdas/shared/record.ts';
import { timeOf } from '../../../lambdas/shared/seal.ts';
import { listOpen } from '../approve.ts';
import { readLatency } from '../audit/describe-latency.ts';
import { listOutcomes } from '../audit/list-incidents.ts';
import type { TableReader } from '../audit/table-reader.ts';

/** How the fuse stands, as read from its table; times are ISO 8601. */
export interface Status {
  readonly mode: {
    readonly mode: string;
    readonly setBy: string | null;
    readonly at: string | null;
    readonly reason: string | null;
  };
  readonly cuts: readonly StandingCut[];
  readonly questions: readonly OpenQuestion[];
  readonly incidents: readonly LatestIncident[];
  readonly latency: LatencyShares;
  /** The newest window in which anything was counted; null where nothing ever was. */
  readonly budget: BudgetUse | null;
}

export interface StandingCut {
  readonly incidentId: string;
  readonly action: string;
  readonly servers: readonly string[];
  readonly since: string;
  /** Null: until a person restores it. */
  readonly expiresAt: string | null;
}

/** A question without its token, which is the right to answer it. */
export type OpenQuestion = Pick<Question, 'incidentId' | 'cohortId' | 'reason' | 'servers' | 'until' | 'onTimeout'>;

export interface LatestIncident {
  readonly incidentId: string;
  readonly openedAt: string;
  readonly name: string;
  readonly servers: number;
  /** Empty: not closed. */
  readonly outcomes: readonly string[];
  /** To the verified network cut; null where there was none. */
  readonly verifiedMs: number | null;
}

/** Over the network cuts of the last incidents. */
export interface LatencyShares {
  readonly incidents: number;
  readonly cuts: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface BudgetUse {
  readonly windowStart: string;
  readonly servers: number;
  readonly services: Readonly<Record<string, number>>;
}

export interface StatusTools {
  readonly table: Pick<AuditTable, 'listCuts' | 'listNewestIncidents' | 'readMode'>;
  readonly reader: TableReader;
}

/** A window has one item, and one more a service. */
const budgetItems = 50;

/** Reads everything in parallel; `over` incidents count for the latency, the newest `limit` of them are told. */
export async function readStatus(
  { table, reader }: StatusTools,
  { limit, over }: { readonly limit: number; readonly over: number },
): Promise<Status> {
  const [mode, [control], cuts, questions, openings, budget] = await Promise.all([
    table.readMode(),
    reader.readPartition(auditKeys.control),
    table.listCuts(),
    listOpen(reader, () => true),
    table.listNewestIncidents(Math.max(limit, over)),
    reader.readLast(auditKeys.budget, budgetItems),
  ]);
  const oldest = openings.map((opening) => timeOf(opening) ?? '').sort()[0];
  const closings = oldest === undefined ? [] : await reader.readSince(auditKeys.closings, oldest);
  const known = new Set(openings.slice(0, over).map(({ pk }) => pk));
  return {
    mode: {
      mode,
      setBy: readText(control?.['setBy']) ?? null,
      at: readText(control?.['at']) ?? null,
      reason: readText(control?.['reason']) ?? null,
    },
    cuts: cuts.map(toStandingCut),
    questions: questions.map(({ incidentId, cohortId, reason, servers, until, onTimeout }) => {
      return { incidentId, cohortId, reason, servers, until, onTimeout };
    }),
    incidents: openings.slice(0, limit).map((opening) => toIncident(opening, openings, closings)),
    latency: toShares(
      known.size,
      closings.filter(({ pk }) => known.has(pk)),
    ),
    budget: toBudgetUse(budget),
  };
}

function toStandingCut({ entry, targets, since, expiresAt }: CutItem): StandingCut {
  const servers = [...new Set(targets.map(({ server }) => server))];
  return { incidentId: entry.incidentId, action: entry.action, servers, since, expiresAt };
}

function toIncident(
  opening: AuditItem,
  openings: readonly AuditItem[],
  closings: readonly AuditItem[],
): LatestIncident {
  const signal = isRecord(opening['signal']) ? opening['signal'] : {};
  const own = closings.filter(({ pk }) => pk === opening.pk).flatMap((item) => readLatency(item)?.verifiedMs ?? []);
  return {
    incidentId: opening.pk.replace('incident#', ''),
    openedAt: timeOf(opening) ?? '',
    name: readText(signal['name']) ?? '',
    servers: Array.isArray(signal['servers']) ? signal['servers'].length : 0,
    outcomes: listOutcomes(opening, openings, closings),
    verifiedMs: own.length === 0 ? null : Math.max(...own),
  };
}

function toShares(incidents: number, closings: readonly AuditItem[]): LatencyShares {
  const times = closings.flatMap((item) => readLatency(item)?.verifiedMs ?? []);
  return { incidents, cuts: times.length, p50Ms: findPercentile(times, 50), p99Ms: findPercentile(times, 99) };
}

/** The smallest value that at least so many percent do not exceed; null of nothing. Pure. */
export function findPercentile(values: readonly number[], percent: number): number | null {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null;
}

/** Sort keys begin with the window's start. */
function toBudgetUse(items: readonly AuditItem[]): BudgetUse | null {
  const [windowStart = ''] = (items[0]?.sk ?? '').split('#');
  if (windowStart === '') return null;
  const counts = items
    .filter(({ sk }) => sk.startsWith(`${windowStart}#`))
    .map(({ sk, servers }) => ({
      scope: sk.slice(windowStart.length + 1),
      count: Array.isArray(servers) ? servers.length : 0,
    }));
  return {
    windowStart,
    servers: counts.find(({ scope }) => scope === 'all')?.count ?? 0,
    services: Object.fromEntries(
      counts.filter(({ scope }) => scope !== 'all').map(({ scope, count }) => [scope.replace('service#', ''), count]),
    ),
  };
}
