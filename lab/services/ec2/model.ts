/** Where a security-group rule leads: exactly one of the four. */
export type RulePeer =
  | { readonly kind: 'ipv4'; readonly cidr: string }
  | { readonly kind: 'ipv6'; readonly cidr: string }
  | { readonly kind: 'prefix-list'; readonly prefixListId: string }
  | { readonly kind: 'group'; readonly groupId: string };

/** What a rule lets through, without its identity. `fromPort` and `toPort` are -1 for protocol `-1`. */
export interface RuleSpec {
  readonly isEgress: boolean;
  readonly ipProtocol: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly peer: RulePeer;
  readonly description?: string | undefined;
}

/** A security-group rule as it stands in a group. */
export interface SecurityGroupRule extends RuleSpec {
  readonly ruleId: string;
  readonly groupId: string;
}

/** A network; groups and interfaces belong to exactly one. */
export interface Vpc {
  readonly vpcId: string;
  readonly cidrBlock: string;
  /** A default VPC forgives the revocation of a rule that is not there; others refuse it. */
  readonly isDefault: boolean;
}

/** A security group. Its rules are shared by every interface that wears it. */
export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: Map<string, SecurityGroupRule>;
}

/** How an interface is attached to its instance. Needed to put the groups back on the right card. */
export interface Attachment {
  readonly attachmentId: string;
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  readonly attachTime: Date;
}

/** An elastic network interface. Groups are worn by interfaces, never by instances. */
export interface NetworkInterface {
  readonly networkInterfaceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  readonly attachment: Attachment | undefined;
  /** Interfaces of load balancers, NAT gateways and the like: their owner alone may change them. */
  readonly requesterManaged: boolean;
  groupIds: readonly string[];
}

/** A server. What it shows as its groups are those of its primary interface. */
export interface Instance {
  readonly instanceId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  readonly platform: 'linux' | 'windows';
  readonly launchTime: Date;
  readonly instanceProfileArn: string | undefined;
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
}

/** A part of a VPC in one availability zone; exactly one network ACL stands at its edge. */
export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly availabilityZone: string;
  networkAclId: string;
  /** Another one after every ReplaceNetworkAclAssociation. */
  aclAssociationId: string;
}

/** A rule of a network ACL. `fromPort` and `toPort` are -1 where there are none. */
export interface NetworkAclEntry {
  readonly ruleNumber: number;
  readonly egress: boolean;
  readonly action: 'allow' | 'deny';
  readonly protocol: '-1' | 'icmp' | 'tcp' | 'udp';
  readonly fromPort: number;
  readonly toPort: number;
  readonly cidr: string;
}

/** A network ACL: stateless, first match by number wins. */
export interface NetworkAcl {
  readonly networkAclId: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  entries: readonly NetworkAclEntry[];
}

/** An Elastic IP address. */
export interface ElasticIp {
  readonly allocationId: string;
  readonly publicIp: string;
  association: { readonly associationId: string; readonly networkInterfaceId: string } | undefined;
}

/** Tags of one resource; the order of insertion is the order in answers. */
export type Tags = Map<string, string>;

/** The whole state of the emulated EC2: plain maps by id, changed only by the operations beside this file. */
export class Ec2Model {
  readonly accountId: string;
  readonly region: string;
  readonly vpcs = new Map<string, Vpc>();
  readonly securityGroups = new Map<string, SecurityGroup>();
  readonly networkInterfaces = new Map<string, NetworkInterface>();
  readonly instances = new Map<string, Instance>();
  readonly subnets = new Map<string, Subnet>();
  readonly networkAcls = new Map<string, NetworkAcl>();
  readonly addresses = new Map<string, ElasticIp>();
  /** Instances whose status checks fail. */
  readonly impaired = new Set<string>();
  readonly prefixLists = new Map<string, readonly string[]>();
  readonly tags = new Map<string, Tags>();
  #lastNumber = 0;

  constructor(accountId: string, region: string) {
    this.accountId = accountId;
    this.region = region;
  }

  /** A fresh id of AWS's form: 17 hexadecimal digits, counted up so that two runs agree. */
  nextId(prefix: string): string {
    this.#lastNumber += 1;
    return `${prefix}-0${this.#lastNumber.toString(16).padStart(16, '0')}`;
  }

  tagsOf(resourceId: string): Tags {
    return this.tags.get(resourceId) ?? new Map();
  }

  setTags(resourceId: string, tags: Readonly<Record<string, string>>): void {
    const known = this.tagsOf(resourceId);
    for (const [key, value] of Object.entries(tags)) known.set(key, value);
    this.tags.set(resourceId, known);
  }

  subnetsOf({ networkAclId }: NetworkAcl): readonly Subnet[] {
    return [...this.subnets.values()].filter((subnet) => subnet.networkAclId === networkAclId);
  }

  /** Subnets the lab was not told of lie in the Region's first zone. */
  zoneOf(subnetId: string): string {
    return this.subnets.get(subnetId)?.availabilityZone ?? `${this.region}a`;
  }

  interfacesOf(instanceId: string): readonly NetworkInterface[] {
    return [...this.networkInterfaces.values()]
      .filter(({ attachment }) => attachment?.instanceId === instanceId)
      .sort((left, right) => (left.attachment?.deviceIndex ?? 0) - (right.attachment?.deviceIndex ?? 0));
  }
}
