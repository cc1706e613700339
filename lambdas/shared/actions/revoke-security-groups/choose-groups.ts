import type { GoldenChannel, Policy } from '../../policy/policy-schema.ts';
import { findOpening, isSameTraffic, overlaps, toTraffic, type Traffic } from './coverage.ts';

/** The groups the deployment made in one VPC, by role. */
export interface VpcGroups {
  readonly quarantine: string;
  readonly sealed: string;
  readonly golden: Readonly<Record<string, string>>;
  /** The network ACL that closes a whole subnet; made only where the policy may ask for it. */
  readonly acl?: string | undefined;
}

export interface GroupChoiceInput {
  readonly vpcGroups: VpcGroups;
  /** What the interface's present groups admit, all together. */
  readonly former: readonly Traffic[];
  /** The real rules of a group, as read just now. */
  readonly trafficOf: (groupId: string) => readonly Traffic[];
  readonly policy: Policy;
  /** Names of the golden channels the server holds. */
  readonly goldenChannels: readonly string[];
}

/** The groups an interface moves to, with notes on what was left out; or why it cannot be moved. */
export type GroupChoice =
  | { readonly kind: 'groups'; readonly groups: readonly string[]; readonly notes: readonly string[] }
  | { readonly kind: 'unable'; readonly reason: string };

/**
 * Chooses the groups of a cut interface so that it is at no moment more open than before: a group counts only when
 * its real rules are what the policy says and were all admitted before. A golden channel that was open and cannot be
 * kept open so stops the cut of this interface: lifelines stand above it. Pure.
 */
export function chooseGroups(input: GroupChoiceInput): GroupChoice {
  const base = chooseBase(input);
  if (base.kind === 'unable') return base;
  const groups = [...base.groups];
  const notes = [...base.notes];
  for (const name of input.goldenChannels) {
    const golden = chooseGolden(name, input);
    if (golden.kind === 'unable') return golden;
    groups.push(...golden.groups);
    notes.push(...golden.notes);
  }
  return { kind: 'groups', groups: [...new Set(groups)], notes };
}

/** Quarantine keeps the path of the Systems Manager agent; sealed has no rules and so opens nothing, ever. */
function chooseBase({ vpcGroups, former, trafficOf, policy }: GroupChoiceInput): GroupChoice {
  const { quarantine, sealed } = vpcGroups;
  const fault = findFault(trafficOf(quarantine), agentTraffic(policy), former);
  if (fault === null) return { kind: 'groups', groups: [quarantine], notes: [] };
  if (trafficOf(sealed).length > 0) {
    return {
      kind: 'unable',
      reason: `Quarantine group "${quarantine}" ${fault}, and sealed group "${sealed}" has rules`,
    };
  }
  return { kind: 'groups', groups: [sealed], notes: [`Sealed: quarantine group "${quarantine}" ${fault}`] };
}

function chooseGolden(name: string, { vpcGroups, former, trafficOf, policy }: GroupChoiceInput): GroupChoice {
  const channel = policy.goldenChannels.find((one) => one.name === name);
  if (channel === undefined) return { kind: 'unable', reason: `Golden channel "${name}" is not in the policy` };
  const wanted = channelTraffic(channel);
  if (!wanted.some((one) => former.some((other) => overlaps(one, other)))) {
    return { kind: 'groups', groups: [], notes: [`Golden channel "${name}" was not open before and is left out`] };
  }
  const groupId = vpcGroups.golden[name];
  const fault = groupId === undefined ? 'is missing in this VPC' : findFault(trafficOf(groupId), wanted, former);
  if (fault === null && groupId !== undefined) return { kind: 'groups', groups: [groupId], notes: [] };
  const group = groupId === undefined ? 'its group' : `its group "${groupId}"`;
  return { kind: 'unable', reason: `Golden channel "${name}" would be cut: ${group} ${fault ?? ''}` };
}

/** Says why a group must not be used, or null. */
function findFault(actual: readonly Traffic[], wanted: readonly Traffic[], former: readonly Traffic[]): string | null {
  if (!isSameTraffic(actual, wanted)) return 'has other rules than the policy says';
  return findOpening(actual, former) === null ? null : 'would open more than the interface had open';
}

/** What the quarantine group admits: HTTPS to the endpoints of Systems Manager. */
export function agentTraffic(policy: Policy): Traffic[] {
  return toTraffic(policy.agentPath.cidrs.map((cidr) => tcpRule(true, cidr, 443, 443)));
}

/** What a golden channel's group admits. */
export function channelTraffic({ direction, peers, ports }: GoldenChannel): Traffic[] {
  const ranges = ports?.map((port) => [port, port] as const) ?? [[0, 65_535] as const];
  const isEgress = direction === 'out';
  return toTraffic(peers.flatMap((peer) => ranges.map(([from, to]) => tcpRule(isEgress, peer, from, to))));
}

function tcpRule(isEgress: boolean, cidr: string, fromPort: number, toPort: number) {
  return { isEgress, protocol: 'tcp', fromPort, toPort, source: { kind: 'cidr', cidr } } as const;
}
