import { tagKeys } from '../../lambdas/shared/tags.ts';
import type { Scenario, ScenarioServer } from '../scenario.ts';
import type { ServiceCall } from '../services/wire/service.ts';
import { toServiceIds } from '../service-ids.ts';
import { isTouching } from './changing-calls.ts';
import type { FaultLab } from './fault-lab.ts';
import { isOpenTo } from './observe.ts';
import type { Counts, Truth } from './observe.ts';
import { cuttingFunctions, readCaller } from './point.ts';
import type { Violation } from './violation.ts';

/** What was done while faults could strike, and what the servers were like before and after. */
export interface LifelineSeen {
  readonly lab: FaultLab;
  readonly scenario: Scenario;
  readonly calls: readonly ServiceCall[];
  readonly atStart: Counts;
  readonly atEnd: Counts;
  /** A server that became a lifeline on the way. */
  readonly protectedId: string | null;
}

/** Calls that change a lifeline, and connections or ways that it lost, whoever took them. */
export function findTouchedLifelines({ lab, calls, atStart, atEnd, protectedId, scenario }: LifelineSeen): Violation[] {
  // The tag came with the first call of a function that cuts: a watch may have looked at the server before.
  const taggedAt = calls.findIndex((call) => cuttingFunctions.has(readCaller(call, lab.deployment) ?? ''));
  const callsSince = (id: string) => (id === protectedId ? calls.slice(Math.max(0, taggedAt)) : calls);
  return scenario.servers
    .filter(({ id, tags }) => id === protectedId || tags[tagKeys.lifeline] !== undefined)
    .flatMap((server) => [
      ...findCallsOn(lab, scenario, server, callsSince(server.id)).map(
        ({ operation }) => `${operation} on ${server.id}`,
      ),
      ...server.peers.flatMap((peer) => {
        const [before, after] = [atStart, atEnd].map((counts) => countOf(counts, server.id, peer.name));
        return [
          ...(after === before ? [] : [`${server.id} has ${after} of ${before} connections to "${peer.name}"`]),
          ...(isOpenTo(lab, server, peer) ? [] : [`${server.id} cannot reach "${peer.name}" any more`]),
        ];
      }),
    ])
    .map((seen) => ({ kind: 'lifelineTouched', seen }));
}

function countOf(counts: Counts, id: string, name: string): number {
  return counts.get(id)?.find(({ peer }) => peer === name)?.established ?? 0;
}

function findCallsOn(
  lab: FaultLab,
  scenario: Scenario,
  { id, address }: ScenarioServer,
  calls: readonly ServiceCall[],
): ServiceCall[] {
  const { model } = lab.aws.ec2;
  const cards = model.interfacesOf(id);
  const rules = cards.flatMap(({ groupIds }) =>
    groupIds.flatMap((group) => [group, ...(model.securityGroups.get(group)?.rules.keys() ?? [])]),
  );
  // A subnet's first association is named after it; a later one is in the model.
  const edges = cards.flatMap(({ subnetId }) => [
    `aclassoc-${subnetId.replace(/^subnet-/, '')}`,
    model.subnets.get(subnetId)?.aclAssociationId ?? subnetId,
  ]);
  const cardIds = cards.map(({ networkInterfaceId }) => networkInterfaceId);
  const names = [id, ...cardIds, ...rules, ...edges, address, `${address}/32`, ...listFrontNames(scenario, id)];
  return calls
    .filter(isTouching)
    .filter(({ input }) => names.some((name) => JSON.stringify(input).includes(`"${name}"`)))
    .filter((call) => !isKeepingAlive(lab, call));
}

/** What leads clients to a server, or from it to another: whoever changes that takes them away. */
function listFrontNames({ services = [] }: Scenario, id: string): string[] {
  return services
    .filter(({ primary, standby }) => primary === id || standby === id)
    .map(toServiceIds)
    .flatMap((ids) => [
      ids.listenerArn,
      ids.ruleArn,
      ids.primaryTargetGroupArn,
      ids.allocationId,
      ids.hostedZoneId,
      ids.autoScalingGroupName,
      ids.databaseId,
    ]);
}

/** A lifeline's clock may be looked to: by its one function with its one document, and put back by restore with the other. */
const keepingAlive: Readonly<Record<string, RegExp>> = { 'hold-open': /HoldTime/, restore: /ReleaseTime/ };

function isKeepingAlive({ deployment }: FaultLab, call: ServiceCall): boolean {
  const { DocumentName = '' } = call.input as { readonly DocumentName?: string };
  const own = keepingAlive[readCaller(call, deployment) ?? ''];
  // Whoever may send may take back what was not answered; what runs by then is not changed by it.
  return call.operation === 'CancelCommand' ? own !== undefined : own?.test(DocumentName) === true;
}

/** Golden connections that broke, and golden peers that can no longer dial. */
export function findTouchedGolden(before: Truth, now: Truth): Violation[] {
  const shut = now.goldenShut.filter((name) => !before.goldenShut.includes(name));
  return [
    ...(now.goldenLost > 0 ? [`${now.goldenLost} golden connections broke`] : []),
    ...shut.map((name) => `Golden peer "${name}" cannot dial any more`),
  ].map((text) => ({ kind: 'goldenTouched', seen: text }));
}
