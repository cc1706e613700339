import type { NetworkAcl, NetworkInterface, Subnet } from '@aws-sdk/client-ec2';
import { toTags } from '../../clients/ec2-reads.ts';
import type { Remark } from '../../contracts/action.ts';
import { tagKeys } from '../../tags.ts';
import type { ActionContext, Change } from '../action.ts';
import { readRange } from './address-range.ts';
import { buckets } from './choose-means.ts';
import { fuseRuleNumbers, isDenyOf, maxEntries, readEntries, type AclEntry } from './network-acl.ts';
import type { QuarantineGroups } from './plan-cut.ts';
import type { SubnetEdge } from './subnet-edge.ts';

/** Entries to make, and what was left out with the reason. */
export interface EntryPlan {
  readonly changes: readonly Change[];
  readonly remarks: readonly Remark[];
}

/** One address of a server, as an entry names it. */
interface Address {
  readonly server: string;
  readonly subnetId: string;
  readonly cidr: string;
}

/**
 * Plans the second layer against a threat that spreads: other subnets deny the servers' addresses, in both directions,
 * and so end what is under way between them too. An inbound entry names the source of traffic and an outbound one its
 * destination, so in the server's own subnet such a deny would meet nothing; it belongs into the ACLs of the others. It
 * concerns that server alone, whoever shares the ACL. Pure.
 */
export function planAclEntries(
  interfaces: readonly NetworkInterface[],
  edge: SubnetEdge,
  quarantine: QuarantineGroups,
  context: ActionContext,
): EntryPlan {
  const { cohort } = context;
  if (cohort.goldenChannels.length > 0) {
    const reason = `No denies: they would cut golden channel "${cohort.goldenChannels[0]}" too`;
    return { changes: [], remarks: [{ target: 'network ACLs', reason }] };
  }
  const changes: Change[] = [];
  const remarks: Remark[] = [];
  for (const [vpcId, cards] of Map.groupBy(interfaces, ({ VpcId }) => VpcId ?? '')) {
    const own = quarantine[vpcId];
    if (own === undefined) continue;
    const agent = findAgentSubnets(vpcId, edge.subnets, context);
    if (agent === null) {
      remarks.push({
        target: vpcId,
        reason:
          'No denies in network ACLs: none of its subnets is known to hold the path of the agent, which they might cut',
      });
      continue;
    }
    const addresses = cards.flatMap(toAddresses);
    for (const acl of edge.acls.filter((one) => one.VpcId === vpcId && one.NetworkAclId !== own.acl)) {
      const room = Math.max(0, Math.floor((buckets.createNetworkAclEntry.burst - changes.length) / 2));
      const plan = planAcl(acl, addresses, agent, room);
      changes.push(...plan.changes);
      remarks.push(...plan.remarks);
    }
  }
  return { changes, remarks };
}

/** The subnets with the addresses that the agent needs; null when none is known to have them. */
function findAgentSubnets(vpcId: string, subnets: readonly Subnet[], { policy }: ActionContext): Set<string> | null {
  const needed = policy.agentPath.cidrs.map(readRange).filter((range) => range !== null);
  const holding = subnets.filter(({ VpcId, CidrBlock, Ipv6CidrBlockAssociationSet = [] }) => {
    const blocks = [CidrBlock, ...Ipv6CidrBlockAssociationSet.map(({ Ipv6CidrBlock }) => Ipv6CidrBlock)];
    const ranges = blocks.map((block) => readRange(block ?? '')).filter((range) => range !== null);
    return (
      VpcId === vpcId &&
      ranges.some((one) =>
        needed.some((two) => one.family === two.family && one.low <= two.high && two.low <= one.high),
      )
    );
  });
  return holding.length === 0 ? null : new Set(holding.flatMap(({ SubnetId }) => SubnetId ?? []));
}

/** Private addresses of both families, and blocks handed to the interface as a whole. */
function toAddresses(card: NetworkInterface): Address[] {
  const { PrivateIpAddresses = [], Ipv6Addresses = [], Ipv4Prefixes = [], Ipv6Prefixes = [] } = card;
  const single = [
    ...(PrivateIpAddresses.length === 0 ? [card.PrivateIpAddress] : []),
    ...PrivateIpAddresses.map(({ PrivateIpAddress }) => PrivateIpAddress),
  ].flatMap((address) => (address === undefined ? [] : [`${address}/32`]));
  const cidrs = [
    ...single,
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => (Ipv6Address === undefined ? [] : [`${Ipv6Address}/128`])),
    ...Ipv4Prefixes.flatMap(({ Ipv4Prefix }) => Ipv4Prefix ?? []),
    ...Ipv6Prefixes.flatMap(({ Ipv6Prefix }) => Ipv6Prefix ?? []),
  ];
  const [server, subnetId] = [card.Attachment?.InstanceId ?? '', card.SubnetId ?? ''];
  return [...new Set(cidrs)].map((cidr) => ({ server, subnetId, cidr }));
}

/** Denies in one ACL: of all the addresses or of none, for whoever is left out still spreads there. */
function planAcl(
  acl: NetworkAcl,
  addresses: readonly Address[],
  agent: ReadonlySet<string>,
  mostPairs: number,
): EntryPlan {
  const target = acl.NetworkAclId ?? '';
  const behind = (acl.Associations ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
  // Traffic within a subnet never meets its ACL.
  const wanted = addresses.filter(({ subnetId }) => behind.some((other) => other !== subnetId));
  if (wanted.length === 0) return { changes: [], remarks: [] };
  const reason = findReasonToSpare(acl, behind, agent);
  if (reason !== null) return { changes: [], remarks: [{ target, reason }] };
  const slots = new FreeNumbers(readEntries(acl));
  const pairs = wanted.slice(0, mostPairs).flatMap((address) => {
    const pair = slots.takePair(address.cidr);
    return pair === null ? [] : [{ address, pair }];
  });
  if (pairs.length < wanted.length) return { changes: [], remarks: [{ target, reason: noRoom(wanted.length) }] };
  return {
    changes: pairs.flatMap(({ address, pair }) => pair.map((slot) => toChange(target, address, slot))),
    remarks: [],
  };
}

function noRoom(addresses: number): string {
  const { first, last } = fuseRuleNumbers;
  const { burst } = buckets.createNetworkAclEntry;
  return `No room to deny ${addresses} addresses here: ${maxEntries} entries a direction, numbers ${first} to ${last}, ${burst} calls at once`;
}

function findReasonToSpare(acl: NetworkAcl, behind: readonly string[], agent: ReadonlySet<string>): string | null {
  if (toTags(acl.Tags)[tagKeys.lifeline] !== undefined) return 'Network ACL carries the lifeline tag';
  const shared = behind.find((subnetId) => agent.has(subnetId));
  if (shared === undefined) return null;
  return `Not denied here: subnet "${shared}" behind it has the path of the agent, which the host cut needs`;
}

/** Where an entry goes; `before` is the number of one that says the same already. */
interface Slot {
  readonly isEgress: boolean;
  readonly ruleNumber: number;
  readonly before: number | null;
}

function toChange(aclId: string, { server, cidr }: Address, { isEgress, ruleNumber, before }: Slot): Change {
  return {
    // By what it denies, so that two incidents about one server meet in one target.
    target: `${aclId} ${isEgress ? 'to' : 'from'} ${cidr}`,
    server,
    before: { kind: 'acl-entry', aclId, isEgress, cidr, ruleNumber: before },
    intended: { kind: 'acl-entry', ruleNumber },
  };
}

/** Numbers of one ACL that the fuse may still take: free, in its own range, and met before anything is let through. */
class FreeNumbers {
  readonly #entries: readonly AclEntry[];
  readonly #taken: readonly [Set<number>, Set<number>];

  constructor(entries: readonly AclEntry[]) {
    this.#entries = entries;
    const numbersOf = (isEgress: boolean) =>
      new Set(entries.filter((entry) => entry.isEgress === isEgress).map(({ ruleNumber }) => ruleNumber));
    this.#taken = [numbersOf(false), numbersOf(true)];
  }

  /** A place in each direction, or null where one of them has none: half a deny is not worth the other's room. */
  takePair(cidr: string): readonly [Slot, Slot] | null {
    const [inbound, outbound] = [this.#find(cidr, false), this.#find(cidr, true)];
    if (inbound === null || outbound === null) return null;
    this.#taken[0].add(inbound.ruleNumber);
    this.#taken[1].add(outbound.ruleNumber);
    return [inbound, outbound];
  }

  #find(cidr: string, isEgress: boolean): Slot | null {
    const taken = this.#taken[isEgress ? 1 : 0];
    const allowed = this.#entries.filter((entry) => entry.isEgress === isEgress && entry.isAllow);
    const last = Math.min(fuseRuleNumbers.last, ...allowed.map(({ ruleNumber }) => ruleNumber - 1));
    const same = this.#entries.find((entry) => isDenyOf(entry, cidr, isEgress) && entry.ruleNumber <= last);
    if (same !== undefined) return { isEgress, ruleNumber: same.ruleNumber, before: same.ruleNumber };
    if (taken.size >= maxEntries || last < fuseRuleNumbers.first) return null;
    // Two cuts at the same moment each begin elsewhere, so they seldom want one number.
    const start = Buffer.from(cidr).reduce((sum, byte) => (sum * 31 + byte) % 9_973, 0);
    for (let step = 0; step < last; step += 1) {
      const ruleNumber = 1 + ((start + step) % last);
      if (!taken.has(ruleNumber)) return { isEgress, ruleNumber, before: null };
    }
    return null;
  }
}
