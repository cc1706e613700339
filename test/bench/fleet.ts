import type { Lab } from '../../lab/lab.ts';
import { labAccountId, labRegion, labVpcId } from '../../lab/lab.ts';

const severity = 9;

/**
 * Raises a fleet of servers that share one security group and have subnets to themselves, each with one connection, and
 * returns GuardDuty's finding about all of them, as EventBridge brings it. Fleets of other generations have other servers,
 * subnets and findings.
 */
export async function raiseFleet(lab: Lab, size: number, generation: number): Promise<unknown> {
  const { ec2, ssm } = lab.aws;
  const ingress = [{ ipProtocol: 'tcp', fromPort: 443, cidrIpv4: '0.0.0.0/0' }];
  const groupId = ec2.addSecurityGroup({ groupName: `fleet ${generation}`, vpcId: labVpcId, ingress });
  const name = `0f${String(generation).padStart(3, '0')}`;
  const servers = Array.from({ length: size }, (_, index) => ({
    id: `i-${name}${String(index).padStart(12, '0')}`,
    address: `10.${100 + generation}.${index >> 7}.${(index & 127) + 10}`,
    subnetId: `subnet-${name}${String(index >> 7).padStart(12, '0')}`,
  }));
  for (const [index, subnetId] of [...new Set(servers.map((server) => server.subnetId))].entries()) {
    ec2.addSubnet({ subnetId, vpcId: labVpcId, cidrBlock: `10.${100 + generation}.${index}.0/24` });
  }
  for (const { id, address, subnetId } of servers) {
    const user = { name: 'user', address: '198.51.100.20', connections: 1, port: 443, golden: false } as const;
    ec2.addInstance({
      instanceId: id,
      vpcId: labVpcId,
      subnetId,
      networkInterfaces: [{ privateIpAddress: address, groupIds: [groupId] }],
    });
    ssm.addInstance({ instanceId: id, platformType: 'Linux', ipAddress: address });
    await lab.world.createServer({ instanceId: id, privateAddress: address, peers: [{ ...user, direction: 'in' }] });
  }
  await ec2.tellFirewalls();
  return writeFinding(
    servers.map(({ id }) => id),
    generation,
  );
}

/** An attack sequence: the one finding that names many servers, and that spreads. */
function writeFinding(ids: readonly string[], generation: number): unknown {
  const id = `0b${String(generation).padStart(30, '0')}`;
  const place = `${labRegion}:${labAccountId}`;
  const resources = ids.map((name) => ({
    uid: `arn:aws:ec2:${place}:instance/${name}`,
    name,
    resourceType: 'EC2_INSTANCE',
  }));
  const now = new Date().toISOString();
  return {
    version: '0',
    id: `7f0b6a52-0a51-4c55-9d8e-${String(generation).padStart(12, '0')}`,
    'detail-type': 'GuardDuty Finding',
    source: 'aws.guardduty',
    account: labAccountId,
    time: now,
    region: labRegion,
    resources: [],
    detail: {
      schemaVersion: '2.0',
      accountId: labAccountId,
      region: labRegion,
      partition: 'aws',
      id,
      arn: `arn:aws:guardduty:${place}:detector/0f0e0d0c0b0a09080706050403020100/finding/${id}`,
      type: 'AttackSequence:EC2/CompromisedInstanceGroup',
      resource: { resourceType: 'AttackSequence' },
      service: {
        serviceName: 'guardduty',
        archived: false,
        count: 1,
        eventFirstSeen: now,
        eventLastSeen: now,
        detection: { sequence: { uid: id, description: 'A group of instances is compromised.', resources } },
      },
      severity,
      createdAt: now,
      updatedAt: now,
      title: 'Potential compromise of an EC2 instance group.',
      description: 'Potential compromise of an EC2 instance group.',
    },
  };
}
