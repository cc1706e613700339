import type { NetworkInterface } from '@aws-sdk/client-ec2';
import type { Remark } from '../../contracts/action.ts';
import type { ActionContext, ActionPlan, Change } from '../action.ts';
import { chooseGroups } from './choose-groups.ts';
import { toTraffic } from './coverage.ts';
import type { GroupRule } from './group-rule.ts';
import type { QuarantineGroups } from './plan-cut.ts';

/** What becomes of one interface. */
type InterfacePlan =
  | { readonly kind: 'change'; readonly change: Change; readonly notes: readonly string[] }
  | { readonly kind: 'unable'; readonly reason: string };

/**
 * Plans the cut of whole servers: every interface of theirs moves to quarantine. A server of which none can be moved is
 * reported as such: it stays open. Pure.
 */
export function planInterfaces(
  interfaces: readonly NetworkInterface[],
  rules: readonly GroupRule[],
  quarantine: QuarantineGroups,
  context: ActionContext,
): ActionPlan {
  const byGroup = Map.groupBy(rules, ({ groupId }) => groupId);
  const trafficOf = (groupId: string) => toTraffic(byGroup.get(groupId) ?? []);
  const changes: Change[] = [];
  const leftAlone: Remark[] = [];
  const unable: Remark[] = [];
  for (const one of interfaces) {
    const target = one.NetworkInterfaceId ?? '';
    const plan = planInterface(one, quarantine, trafficOf, context);
    if (plan.kind === 'unable') {
      unable.push({ target, reason: plan.reason });
      continue;
    }
    changes.push(plan.change);
    leftAlone.push(...plan.notes.map((reason) => ({ target, reason })));
  }
  const reached = new Set(changes.map(({ server }) => server));
  const failing = new Set(unable.map(({ target }) => target));
  for (const { NetworkInterfaceId = '', Attachment } of interfaces) {
    if (failing.has(NetworkInterfaceId)) reached.add(Attachment?.InstanceId ?? '');
  }
  const missed = context.cohort.servers.filter((server) => !reached.has(server));
  unable.push(...missed.map((target) => ({ target, reason: 'No interface could be moved' })));
  return { changes, leftAlone, unable };
}

/** Every interface for itself: they may lie in several VPCs and carry different groups. */
function planInterface(
  one: NetworkInterface,
  quarantine: QuarantineGroups,
  trafficOf: (groupId: string) => ReturnType<typeof toTraffic>,
  { policy, cohort }: ActionContext,
): InterfacePlan {
  // It stays open, and so its server is not cut: that has to be told.
  if (one.RequesterManaged === true || one.Operator?.Managed === true) {
    return { kind: 'unable', reason: 'Interface is managed by an AWS service and cannot be changed' };
  }
  const vpcId = one.VpcId ?? '';
  const vpcGroups = quarantine[vpcId];
  if (vpcGroups === undefined) return { kind: 'unable', reason: `VPC "${vpcId}" has no quarantine groups` };
  const groups = (one.Groups ?? []).map(({ GroupId = '' }) => GroupId);
  // An interface's groups add up: what any of them admits was open.
  const former = groups.flatMap(trafficOf);
  const choice = chooseGroups({ vpcGroups, former, trafficOf, policy, goldenChannels: cohort.goldenChannels });
  if (choice.kind === 'unable') return choice;
  const { DeviceIndex = null, NetworkCardIndex = null } = one.Attachment ?? {};
  const change = {
    target: one.NetworkInterfaceId ?? '',
    server: one.Attachment?.InstanceId ?? '',
    before: { kind: 'interface', groups, vpcId, deviceIndex: DeviceIndex, networkCardIndex: NetworkCardIndex },
    intended: { kind: 'interface', groups: choice.groups },
  };
  return { kind: 'change', change, notes: choice.notes };
}
