import { ServiceError } from '../wire/service-error.ts';
import type {
  Ec2Model,
  ElasticIp,
  Instance,
  NetworkAcl,
  NetworkInterface,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
} from './model.ts';

/** Finds a security group or answers as EC2 does for a malformed or unknown id. */
export function findGroup(model: Ec2Model, groupId: string): SecurityGroup {
  checkId(groupId, 'sg', 'InvalidGroupId.Malformed');
  return found(model.securityGroups.get(groupId), 'InvalidGroup.NotFound', 'security group', groupId);
}

/** Finds a network interface or answers as EC2 does for a malformed or unknown id. */
export function findInterface(model: Ec2Model, networkInterfaceId: string): NetworkInterface {
  checkId(networkInterfaceId, 'eni', 'InvalidNetworkInterfaceId.Malformed');
  const card = model.networkInterfaces.get(networkInterfaceId);
  return found(card, 'InvalidNetworkInterfaceID.NotFound', 'networkInterface ID', networkInterfaceId);
}

/** Finds an instance or answers as EC2 does for a malformed or unknown id. */
export function findInstance(model: Ec2Model, instanceId: string): Instance {
  checkId(instanceId, 'i', 'InvalidInstanceID.Malformed');
  return found(model.instances.get(instanceId), 'InvalidInstanceID.NotFound', 'instance ID', instanceId);
}

/** Finds a rule anywhere; whether it stands in the group that was named is the caller's question. */
export function findRule(model: Ec2Model, ruleId: string): SecurityGroupRule {
  checkId(ruleId, 'sgr', 'InvalidSecurityGroupRuleId.Malformed');
  const group = [...model.securityGroups.values()].find(({ rules }) => rules.has(ruleId));
  return found(group?.rules.get(ruleId), 'InvalidSecurityGroupRuleId.NotFound', 'security group rule ID', ruleId);
}

/** Finds a subnet or answers as EC2 does for a malformed or unknown id. */
export function findSubnet(model: Ec2Model, subnetId: string): Subnet {
  checkId(subnetId, 'subnet', 'InvalidSubnetID.Malformed');
  return found(model.subnets.get(subnetId), 'InvalidSubnetID.NotFound', 'subnet ID', subnetId);
}

/** Finds a network ACL or answers as EC2 does for a malformed or unknown id. */
export function findNetworkAcl(model: Ec2Model, networkAclId: string): NetworkAcl {
  checkId(networkAclId, 'acl', 'InvalidNetworkAclID.Malformed');
  return found(model.networkAcls.get(networkAclId), 'InvalidNetworkAclID.NotFound', 'networkAcl ID', networkAclId);
}

/** Finds an Elastic IP address; EC2 makes no difference between a malformed and an unknown id here. */
export function findAddress(model: Ec2Model, allocationId: string): ElasticIp {
  return found(model.addresses.get(allocationId), 'InvalidAllocationID.NotFound', 'allocation ID', allocationId);
}

/** AWS counts 8 or 17 hexadecimal digits after the prefix. */
function checkId(id: string, prefix: string, code: string): void {
  if (new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`, 'u').test(id)) return;
  throw new ServiceError(code, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}

function found<Thing>(thing: Thing | undefined, code: string, noun: string, id: string): Thing {
  if (thing === undefined) throw new ServiceError(code, `The ${noun} '${id}' does not exist`);
  return thing;
}
