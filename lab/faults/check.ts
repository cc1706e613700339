import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { seeLocks } from '../../lambdas/shared/reviews/see-locks.ts';
import { tellStandings } from '../../lambdas/shared/reviews/tell-review.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { isTouching } from './changing-calls.ts';
import type { FaultLab } from './fault-lab.ts';
import { findOverstatedEnds, findOverstatedOutcomes } from './find-overstated.ts';
import { findTouchedGolden, findTouchedLifelines } from './find-touched.ts';
import { readCut, readEnds, readTruth } from './observe.ts';
import type { Counts, EntryTold, Truth } from './observe.ts';
import { readCaller } from './point.ts';
import type { RestoreTold } from './put-back.ts';
import type { FaultRun } from './runs.ts';
import { approveMachine, readIncidentOf } from './set-off.ts';
import { overstated } from './violation.ts';
import type { Violation } from './violation.ts';

export interface RespondSeen {
  readonly lab: FaultLab;
  readonly run: FaultRun;
  readonly scenario: Scenario;
  readonly before: Truth;
  readonly atStart: Counts;
  /** Connections when all was done, before everybody dialled again. */
  readonly atEnd: Counts;
  /** Executions that close an incident or a part of it. */
  readonly result: readonly ExecutionRecord[];
  readonly calls: readonly ServiceCall[];
  readonly incidentIds: readonly string[];
  /** What each machine's execution has to end in where it is green; null where nothing is known of it. */
  readonly expected: Outcomes | null;
  /** A server that became a lifeline on the way. */
  readonly protectedId: string | null;
}

/** How the executions of the clean play ended, by machine. */
export type Outcomes = Readonly<Record<string, string>>;

/** Judges the way from the event to the end of its executions; the servers' peers have dialled again meanwhile. */
export async function judgeRespond(seen: RespondSeen): Promise<{ outcomes: Outcomes; violations: Violation[] }> {
  const { lab, run, scenario, before, incidentIds } = seen;
  const truth = await readTruth(lab, scenario);
  const violations: Violation[] = [];
  for (const incidentId of incidentIds) violations.push(...(await judgeIncident(seen, incidentId)));
  const told = seen.result.map((record) => [record.machine.arn, readOutcome(lab, record)] as const);
  return {
    // A repeat says nothing of what it repeats.
    outcomes: Object.fromEntries(told.toSorted((left, right) => rankOf(left[1]) - rankOf(right[1]))),
    violations: [
      ...findTouchedLifelines(seen),
      ...findTouchedGolden(before, truth),
      ...violations,
      ...(run.watch === 'review' ? await findFalseStandings(seen) : []),
    ],
  };
}

function rankOf(outcome: string): number {
  return outcome === 'repeated' ? 0 : 1;
}

/** Each lock of a review answers for its own servers and executions; any other incident for all that are attacked. */
async function judgeIncident(seen: RespondSeen, incidentId: string): Promise<Violation[]> {
  const { lab, run, scenario, atEnd } = seen;
  const items = await lab.audit.readIncident(incidentId);
  const ends = readEnds(items);
  const isAll = run.watch !== 'review';
  const result = seen.result.filter((record) => isAll || readIncidentOf(record) === incidentId);
  const told = result.map((record) => ({ record, outcome: readOutcome(lab, record) }));
  const closed = items.filter(({ sk }) => sk.startsWith('closed#')).map((item) => String(item['outcome']));
  const opened = JSON.stringify(items.filter(({ sk }) => sk.startsWith('opened#')));
  const own = isAll ? scenario : narrow(scenario, (id) => opened.includes(`"${id}"`));
  const cut = await readCut(lab, own, atEnd);
  const outcomes = [...told.map(({ outcome }) => outcome), ...closed];
  return [
    ...(isBeingUndone(seen) ? [] : findOverstatedEnds(ends, cut)),
    ...findOverstatedOutcomes(outcomes, ends, cut, run),
    ...told.flatMap((one) => findFalseSuccess(one, ends, { ...seen, result }, incidentId)),
  ];
}

function narrow(scenario: Scenario, isOwn: (id: string) => boolean): Scenario {
  return { ...scenario, servers: scenario.servers.filter(({ id }) => isOwn(id)) };
}

/** Servers of which a review says that they are locked, and that are not. */
async function findFalseStandings({ lab, scenario, atEnd }: RespondSeen): Promise<Violation[]> {
  const { name } = (scenario.event as { readonly detail: { readonly name: string } }).detail;
  const { locks } = await lab.reviews.readSteps(name);
  const standings = tellStandings(await seeLocks(locks, lab.audit, new Date(lab.aws.now()).toISOString()));
  const told = standings.filter(({ state }) => state === 'locked').map(({ server }) => server);
  const cuts = await Promise.all(
    told.map(async (server) => ({
      server,
      cut: await readCut(
        lab,
        narrow(scenario, (id) => id === server),
        atEnd,
      ),
    })),
  );
  return cuts
    .filter(({ cut }) => !cut.network || !cut.host || !cut.sessions)
    .map(({ server, cut }) => overstated(`${server} is told as locked, ${JSON.stringify(cut)}`));
}

/** What was `verified` is put back already, or is just being put back: its entry may not have heard of it. */
function isBeingUndone({ lab, calls }: RespondSeen): boolean {
  return calls.some((call) => isTouching(call) && readCaller(call, lab.deployment) === 'restore');
}

/** A green execution has to have done what the clean one did; only a repeat may stand aside for the one that acts. */
function findFalseSuccess(
  { record, outcome }: { readonly record: ExecutionRecord; readonly outcome: string },
  ends: readonly EntryTold[],
  { result, expected }: RespondSeen,
  incidentId: string,
): Violation[] {
  if (record.status !== 'SUCCEEDED') return [];
  const isRepeatable = result.filter(({ machine }) => machine.arn === record.machine.arn).length > 1;
  if (outcome === 'repeated' && isRepeatable) return [];
  if (outcome === 'nothing published') return [overstated(`Execution of ${incidentId} succeeded and told nobody`)];
  // What cannot be done for a lifeline is left to a person, and said so: that is no success, and claims none.
  const isLeftToPeople = ends.some(({ action, status }) => action === 'hold-open' && status === 'handed-over');
  if (outcome === 'handed-over' && isLeftToPeople) return [];
  const wanted = expected?.[record.machine.arn];
  if (wanted !== undefined && outcome !== wanted) {
    return [overstated(`Execution succeeded as "${outcome}", the clean one as "${wanted}"`)];
  }
  // Whoever asked a person answers for the question, not for what came of it; and what was done for a lifeline before it
  // was asked about is told by the execution that asked, which was judged by the same rule.
  const isQuestion = record.machine.arn.includes(approveMachine);
  const own = ends.filter(({ action }) => !isQuestion || action !== 'hold-open');
  const open =
    isRepeatable || outcome === 'awaiting-approval'
      ? []
      : own.filter(({ status }) => status === null || /^(failed|partial)$/.test(status));
  return open.length === 0 ? [] : [overstated(`Execution succeeded, entries are ${JSON.stringify(open)}`)];
}

function readOutcome({ aws }: FaultLab, { arn }: ExecutionRecord): string {
  const closed = aws.events.events.findLast(
    ({ event: { detail } }) => detail['executionId'] === arn && 'outcome' in detail,
  );
  const outcome = closed?.event.detail['outcome'];
  return typeof outcome === 'string' ? outcome : 'nothing published';
}

export interface RestoresSeen {
  readonly lab: FaultLab;
  readonly scenario: Scenario;
  readonly before: Truth;
  /** The restore the fault struck at, if that is the run; else the first one. */
  readonly struck: { readonly told: RestoreTold; readonly truth: Truth };
  /** Two clean restores. */
  readonly restores: readonly RestoreTold[];
  readonly incidentIds: readonly string[];
}

/** Judges the restores: after the first clean one all is as before, and the second one finds nothing to do. */
export async function judgeRestores(seen: RestoresSeen): Promise<Violation[]> {
  const { lab, scenario, before, struck, restores, incidentIds } = seen;
  const truth = await readTruth(lab, scenario);
  const cuts = (await lab.audit.listCuts()).filter(({ entry }) => incidentIds.includes(entry.incidentId));
  const opened = await Promise.all(incidentIds.map(async (id) => isOpened(await lab.audit.readIncident(id))));
  const isKnown = opened.length > 0 && opened.every(Boolean);
  const [first, second] = restores;
  const faults = [
    ...(truth.network === before.network ? [] : [`Network is ${truth.network}, was ${before.network}`]),
    ...(truth.counts === before.counts ? [] : [`Connections are ${truth.counts}, were ${before.counts}`]),
    ...(truth.machines === before.machines ? [] : [`Services are ${truth.machines}, were ${before.machines}`]),
    ...(truth.routing === before.routing ? [] : [`Routing is ${truth.routing}, was ${before.routing}`]),
    ...(cuts.length === 0 ? [] : [`${cuts.length} of its cuts are still listed`]),
    // Of an incident that was never opened nothing can be restored, and the restore has to say so.
    ...(isKnown ? [...findUnfinished(first, false), ...findUnfinished(second, true)] : []),
  ];
  return [
    ...faults.map((text) => ({ kind: 'notRestored' as const, seen: text })),
    ...(struck.told.status === 'SUCCEEDED' && !isPutBack(struck.truth, before)
      ? [overstated(`Restore succeeded as "${struck.told.outcome}", and now is ${JSON.stringify(struck.truth)}`)]
      : []),
    ...findTouchedGolden(before, truth),
  ];
}

function isOpened(items: readonly { readonly sk: string }[]): boolean {
  return items.some(({ sk }) => sk.startsWith(auditKeys.opened(1).slice(0, 6)));
}

/** What a restore that succeeded answers for. Connections come back when their peers dial, and not by it. */
function isPutBack(now: Truth, before: Truth): boolean {
  return now.network === before.network && now.machines === before.machines && leadsOf(now) === leadsOf(before);
}

function leadsOf({ routing }: Truth): string {
  return JSON.stringify((JSON.parse(routing) as { readonly leads: unknown }).leads);
}

function findUnfinished(told: RestoreTold | undefined, isSecond: boolean): string[] {
  // What cannot be undone says so each time.
  const good = new Set(['already-undone', 'irreversible', ...(isSecond ? [] : ['undone'])]);
  // Left to an earlier cut of the same incident, which the same restore undid after it.
  if (told?.outcome.split(',').every((outcome) => outcome === 'restored') === true) good.add('kept');
  const isDone = told?.status === 'SUCCEEDED' && told.statuses.every((status) => good.has(status));
  if (isDone) return [];
  const which = isSecond ? 'Second restore' : 'Restore';
  return [`${which} ended ${told?.status ?? ''} with ${told?.statuses.join(', ') ?? ''}: ${told?.summary ?? ''}`];
}
