import type { EC2Client, NetworkInterface } from '@aws-sdk/client-ec2';
import { describeGroupRules, describeInterfaces } from '../../clients/ec2-reads.ts';
import type { ActionContext, ActionPlan } from '../action.ts';
import type { VpcGroups } from './choose-groups.ts';
import { toGroupRule, type GroupRule } from './group-rule.ts';
import { planAclEntries, type EntryPlan } from './plan-acl-entries.ts';
import { planInterfaces } from './plan-interfaces.ts';
import { planRules } from './plan-rules.ts';
import { planSubnets, type SubnetPlan } from './plan-subnets.ts';
import { beginEdgeRead, isEdgeNeeded, type EdgeReading } from './subnet-edge.ts';

/** Groups made at deploy time, by VPC id. */
export type QuarantineGroups = Readonly<Record<string, VpcGroups>>;

/**
 * Reads interfaces and rules in the same breath: the groups found by the assessment are a hint to start with. Only
 * where an interface carries others by now is there a second read.
 */
export async function planCut(
  ec2: EC2Client,
  quarantine: QuarantineGroups,
  context: ActionContext,
): Promise<ActionPlan> {
  const { cohort } = context;
  const isWhole = cohort.cut.scope === 'server';
  const hints = [...cohort.securityGroupHints, ...(isWhole ? ownGroups(quarantine, cohort.goldenChannels) : [])];
  const edge = isEdgeNeeded(context) ? beginEdgeRead(ec2, Object.keys(quarantine), context) : null;
  const [interfaces, users, rules] = await Promise.all([
    describeInterfaces(ec2, 'attachment.instance-id', cohort.servers),
    isWhole ? [] : describeInterfaces(ec2, 'group-id', cohort.securityGroupHints),
    describeGroupRules(ec2, hints),
  ]);
  const missed = groupsOf(interfaces).filter((group) => !hints.includes(group));
  const [moreUsers, moreRules] = await Promise.all([
    isWhole ? [] : describeInterfaces(ec2, 'group-id', missed),
    describeGroupRules(ec2, missed),
  ]);
  const known: GroupRule[] = [...rules, ...moreRules].map(toGroupRule);
  if (!isWhole) return planRules(interfaces, [...users, ...moreUsers], known, context);
  if (edge === null) return planInterfaces(interfaces, known, quarantine, context);
  edge.hurry();
  return planWhole({ interfaces, rules: known, edge: await edge.reading }, quarantine, context);
}

interface Found {
  readonly interfaces: readonly NetworkInterface[];
  readonly rules: readonly GroupRule[];
  readonly edge: EdgeReading;
}

/** Subnets first, then what is left interface by interface, then the denies that stand behind both. */
function planWhole(
  { interfaces, rules, edge: reading }: Found,
  quarantine: QuarantineGroups,
  context: ActionContext,
): ActionPlan {
  if (reading.kind === 'unread') {
    const plan = planInterfaces(interfaces, rules, quarantine, context);
    const reason = `Network ACLs not read, interfaces moved alone: ${reading.reason}`;
    return { ...plan, unable: [...plan.unable, { target: 'network ACLs', reason }] };
  }
  const { edge } = reading;
  const closes = context.policy.fleet.networkMeans !== 'interfaces';
  const subnets = closes ? planSubnets(interfaces, edge, quarantine, context) : noSubnets;
  const isCovered = ({ NetworkInterfaceId = '' }: NetworkInterface) => subnets.covered.has(NetworkInterfaceId);
  const reached = new Set(interfaces.filter(isCovered).map(({ Attachment }) => Attachment?.InstanceId));
  const plan = planInterfaces(
    interfaces.filter((one) => !isCovered(one)),
    rules,
    quarantine,
    { ...context, cohort: { ...context.cohort, servers: context.cohort.servers.filter((id) => !reached.has(id)) } },
  );
  // The edge of a closed subnet stops all that the denies of others would.
  const open = interfaces.filter((one) => !isCovered(one));
  const entries = context.cohort.answers.spreads ? planAclEntries(open, edge, quarantine, context) : noEntries;
  return {
    changes: [...subnets.changes, ...plan.changes, ...entries.changes],
    leftAlone: [...subnets.remarks, ...plan.leftAlone, ...entries.remarks],
    unable: plan.unable,
  };
}

const noSubnets: SubnetPlan = { changes: [], covered: new Set(), remarks: [] };
const noEntries: EntryPlan = { changes: [], remarks: [] };

/** Groups the interfaces carry, each once. */
export function groupsOf(interfaces: readonly NetworkInterface[]): string[] {
  return [...new Set(interfaces.flatMap(({ Groups }) => (Groups ?? []).map(({ GroupId = '' }) => GroupId)))];
}

function ownGroups(quarantine: QuarantineGroups, channels: readonly string[]): string[] {
  return Object.values(quarantine).flatMap((groups) => [
    groups.quarantine,
    groups.sealed,
    ...channels.flatMap((name) => groups.golden[name] ?? []),
  ]);
}
