import type { ScenarioServer } from './scenario.ts';
import type { AwsLab } from './services/aws-lab.ts';

/**
 * Puts a scenario's server into EC2 and Systems Manager, with a security group of its own that lets in what its peers
 * dial and lets everything out. Returns when the group is in force on the host.
 */
export async function placeServer(aws: AwsLab, vpcId: string, server: ScenarioServer): Promise<void> {
  const groupId = aws.ec2.addSecurityGroup({
    groupName: `own group of ${server.id}`,
    vpcId,
    ingress: server.peers
      .filter(({ direction }) => direction === 'in')
      .map(({ name, port, address, allowed }) => ({
        ipProtocol: 'tcp',
        fromPort: port,
        toPort: port,
        cidrIpv4: allowed === 'anyone' ? '0.0.0.0/0' : `${address}/32`,
        description: name,
      }))
      .filter(isFirst),
  });
  const subnetId = placeSubnet(aws, vpcId, server);
  aws.ec2.addInstance({
    instanceId: server.id,
    vpcId,
    ...(subnetId !== undefined && { subnetId }),
    tags: server.tags,
    networkInterfaces: Array.from({ length: server.interfaces }, (_, index) => ({
      privateIpAddress: index === 0 ? server.address : nextAddress(server.address, index),
      groupIds: [groupId],
      deviceIndex: index,
      tags: server.tags,
    })),
  });
  const platformType = server.machine?.platform ?? 'Linux';
  aws.ssm.addInstance({ instanceId: server.id, platformType, ipAddress: server.address });
  await aws.ec2.tellFirewalls();
}

/** A server in a zone of its own stands in a subnet of its own; one that names none shares that of its neighbours. */
function placeSubnet(
  { ec2, region }: AwsLab,
  vpcId: string,
  { id, address, zone }: ScenarioServer,
): string | undefined {
  if (zone === undefined) return undefined;
  const subnetId = `subnet-${id.replace(/^i-/, '')}`;
  const cidrBlock = `${address.split('.').slice(0, 3).join('.')}.0/24`;
  ec2.addSubnet({ subnetId, vpcId, cidrBlock, availabilityZone: `${region}${zone}` });
  return subnetId;
}

/** Two peers on one port need one rule. */
function isFirst<Rule extends { readonly fromPort: number; readonly cidrIpv4: string }>(
  rule: Rule,
  index: number,
  rules: readonly Rule[],
): boolean {
  return (
    rules.findIndex(({ fromPort, cidrIpv4 }) => fromPort === rule.fromPort && cidrIpv4 === rule.cidrIpv4) === index
  );
}

function nextAddress(address: string, step: number): string {
  const parts = address.split('.');
  return [...parts.slice(0, 3), String(Number(parts[3]) + step)].join('.');
}

/** Groups of every interface, rules of every such group and the subnet's network ACL, without the rule ids: a rule put back gets a new one. */
export function readNetwork({ ec2: { model } }: AwsLab, instanceId: string): string {
  const cards = [...model.networkInterfaces.values()].filter(({ attachment }) => attachment?.instanceId === instanceId);
  return JSON.stringify(
    cards.map(({ networkInterfaceId, groupIds, subnetId }) => ({
      networkInterfaceId,
      // Another association id is no difference: AWS never gives one back.
      networkAclId: model.subnets.get(subnetId)?.networkAclId,
      aclEntries: model.networkAcls.get(model.subnets.get(subnetId)?.networkAclId ?? '')?.entries,
      groups: groupIds.map((groupId) => ({
        groupId,
        rules: [...(model.securityGroups.get(groupId)?.rules.values() ?? [])]
          .map(({ ruleId, ...rule }) => JSON.stringify({ ...rule, tags: [...model.tagsOf(ruleId)] }))
          .sort(),
      })),
    })),
  );
}
