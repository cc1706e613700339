import type { NetworkAcl, NetworkAclEntry } from '@aws-sdk/client-ec2';
import type { Policy } from '../../policy/policy-schema.ts';
import { agentTraffic } from './choose-groups.ts';
import { findOpening, isSameTraffic, overlaps, toTraffic, type Traffic } from './coverage.ts';

/** One entry of a network ACL, as far as the fuse compares it. */
export interface AclEntry {
  readonly ruleNumber: number;
  readonly isEgress: boolean;
  readonly isAllow: boolean;
  readonly protocol: string;
  readonly cidr: string;
  readonly fromPort: number;
  readonly toPort: number;
}

/** Rule numbers of the fuse's own: low, so that its denies are met before anything is let through. */
export const fuseRuleNumbers = { first: 1, last: 39 } as const;

/** AWS ends every ACL with a deny at this number or the next (IPv6); it counts into the quota. */
const firstStandardNumber = 32_767;

/** Entries a direction by default; a raised quota is not known here, and fewer is the safe side. */
export const maxEntries = 20;

const protocolNames: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };

/** The entries of an ACL, in the order in which they are met. */
export function readEntries(acl: NetworkAcl): AclEntry[] {
  return (acl.Entries ?? []).map(toEntry).sort((left, right) => left.ruleNumber - right.ruleNumber);
}

function toEntry(entry: NetworkAclEntry): AclEntry {
  const { RuleNumber = 0, Egress = false, RuleAction, Protocol = '-1', CidrBlock, Ipv6CidrBlock, PortRange } = entry;
  return {
    ruleNumber: RuleNumber,
    isEgress: Egress,
    isAllow: RuleAction === 'allow',
    protocol: protocolNames[Protocol] ?? Protocol,
    cidr: CidrBlock ?? Ipv6CidrBlock ?? '',
    fromPort: PortRange?.From ?? -1,
    toPort: PortRange?.To ?? -1,
  };
}

/** True for a deny of all traffic with exactly these addresses: the one kind of entry that the fuse makes. */
export function isDenyOf(entry: AclEntry, cidr: string, isEgress: boolean): boolean {
  return entry.isEgress === isEgress && !entry.isAllow && entry.protocol === '-1' && entry.cidr === cidr;
}

/** What a network ACL admits so that the agent of a server behind it works: HTTPS there, and the answers. */
export function agentAclTraffic(policy: Policy): Traffic[] {
  const answers = policy.agentPath.cidrs.map((cidr) => ({
    isEgress: false,
    protocol: 'tcp',
    // No state is kept by an ACL: what the agent's calls get back comes to a port that its host chose.
    fromPort: 1024,
    toPort: 65_535,
    source: { kind: 'cidr', cidr } as const,
  }));
  return [...agentTraffic(policy), ...toTraffic(answers)];
}

/** Why the ACL that closes a subnet must not take the place of the present one, or null. Pure. */
export function findAclFault(closing: NetworkAcl, present: NetworkAcl, policy: Policy): string | null {
  const entries = readEntries(closing).filter(({ ruleNumber }) => ruleNumber < firstStandardNumber);
  const admitted = entries.flatMap(toAclTraffic);
  const isAsMade = entries.every(({ isAllow }) => isAllow) && isSameTraffic(admitted, agentAclTraffic(policy));
  if (!isAsMade) return 'has other entries than the policy says';
  if (closing.NetworkAclId === present.NetworkAclId) return null;
  return isAdmitted(admitted, readEntries(present)) ? null : 'would open more than the subnet had open';
}

/** True when every piece of traffic meets an entry that lets it through before one that does not. */
function isAdmitted(wanted: readonly Traffic[], entries: readonly AclEntry[]): boolean {
  const isMetFirst = (one: Traffic): boolean => {
    const allows: Traffic[] = [];
    for (const entry of entries) {
      const met = toAclTraffic(entry);
      if (entry.isAllow) allows.push(...met);
      // A deny matters only for what no earlier entry let through; taken as a whole it is judged on the safe side.
      else if (met.some((other) => overlaps(one, other))) return findOpening([one], allows) === null;
      if (findOpening([one], allows) === null) return true;
    }
    return false;
  };
  return wanted.every(isMetFirst);
}

function toAclTraffic({ isEgress, protocol, fromPort, toPort, cidr }: AclEntry): Traffic[] {
  return toTraffic([{ isEgress, protocol, fromPort, toPort, source: { kind: 'cidr', cidr } }]);
}
