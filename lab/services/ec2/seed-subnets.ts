import { LabSetupError } from '../setup-error.ts';
import type { Ec2Model, NetworkAclEntry } from './model.ts';
import { standardEntries } from './network-acls.ts';

/** A subnet to begin with, behind the VPC's default network ACL unless another is named. */
export interface SubnetSeed {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  /** Default: the Region's first. */
  readonly availabilityZone?: string;
  readonly networkAclId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A network ACL to begin with. Without entries it lets nothing through. */
export interface NetworkAclSeed {
  readonly networkAclId?: string;
  readonly vpcId: string;
  readonly entries?: readonly NetworkAclEntry[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** An Elastic IP address to begin with. */
export interface ElasticIpSeed {
  readonly allocationId: string;
  readonly publicIp: string;
  /** Default: nobody has it. */
  readonly networkInterfaceId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** Every VPC has an ACL that lets everything through. */
export function seedDefaultAcl(model: Ec2Model, vpcId: string): void {
  const networkAclId = toDefaultAclId(vpcId);
  if (model.networkAcls.has(networkAclId)) return;
  model.networkAcls.set(networkAclId, { networkAclId, vpcId, isDefault: true, entries: standardEntries(true) });
}

/** Puts a network ACL in place and returns its id. */
export function seedNetworkAcl(model: Ec2Model, seed: NetworkAclSeed): string {
  const { networkAclId = model.nextId('acl'), vpcId, entries = [], tags = {} } = seed;
  if (!model.vpcs.has(vpcId)) {
    throw new LabSetupError(`Could not add network ACL '${networkAclId}': the lab has no VPC '${vpcId}'`);
  }
  const all = [...entries, ...standardEntries(false)];
  model.networkAcls.set(networkAclId, { networkAclId, vpcId, isDefault: false, entries: all });
  model.setTags(networkAclId, tags);
  return networkAclId;
}

/** Adds an entry to a network ACL; a number that is taken in its direction is a mistake of the template. */
export function seedNetworkAclEntry(model: Ec2Model, networkAclId: string, entry: NetworkAclEntry): void {
  const acl = model.networkAcls.get(networkAclId);
  const { ruleNumber, egress } = entry;
  if (acl === undefined || acl.entries.some((other) => other.ruleNumber === ruleNumber && other.egress === egress)) {
    throw new LabSetupError(`Could not add entry '${ruleNumber}' to network ACL '${networkAclId}': unknown, or taken`);
  }
  acl.entries = [...acl.entries, entry];
}

/** Puts a subnet in place. */
export function seedSubnet(model: Ec2Model, seed: SubnetSeed): void {
  const { subnetId, vpcId, cidrBlock, availabilityZone = `${model.region}a`, tags = {} } = seed;
  const networkAclId = seed.networkAclId ?? toDefaultAclId(vpcId);
  if (!model.networkAcls.has(networkAclId)) {
    throw new LabSetupError(`Could not add subnet '${subnetId}': the lab has no VPC '${vpcId}' with '${networkAclId}'`);
  }
  const aclAssociationId = `aclassoc-${subnetId.replace(/^subnet-/, '')}`;
  model.subnets.set(subnetId, { subnetId, vpcId, cidrBlock, availabilityZone, networkAclId, aclAssociationId });
  model.setTags(subnetId, tags);
}

/** The subnet of an instance; one that was not added before spans the 256 addresses around the instance. */
export function ensureSubnet(model: Ec2Model, vpcId: string, address: string, wanted?: string): string {
  const network = address.split('.').slice(0, 3);
  const numbers = network.map((part) => Number(part).toString(16).padStart(2, '0')).join('');
  // From the address, so that neighbours share it, and from the VPC, so that others do not.
  const subnetId = wanted ?? `subnet-0${numbers}00${toHexTail(vpcId).slice(-8)}`;
  if (!model.subnets.has(subnetId)) seedSubnet(model, { subnetId, vpcId, cidrBlock: `${network.join('.')}.0/24` });
  return subnetId;
}

/** Puts an Elastic IP address in place. */
export function seedElasticIp(model: Ec2Model, seed: ElasticIpSeed): void {
  const { allocationId, publicIp, networkInterfaceId, tags = {} } = seed;
  const association =
    networkInterfaceId === undefined ? undefined : { associationId: model.nextId('eipassoc'), networkInterfaceId };
  model.addresses.set(allocationId, { allocationId, publicIp, association });
  model.setTags(allocationId, tags);
}

function toDefaultAclId(vpcId: string): string {
  return `acl-${toHexTail(vpcId)}`;
}

function toHexTail(id: string): string {
  return id
    .replace(/^[^-]*-/, '')
    .replaceAll(/[^0-9a-f]/g, '')
    .padStart(17, '0')
    .slice(-17);
}
