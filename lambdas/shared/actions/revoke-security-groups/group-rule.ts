import type { SecurityGroupRule } from '@aws-sdk/client-ec2';

/** Where a rule lets traffic come from or go to. */
export type RuleSource =
  | { readonly kind: 'cidr'; readonly cidr: string }
  | { readonly kind: 'prefix-list'; readonly id: string }
  | { readonly kind: 'group'; readonly id: string; readonly userId: string | null };

/** One rule of a security group with all that is needed to make it again. */
export type GroupRule = {
  readonly id: string;
  readonly groupId: string;
  readonly isEgress: boolean;
  /** `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all. */
  readonly protocol: string;
  /** As EC2 says them: -1 for all; for ICMP type and code. */
  readonly fromPort: number;
  readonly toPort: number;
  readonly source: RuleSource;
  readonly description: string | null;
  readonly tags: Readonly<Record<string, string>>;
};

const protocolNames: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };

/** EC2's form of a rule in ours; throws on one without any source, which EC2 does not have. */
export function toGroupRule(rule: SecurityGroupRule): GroupRule {
  const protocol = rule.IpProtocol ?? '-1';
  return {
    id: rule.SecurityGroupRuleId ?? '',
    groupId: rule.GroupId ?? '',
    isEgress: rule.IsEgress ?? false,
    protocol: protocolNames[protocol] ?? protocol,
    fromPort: rule.FromPort ?? -1,
    toPort: rule.ToPort ?? -1,
    source: toSource(rule),
    description: rule.Description ?? null,
    tags: Object.fromEntries((rule.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}

/** What makes two rules the same to EC2: everything but id, description and tags. */
export function ruleIdentity({ groupId, isEgress, protocol, fromPort, toPort, source }: GroupRule): string {
  const from = source.kind === 'cidr' ? source.cidr : source.id;
  return [groupId, isEgress ? 'egress' : 'ingress', protocol, fromPort, toPort, from].join(' ');
}

function toSource(rule: SecurityGroupRule): RuleSource {
  const { CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo } = rule;
  const cidr = CidrIpv4 ?? CidrIpv6;
  if (cidr !== undefined) return { kind: 'cidr', cidr };
  if (PrefixListId !== undefined) return { kind: 'prefix-list', id: PrefixListId };
  if (ReferencedGroupInfo?.GroupId !== undefined) {
    return { kind: 'group', id: ReferencedGroupInfo.GroupId, userId: ReferencedGroupInfo.UserId ?? null };
  }
  throw new TypeError(`Rule "${rule.SecurityGroupRuleId ?? ''}" not understood: it has no source`);
}
