import type { NetworkInterface } from '@aws-sdk/client-ec2';
import { toTags } from '../../clients/ec2-reads.ts';
import type { Remark } from '../../contracts/action.ts';
import type { Policy } from '../../policy/policy-schema.ts';
import { readServerFacts, type ServerDescription } from '../../policy/server-facts.ts';
import { tagKeys } from '../../tags.ts';
import type { ActionContext, Change } from '../action.ts';
import { chooseMeans } from './choose-means.ts';
import { findAclFault } from './network-acl.ts';
import type { QuarantineGroups } from './plan-cut.ts';
import { findAclOf, type SubnetEdge } from './subnet-edge.ts';

/** The subnets to close, the interfaces that need not be moved for it, and why it is these. */
export interface SubnetPlan {
  readonly changes: readonly Change[];
  readonly covered: ReadonlySet<string>;
  readonly remarks: readonly Remark[];
}

/** A subnet with the interfaces of the cohort in it, and what closing it takes. */
interface Candidate {
  readonly subnetId: string;
  readonly interfaces: readonly NetworkInterface[];
  readonly change: Change;
}

/**
 * Chooses the subnets that are closed as a whole. A subnet counts only where every interface in it was read and is one of
 * the cohort's servers, none of them a lifeline, none with golden channels. Pure.
 */
export function planSubnets(
  interfaces: readonly NetworkInterface[],
  edge: SubnetEdge,
  quarantine: QuarantineGroups,
  context: ActionContext,
): SubnetPlan {
  const candidates: Candidate[] = [];
  const remarks: Remark[] = [];
  for (const [subnetId, own] of Map.groupBy(interfaces, ({ SubnetId }) => SubnetId ?? '')) {
    const change = planSubnet(subnetId, own, edge, quarantine, context);
    if (typeof change === 'string') remarks.push({ target: subnetId, reason: `Not closed as a whole: ${change}` });
    else candidates.push({ subnetId, interfaces: own, change });
  }
  const { subnets, reason } = chooseMeans(
    context.policy.fleet.networkMeans,
    interfaces.length,
    candidates.map((one) => ({ subnetId: one.subnetId, interfaces: one.interfaces.length })),
  );
  const closed = candidates.filter(({ subnetId }) => subnets.has(subnetId));
  return {
    changes: closed.map(({ change }) => change),
    covered: new Set(closed.flatMap((one) => one.interfaces.map(({ NetworkInterfaceId = '' }) => NetworkInterfaceId))),
    remarks: [{ target: 'network means', reason }, ...remarks],
  };
}

/** The change that closes a subnet, or why it must stay as it is. */
function planSubnet(
  subnetId: string,
  own: readonly NetworkInterface[],
  edge: SubnetEdge,
  quarantine: QuarantineGroups,
  context: ActionContext,
): Change | string {
  const vpcId = own[0]?.VpcId ?? '';
  const present = findAclOf(subnetId, edge.acls);
  const closingId = quarantine[vpcId]?.acl;
  const closing = edge.acls.find(({ NetworkAclId, VpcId }) => NetworkAclId === closingId && VpcId === vpcId);
  if (closingId === undefined || closing === undefined) return `VPC "${vpcId}" has no network ACL for it`;
  if (present === undefined) return 'its network ACL is not known';
  const obstacle =
    findInhabitant(subnetId, own, edge, context) ?? findLifelineTag(subnetId, present.acl.NetworkAclId, edge);
  if (obstacle !== null) return obstacle;
  const fault = findAclFault(closing, present.acl, context.policy);
  if (fault !== null) return `network ACL "${closingId}" ${fault}`;
  const [server = '', ...alsoTouches] = new Set(own.flatMap(({ Attachment }) => Attachment?.InstanceId ?? []));
  const change = {
    target: subnetId,
    server,
    before: { kind: 'subnet', aclId: present.acl.NetworkAclId ?? '', associationId: present.associationId, vpcId },
    intended: { kind: 'subnet', aclId: closingId },
  };
  return alsoTouches.length === 0 ? change : { ...change, alsoTouches };
}

/** Who lives in the subnet besides what is cut, or cannot be said not to. */
function findInhabitant(
  subnetId: string,
  own: readonly NetworkInterface[],
  { occupants, servers }: SubnetEdge,
  { cohort, policy }: ActionContext,
): string | null {
  if (cohort.goldenChannels.length > 0) return `it would cut golden channel "${cohort.goldenChannels[0]}"`;
  const found = occupants.filter(({ SubnetId }) => SubnetId === subnetId);
  const ids = new Set(found.map(({ NetworkInterfaceId }) => NetworkInterfaceId));
  if (own.some(({ NetworkInterfaceId }) => !ids.has(NetworkInterfaceId))) return 'who lives in it is not known';
  const stranger = found.find(({ Attachment }) => !cohort.servers.includes(Attachment?.InstanceId ?? ''));
  if (stranger !== undefined) {
    const whose = stranger.Attachment?.InstanceId ?? 'no server';
    return `interface "${stranger.NetworkInterfaceId ?? ''}" of ${whose} lives there as well`;
  }
  return found.map(({ Attachment }) => findWhyOpen(Attachment?.InstanceId ?? '', servers, policy)).find(isSaid) ?? null;
}

/** The guard asks the same in its own moment; to know it here leaves the other servers their interfaces to be moved. */
function findWhyOpen(id: string, servers: readonly ServerDescription[], policy: Policy): string | null {
  const description = servers.find((one) => one.id === id);
  if (description === undefined) return `server "${id}" in it is not known`;
  const { lifeline, goldenChannels } = readServerFacts(description, policy);
  if (lifeline !== null) return `server "${id}" in it: ${lifeline}`;
  return goldenChannels.length === 0 ? null : `it would cut golden channel "${goldenChannels[0]}" of "${id}"`;
}

function isSaid(reason: string | null): reason is string {
  return reason !== null;
}

/** IAM denies the call where subnet or ACL carries the tag; to know it before keeps the servers from being left open. */
function findLifelineTag(subnetId: string, aclId: string | undefined, { acls, subnets }: SubnetEdge): string | null {
  const subnet = subnets.find(({ SubnetId }) => SubnetId === subnetId);
  if (subnet === undefined) return 'its tags are not known';
  if (toTags(subnet.Tags)[tagKeys.lifeline] !== undefined) return 'it carries the lifeline tag';
  const acl = acls.find(({ NetworkAclId }) => NetworkAclId === aclId);
  return toTags(acl?.Tags)[tagKeys.lifeline] === undefined
    ? null
    : `its network ACL "${aclId}" carries the lifeline tag`;
}
