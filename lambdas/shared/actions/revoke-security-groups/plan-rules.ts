import type { NetworkInterface } from '@aws-sdk/client-ec2';
import type { Remark } from '../../contracts/action.ts';
import type { Cut } from '../../contracts/incident.ts';
import type { ActionContext, ActionPlan, Change } from '../action.ts';
import { isInside, readRange, type AddressRange } from './address-range.ts';
import { channelTraffic } from './choose-groups.ts';
import { overlaps, toTraffic, type Traffic } from './coverage.ts';
import type { GroupRule } from './group-rule.ts';

/** `inside`: admits nothing but what is cut; `wider`: admits that and more; `outside`: nothing of it. */
export type Reach = 'inside' | 'wider' | 'outside';

/**
 * Plans the cut of some ports or peers: exactly the rules that admit nothing else are revoked. A rule is shared by
 * every interface in its group, so a group that others use too is left alone, as are wider rules and golden channels;
 * the host cut covers them. Pure.
 */
export function planRules(
  interfaces: readonly NetworkInterface[],
  users: readonly NetworkInterface[],
  rules: readonly GroupRule[],
  context: ActionContext,
): ActionPlan {
  const { cohort, policy } = context;
  const golden = policy.goldenChannels
    .filter(({ name }) => cohort.goldenChannels.includes(name))
    .flatMap(channelTraffic);
  const groups = new Set(interfaces.flatMap(({ Groups }) => (Groups ?? []).map(({ GroupId }) => GroupId)));
  const lists = borderLists(context);
  const changes: Change[] = [];
  const leftAlone: Remark[] = [];
  for (const rule of rules.filter(({ groupId }) => groups.has(groupId))) {
    const reach = isOfBorder(rule, lists) ? 'inside' : reachOf(rule, cohort.cut);
    if (reach === 'outside') continue;
    const inGroup = users.filter(({ Groups }) => (Groups ?? []).some(({ GroupId }) => GroupId === rule.groupId));
    const reason = findReasonToSpare(rule, reach, golden, inGroup, cohort.servers);
    if (reason === null) changes.push(toChange(rule, inGroup));
    else leftAlone.push({ target: rule.id, reason });
  }
  return { changes, leftAlone, unable: [] };
}

/** The prefix lists of the border that a compliance review names: all they hold lies beyond it. */
function borderLists({ incident: { signal }, policy }: ActionContext): readonly string[] {
  if (signal.kind !== 'border-review') return [];
  return policy.borders.find(({ name }) => name === signal.border)?.prefixLists ?? [];
}

function isOfBorder({ source }: GroupRule, lists: readonly string[]): boolean {
  return source.kind === 'prefix-list' && lists.includes(source.id);
}

/** How a rule stands to a cut. Ports mean local TCP ports, so only what comes in; peers mean both directions. */
export function reachOf(rule: GroupRule, cut: Cut): Reach {
  if (cut.scope === 'ports') return rule.isEgress ? 'outside' : reachOfPorts(rule, cut.ports);
  if (cut.scope === 'peers') return reachOfPeers(rule, cut.peers);
  return 'outside';
}

/** A rule for all protocols or a range of ports may admit the port and more. */
function reachOfPorts({ protocol, fromPort, toPort }: GroupRule, ports: readonly number[]): Reach {
  if (protocol === '-1') return 'wider';
  if (protocol !== 'tcp') return 'outside';
  const [from, to] = fromPort < 0 ? [0, 65_535] : [fromPort, toPort];
  const cut = new Set(ports.filter((port) => port >= from && port <= to));
  if (cut.size === 0) return 'outside';
  return cut.size === to - from + 1 ? 'inside' : 'wider';
}

function reachOfPeers({ source }: GroupRule, peers: readonly string[]): Reach {
  const range = source.kind === 'cidr' ? readRange(source.cidr) : null;
  // A list or a group may well hold the peer; what it holds is not ours to take apart.
  if (range === null) return 'outside';
  const asked = peers.map(readRange).filter((peer): peer is AddressRange => peer !== null);
  if (asked.some((peer) => isInside(range, peer))) return 'inside';
  return asked.some((peer) => isInside(peer, range)) ? 'wider' : 'outside';
}

/** Tags with these prefixes are not ours to write: AWS keeps the one, and nobody in the pipeline may set the other. */
const unwritableTags = ['aws:', 'connection-fuse:'];

/** Why a rule must stay though it admits what is cut, or null. */
function findReasonToSpare(
  rule: GroupRule,
  reach: Reach,
  golden: readonly Traffic[],
  inGroup: readonly NetworkInterface[],
  servers: readonly string[],
): string | null {
  if (reach === 'wider') return `Rule of group "${rule.groupId}" admits more than what is cut`;
  const tag = Object.keys(rule.tags).find((key) => unwritableTags.some((prefix) => key.startsWith(prefix)));
  if (tag !== undefined) return `Rule of group "${rule.groupId}" has the tag "${tag}", which undo could not write back`;
  const admitted = toTraffic([rule]);
  if (golden.some((one) => admitted.some((other) => overlaps(one, other)))) {
    return `Rule of group "${rule.groupId}" carries a golden channel`;
  }
  const outsider = inGroup.find(
    ({ Attachment }) => Attachment !== undefined && !servers.includes(Attachment.InstanceId ?? ''),
  );
  if (outsider === undefined) return null;
  const whose = outsider.Attachment?.InstanceId ?? 'an AWS service';
  return `Group "${rule.groupId}" is shared with interface "${outsider.NetworkInterfaceId ?? ''}" of ${whose}, which is not cut`;
}

/** The server is the first that carries the group; the guard is asked about all of them. */
function toChange(rule: GroupRule, inGroup: readonly NetworkInterface[]): Change {
  const found = inGroup.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []);
  const [server = '', ...alsoTouches] = new Set(found);
  const change = {
    target: rule.id,
    server,
    before: { kind: 'rule', ...rule },
    intended: { kind: 'rule', absent: true },
  };
  return alsoTouches.length === 0 ? change : { ...change, alsoTouches };
}
