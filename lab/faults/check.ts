import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { FaultLab } from './fault-lab.ts';
import { readCut, readEnds, readTruth } from './observe.ts';
import type { Counts, Cut, EntryTold, Truth } from './observe.ts';
import type { RestoreTold } from './play-point.ts';
import { readCaller } from './point.ts';
import type { FaultRun, Layer } from './runs.ts';

export const violationKinds = ['lifelineTouched', 'goldenTouched', 'overstated', 'notRestored'] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** Something that must not be, and what was seen of it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly seen: string;
}

export interface RespondSeen {
  readonly lab: FaultLab;
  readonly run: FaultRun;
  readonly scenario: Scenario;
  readonly before: Truth;
  /** Connections when all was done, before everybody dialled again. */
  readonly atEnd: Counts;
  /** Executions that close an incident or a part of it. */
  readonly result: readonly ExecutionRecord[];
  readonly calls: readonly ServiceCall[];
  readonly incidentId: string;
  /** What each machine's execution has to end in where it is green; null where nothing is known of it. */
  readonly expected: Outcomes | null;
  /** A server that became a lifeline on the way. */
  readonly protectedId: string | null;
}

/** How the executions of the clean play ended, by machine. */
export type Outcomes = Readonly<Record<string, string>>;

/** Judges the way from the event to the end of its executions; the servers' peers have dialled again meanwhile. */
export async function judgeRespond(seen: RespondSeen): Promise<{ outcomes: Outcomes; violations: Violation[] }> {
  const { lab, run, scenario, before, atEnd, incidentId } = seen;
  const truth = await readTruth(lab, scenario);
  const items = await lab.audit.readIncident(incidentId);
  const ends = readEnds(items);
  const told = seen.result.map((record) => ({ record, outcome: readOutcome(lab, record) }));
  const closed = items.filter(({ sk }) => sk.startsWith('closed#')).map((item) => String(item['outcome']));
  const cut = await readCut(lab, scenario, atEnd);
  const outcomes = [...told.map(({ outcome }) => outcome), ...closed];
  return {
    outcomes: Object.fromEntries(told.map(({ record, outcome }) => [record.machine.arn, outcome])),
    violations: [
      ...findTouchedLifelines(seen),
      ...findTouchedGolden(before, truth),
      ...(isBeingUndone(seen) ? [] : findOverstatedEnds(ends, cut)),
      ...findOverstatedOutcomes(outcomes, ends, cut, run),
      ...told.flatMap((one) => findFalseSuccess(one, ends, seen)),
    ],
  };
}

/** Operations that change something in EC2 or on a host. */
const mutating = /^(Modify|Revoke|Authorize|Create|Delete|Send)/;

function findTouchedLifelines({ lab, scenario, calls, protectedId }: RespondSeen): Violation[] {
  const { model } = lab.aws.ec2;
  return scenario.servers
    .filter(({ id, tags }) => id === protectedId || tags[tagKeys.lifeline] !== undefined)
    .flatMap(({ id }) => {
      const cards = model.interfacesOf(id);
      const rules = cards.flatMap(({ groupIds }) =>
        groupIds.flatMap((group) => [group, ...(model.securityGroups.get(group)?.rules.keys() ?? [])]),
      );
      const names = [id, ...cards.map(({ networkInterfaceId }) => networkInterfaceId), ...rules];
      return calls
        .filter(({ service, operation }) => (service === 'ec2' || service === 'ssm') && mutating.test(operation))
        .filter(({ input }) => names.some((name) => JSON.stringify(input).includes(`"${name}"`)))
        .map(({ operation }) => ({ kind: 'lifelineTouched' as const, seen: `${operation} on ${id}` }));
    });
}

function findTouchedGolden(before: Truth, now: Truth): Violation[] {
  const shut = now.goldenShut.filter((name) => !before.goldenShut.includes(name));
  return [
    ...(now.goldenLost > 0 ? [`${now.goldenLost} golden connections broke`] : []),
    ...shut.map((name) => `Golden peer "${name}" cannot dial any more`),
  ].map((text) => ({ kind: 'goldenTouched', seen: text }));
}

/** What was `verified` is put back already, or is just being put back: its entry may not have heard of it. */
function isBeingUndone({ lab, calls }: RespondSeen): boolean {
  return calls.some((call) => mutating.test(call.operation) && readCaller(call, lab.deployment) === 'restore');
}

/** What an action claims to hold when its entry is `verified`. */
const claims: Readonly<Record<string, keyof Cut>> = {
  'revoke-security-groups': 'network',
  'kill-connections': 'host',
  'shed-connections': 'host',
  'kill-sessions': 'sessions',
  'stop-service': 'services',
  'hold-task': 'tasks',
  'resync-clock': 'clock',
};

function findOverstatedEnds(ends: readonly EntryTold[], cut: Cut): Violation[] {
  return ends.flatMap(({ action, cohortId, status }) => {
    const claim = claims[action];
    if (status !== 'verified' || claim === undefined || cut[claim]) return [];
    return [overstated(`${action} of ${cohortId} is "verified", and its ${claim} is not cut`)];
  });
}

/** What has to be true of a layer that is said to be contained. */
const layers: Readonly<Record<Layer, (cut: Cut) => boolean>> = {
  network: ({ network }) => network,
  host: ({ host }) => host,
  sessions: ({ sessions }) => sessions,
  machine: ({ services, tasks, clock }) => services && tasks && clock,
};

function findOverstatedOutcomes(
  outcomes: readonly string[],
  ends: readonly EntryTold[],
  cut: Cut,
  { layers: wanted = ['network', 'host'], scenario: { expect } }: FaultRun,
): Violation[] {
  const isBad = ends.some(({ status }) => status === 'failed' || status === 'partial');
  const wantsCut = (expect?.cut.length ?? 0) > 0;
  const left = wantsCut ? wanted.filter((layer) => !layers[layer](cut)) : [];
  return [
    ...outcomes
      .filter((outcome) => outcome === 'contained')
      .flatMap(() => [
        ...(left.length > 0 ? [overstated(`Outcome "contained", ${left.join()} is not: ${JSON.stringify(cut)}`)] : []),
        ...(isBad ? [overstated(`Outcome "contained", entries are ${JSON.stringify(ends)}`)] : []),
      ]),
    ...(outcomes.includes('recovered') && (cut.services || !cut.clock)
      ? [overstated(`Outcome "recovered", ${JSON.stringify(cut)}`)]
      : []),
  ];
}

/** A green execution has to have done what the clean one did; only a repeat may stand aside for the one that acts. */
function findFalseSuccess(
  { record, outcome }: { readonly record: ExecutionRecord; readonly outcome: string },
  ends: readonly EntryTold[],
  { result, expected, incidentId }: RespondSeen,
): Violation[] {
  if (record.status !== 'SUCCEEDED') return [];
  const isRepeatable = result.filter(({ machine }) => machine.arn === record.machine.arn).length > 1;
  if (outcome === 'repeated' && isRepeatable) return [];
  if (outcome === 'nothing published') return [overstated(`Execution of ${incidentId} succeeded and told nobody`)];
  const wanted = expected?.[record.machine.arn];
  if (wanted !== undefined && outcome !== wanted) {
    return [overstated(`Execution succeeded as "${outcome}", the clean one as "${wanted}"`)];
  }
  // Whoever asked a person answers for the question, not for what came of it.
  const open =
    isRepeatable || outcome === 'awaiting-approval'
      ? []
      : ends.filter(({ status }) => status === null || /^(failed|partial)$/.test(status));
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
  readonly incidentId: string;
}

/** Judges the restores: after the first clean one all is as before, and the second one finds nothing to do. */
export async function judgeRestores(seen: RestoresSeen): Promise<Violation[]> {
  const { lab, scenario, before, struck, restores, incidentId } = seen;
  const truth = await readTruth(lab, scenario);
  const cuts = (await lab.audit.listCuts()).filter(({ entry }) => entry.incidentId === incidentId);
  const isKnown = (await lab.audit.readIncident(incidentId)).some(({ sk }) =>
    sk.startsWith(auditKeys.opened(1).slice(0, 6)),
  );
  const [first, second] = restores;
  const faults = [
    ...(truth.network === before.network ? [] : [`Network is ${truth.network}, was ${before.network}`]),
    ...(truth.counts === before.counts ? [] : [`Connections are ${truth.counts}, were ${before.counts}`]),
    ...(truth.machines === before.machines ? [] : [`Services are ${truth.machines}, were ${before.machines}`]),
    ...(cuts.length === 0 ? [] : [`${cuts.length} of its cuts are still listed`]),
    // Of an incident that was never opened nothing can be restored, and the restore has to say so.
    ...(isKnown ? [...findUnfinished(first, false), ...findUnfinished(second, true)] : []),
  ];
  return [
    ...faults.map((text) => ({ kind: 'notRestored' as const, seen: text })),
    ...(struck.told.status === 'SUCCEEDED' && struck.truth.network !== before.network
      ? [overstated(`Restore succeeded as "${struck.told.outcome}", network is ${struck.truth.network}`)]
      : []),
    ...findTouchedGolden(before, truth),
  ];
}

function findUnfinished(told: RestoreTold | undefined, isSecond: boolean): string[] {
  // What cannot be undone says so each time.
  const good = new Set(['already-undone', 'irreversible', ...(isSecond ? [] : ['undone'])]);
  const isDone = told?.status === 'SUCCEEDED' && told.statuses.every((status) => good.has(status));
  if (isDone) return [];
  const which = isSecond ? 'Second restore' : 'Restore';
  return [`${which} ended ${told?.status ?? ''} with ${told?.statuses.join(', ') ?? ''}: ${told?.summary ?? ''}`];
}

function overstated(seen: string): Violation {
  return { kind: 'overstated', seen };
}
