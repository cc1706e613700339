import type { EC2Client, NetworkInterface } from '@aws-sdk/client-ec2';
import { describeGroupRules, describeInterfaces } from '../../clients/ec2-reads.ts';
import type { ActionContext, ActionPlan } from '../action.ts';
import type { VpcGroups } from './choose-groups.ts';
import { toGroupRule, type GroupRule } from './group-rule.ts';
import { planInterfaces } from './plan-interfaces.ts';
import { planRules } from './plan-rules.ts';

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
  if (isWhole) return planInterfaces(interfaces, known, quarantine, context);
  return planRules(interfaces, [...users, ...moreUsers], known, context);
}

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
