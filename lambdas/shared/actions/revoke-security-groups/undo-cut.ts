import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  type EC2Client,
  type IpPermission,
} from '@aws-sdk/client-ec2';
import { codeOf, describeError, type Timing } from '../../clients/aws-errors.ts';
import { describeGroupRules } from '../../clients/ec2-reads.ts';
import { isSameJson } from '../../canonical-json.ts';
import { mapConcurrently } from '../../map-concurrently.ts';
import type { Change, Undoing } from '../action.ts';
import { retryTransient } from '../retry-transient.ts';
import { callsAtOnce, moveInterface } from './apply-cut.ts';
import { readAclsOf } from './apply-acls.ts';
import { isSameGroups, readChanges, type EntryChange, type InterfaceChange, type RuleChange } from './cut-record.ts';
import { ruleIdentity, toGroupRule, type GroupRule } from './group-rule.ts';
import { readAcls, undoEntry, undoSubnet, type Outcome, type Within } from './undo-acls.ts';
import { readGroups } from './verify-cut.ts';

/** Time for the calls of one entry; its task has 120 s. */
const undoForMs = 80_000;

/** Puts back each interface, rule, subnet and network ACL that still is as the cut left it, and reads it back. */
export async function undoCut(ec2: EC2Client, timing: Timing, changes: readonly Change[]): Promise<Undoing[]> {
  const { interfaces, rules, subnets, entries } = readChanges(changes);
  const targetOf = ({ target }: { target: string }) => target;
  const [groups, present, bound, acls] = await Promise.all([
    readGroups(ec2, interfaces.map(targetOf)),
    readRules(ec2, rules),
    readAclsOf(ec2, subnets.map(targetOf)),
    readAcls(ec2, entries),
  ]);
  const deadlineMs = timing.nowMs() + undoForMs;
  const within: Within = async (call) => retryTransient(timing, deadlineMs, call);
  // The edge of a subnet first: behind it the interfaces are still as the cut left them.
  return [
    ...(await undoAll(subnets, targetOf, async (one) => undoSubnet(ec2, one, bound.get(one.target), within))),
    ...(await readBack(
      ec2,
      interfaces,
      await undoAll(interfaces, targetOf, async (one) => undoInterface(ec2, one, groups.get(one.target), within)),
    )),
    ...(await undoAll(rules, groupOf, async (one) => undoRule(ec2, one, present, within))),
    ...(await undoAll(entries, aclOf, async (one) => undoEntry(ec2, one, acls.get(one.before.aclId), within))),
  ];
}

const groupOf = ({ before }: RuleChange) => before.groupId;
const aclOf = ({ before }: EntryChange) => before.aclId;

/** Undoes changes of one shape in parallel; `subjectOf` names what must still be there for it. */
async function undoAll<Changed extends { readonly target: string }>(
  changes: readonly Changed[],
  subjectOf: (change: Changed) => string,
  undo: (change: Changed) => Promise<Outcome>,
): Promise<Undoing[]> {
  return mapConcurrently(changes, callsAtOnce, async (change) => ({
    target: change.target,
    ...(await attempt(subjectOf(change), async () => undo(change))),
  }));
}

/** Three-way: former groups are left, the cut's are replaced, anything else is somebody's work and stays. */
async function undoInterface(
  ec2: EC2Client,
  change: InterfaceChange,
  now: string[] | undefined,
  within: Within,
): Promise<Outcome> {
  const { target, before, intended } = change;
  if (now === undefined) return { status: 'irreversible', reason: 'Interface is gone: nothing to put back' };
  if (isSameGroups(now, before.groups)) return { status: 'already-undone', reason: 'Groups are the former ones' };
  if (!isSameGroups(now, intended)) {
    return { status: 'drifted', reason: `Groups are ${now.join(', ')}: neither the former nor those of the cut` };
  }
  await within(async () => moveInterface(ec2, target, before.groups));
  return { status: 'undone', reason: 'Former groups are back' };
}

/** Believes no call: what was put back is read back, all of it at once, for a fleet shares the reads of an account. */
async function readBack(
  ec2: EC2Client,
  changes: readonly InterfaceChange[],
  undoings: readonly Undoing[],
): Promise<Undoing[]> {
  const moved = undoings.filter(({ status }) => status === 'undone').map(({ target }) => target);
  const after = await readGroups(ec2, moved);
  const wanted = new Map(changes.map(({ target, before }) => [target, before.groups]));
  return undoings.map((undoing) => {
    const { target, status } = undoing;
    const now = after.get(target) ?? [];
    if (status !== 'undone' || isSameGroups(now, wanted.get(target) ?? [])) return undoing;
    return { target, status: 'failed', reason: `Groups read back are ${now.join(', ')}` };
  });
}

/** A rule that is absent is as the cut left it; one that admits the same is compared in full. */
async function undoRule(
  ec2: EC2Client,
  { before }: RuleChange,
  present: readonly GroupRule[],
  within: Within,
): Promise<Outcome> {
  const twin = findTwin(before, present);
  if (twin !== undefined) return compareTwin(before, twin);
  await within(async () => authorize(ec2, before));
  const back = findTwin(before, (await describeGroupRules(ec2, [before.groupId])).map(toGroupRule));
  return back === undefined
    ? { status: 'failed', reason: 'Rule is not there when read back' }
    : { status: 'undone', reason: `Rule is back as "${back.id}"` };
}

/** EC2 takes words and tags for no difference; a person who wrote others did not mean ours. */
function compareTwin(before: GroupRule, twin: GroupRule): Outcome {
  const isSame = twin.description === before.description && isSameJson(twin.tags, before.tags);
  if (isSame) return { status: 'already-undone', reason: `Rule is there as "${twin.id}"` };
  return { status: 'drifted', reason: `Rule "${twin.id}" admits the same with another description or other tags` };
}

/** Makes the rule again in one call with its tags, so that no half-made rule can be met by the next try. */
async function authorize(ec2: EC2Client, rule: GroupRule): Promise<void> {
  const tags = Object.entries(rule.tags).map(([Key, Value]) => ({ Key, Value }));
  const input = {
    GroupId: rule.groupId,
    IpPermissions: [toPermission(rule)],
    ...(tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'security-group-rule' as const, Tags: tags }] }),
  };
  if (rule.isEgress) await ec2.send(new AuthorizeSecurityGroupEgressCommand(input));
  else await ec2.send(new AuthorizeSecurityGroupIngressCommand(input));
}

/** EC2's form for the one source a rule has; IPv6 has a list of its own. */
function toPermission({ protocol, fromPort, toPort, source, description }: GroupRule): IpPermission {
  const base = { IpProtocol: protocol, FromPort: fromPort, ToPort: toPort };
  const words = description === null ? {} : { Description: description };
  if (source.kind === 'prefix-list') return { ...base, PrefixListIds: [{ PrefixListId: source.id, ...words }] };
  if (source.kind === 'group') {
    const owner = source.userId === null ? {} : { UserId: source.userId };
    return { ...base, UserIdGroupPairs: [{ GroupId: source.id, ...owner, ...words }] };
  }
  return source.cidr.includes(':')
    ? { ...base, Ipv6Ranges: [{ CidrIpv6: source.cidr, ...words }] }
    : { ...base, IpRanges: [{ CidrIp: source.cidr, ...words }] };
}

/** Codes that say something named in the call is gone: the thing itself, or another one that it needs. */
const goneCodes = new Set([
  'InvalidGroup.NotFound',
  'InvalidGroupId.NotFound',
  'InvalidNetworkInterfaceID.NotFound',
  'InvalidNetworkAclID.NotFound',
]);

/** `subject` is what the target is or lies in: gone, it is settled. Where another thing is gone, nothing is guessed. */
async function attempt(subject: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === 'InvalidPermission.Duplicate') return { status: 'already-undone', reason: 'Rule is there already' };
    if (code === 'InvalidNetworkAclEntry.NotFound') return { status: 'already-undone', reason: 'Deny is not there' };
    const reason = describeError(error);
    if (!goneCodes.has(code)) return { status: 'failed', reason };
    if (!namesGone(reason, subject)) return { status: 'drifted', reason };
    const thing = things[code] ?? 'Group';
    return { status: 'irreversible', reason: `${thing} is gone: nothing to put back` };
  }
}

const things: Readonly<Record<string, string>> = {
  'InvalidNetworkInterfaceID.NotFound': 'Interface',
  'InvalidNetworkAclID.NotFound': 'Network ACL',
};

/** EC2 quotes the id that it did not find. */
function namesGone(message: string, id: string): boolean {
  return message.split(/[^\w-]+/).includes(id);
}

async function readRules(ec2: EC2Client, changes: readonly RuleChange[]): Promise<GroupRule[]> {
  return (
    await describeGroupRules(
      ec2,
      changes.map(({ before }) => before.groupId),
    )
  ).map(toGroupRule);
}

/** The rule that EC2 would call a duplicate of this one. */
function findTwin(wanted: GroupRule, rules: readonly GroupRule[]): GroupRule | undefined {
  return rules.find((rule) => ruleIdentity(rule) === ruleIdentity(wanted));
}
