import { auditKeys } from '../../lambdas/shared/clients/audit-keys.ts';
import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario } from '../scenario.ts';
import type { ExecutionRecord } from '../services/step-functions/executions.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import type { FaultLab } from './fault-lab.ts';
import { isHostCut, isNetworkCut, readEnds, readTruth } from './observe.ts';
import type { EntryTold, Truth } from './observe.ts';
import type { RestoreTold } from './play-point.ts';

export const violationKinds = ['lifelineTouched', 'goldenTouched', 'overstated', 'notRestored'] as const;
export type ViolationKind = (typeof violationKinds)[number];

/** Something that must not be, and what was seen of it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly seen: string;
}

export interface RespondSeen {
  readonly lab: FaultLab;
  readonly scenario: Scenario;
  readonly before: Truth;
  readonly result: readonly ExecutionRecord[];
  readonly calls: readonly ServiceCall[];
  readonly incidentId: string;
  readonly expected: string | null;
  /** A server that became a lifeline on the way. */
  readonly protectedId: string | null;
}

/** Judges the way from the event to the end of its executions; the servers' peers have dialled again meanwhile. */
export async function judgeRespond(seen: RespondSeen): Promise<{ outcome: string; violations: Violation[] }> {
  const { lab, scenario, before, incidentId } = seen;
  const truth = await readTruth(lab, scenario);
  const items = await lab.audit.readIncident(incidentId);
  const ends = readEnds(items);
  const told = seen.result.map((record) => ({ record, outcome: readOutcome(lab, record) }));
  const closed = items.filter(({ sk }) => sk.startsWith('closed#')).map((item) => String(item['outcome']));
  const cut = { network: isNetworkCut(lab, scenario), host: await isHostCut(lab, scenario) };
  const outcomes = [...told.map(({ outcome }) => outcome), ...closed];
  return {
    outcome: told[0]?.outcome ?? 'no execution',
    violations: [
      ...findTouchedLifelines(seen),
      ...findTouchedGolden(before, truth),
      ...findOverstatedEnds(ends, cut),
      ...findOverstatedOutcomes(outcomes, ends, cut, scenario),
      ...told.flatMap((one) => findFalseSuccess(one, ends, seen)),
    ],
  };
}

type Cut = Readonly<Record<'network' | 'host', boolean>>;

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

function findOverstatedEnds(ends: readonly EntryTold[], cut: Cut): Violation[] {
  return ends
    .filter(({ action, status }) => {
      if (status !== 'verified') return false;
      return action === 'revoke-security-groups' ? !cut.network : action === 'kill-connections' && !cut.host;
    })
    .map(({ action, cohortId }) => overstated(`${action} of ${cohortId} is "verified", and it is not cut`));
}

function findOverstatedOutcomes(
  outcomes: readonly string[],
  ends: readonly EntryTold[],
  cut: Cut,
  { expect }: Scenario,
): Violation[] {
  const isBad = ends.some(({ status }) => status === 'failed' || status === 'partial');
  const wantsCut = (expect?.cut.length ?? 0) > 0;
  return outcomes
    .filter((outcome) => outcome === 'contained')
    .flatMap(() => [
      ...(wantsCut && !(cut.network && cut.host)
        ? [overstated(`Outcome "contained", cut is ${JSON.stringify(cut)}`)]
        : []),
      ...(isBad ? [overstated(`Outcome "contained", entries are ${JSON.stringify(ends)}`)] : []),
    ]);
}

/** A green execution has to have done what the clean one did; only a repeat may stand aside for the one that acts. */
function findFalseSuccess(
  { record, outcome }: { readonly record: ExecutionRecord; readonly outcome: string },
  ends: readonly EntryTold[],
  { result, expected, incidentId }: RespondSeen,
): Violation[] {
  if (record.status !== 'SUCCEEDED') return [];
  if (outcome === 'repeated' && result.length > 1) return [];
  if (outcome === 'nothing published') return [overstated(`Execution of ${incidentId} succeeded and told nobody`)];
  if (expected !== null && outcome !== expected) {
    return [overstated(`Execution succeeded as "${outcome}", the clean one as "${expected}"`)];
  }
  const open =
    result.length > 1 ? [] : ends.filter(({ status }) => status === null || /^(failed|partial)$/.test(status));
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
  const good = isSecond ? ['already-undone'] : ['undone', 'already-undone'];
  const isDone = told?.status === 'SUCCEEDED' && told.statuses.every((status) => good.includes(status));
  if (isDone) return [];
  const which = isSecond ? 'Second restore' : 'Restore';
  return [`${which} ended ${told?.status ?? ''} with ${told?.statuses.join(', ') ?? ''}: ${told?.summary ?? ''}`];
}

function overstated(seen: string): Violation {
  return { kind: 'overstated', seen };
}
