import { tagKeys } from '../lambdas/shared/tags.ts';
import type { FrontSpec, FrontTarget } from './hosts/host-world.ts';
import { toServiceIds } from './service-ids.ts';
import type { ServiceIds } from './service-ids.ts';
import type { ScenarioService } from './scenario.ts';
import type { AwsLab } from './services/aws-lab.ts';
import { LabSetupError } from './services/setup-error.ts';

/** A service that stands in AWS: what its clients dial, and where that leads them now. */
export interface SeededService {
  readonly kind: FrontSpec['kind'];
  readTargets(): Promise<readonly FrontTarget[]>;
}

interface Seeding {
  readonly aws: AwsLab;
  readonly vpcId: string;
  readonly service: ScenarioService;
  readonly ids: ServiceIds;
  readonly tags: Readonly<Record<string, string>>;
  /** Private addresses of both servers. */
  readonly primary: string;
  readonly standby: string;
}

/** Puts the resources of a service's front into AWS: all is on the primary, and the standby waits. */
export function seedService(aws: AwsLab, vpcId: string, service: ScenarioService): SeededService {
  const tags = { [tagKeys.service]: service.name, ...service.tags };
  const [primary, standby] = [service.primary, service.standby].map((id) => findAddress(aws, id));
  const ids = toServiceIds(service);
  return seeders[service.front]({ aws, vpcId, service, ids, tags, primary: primary ?? '', standby: standby ?? '' });
}

const seeders: Readonly<Record<ScenarioService['front'], (seeding: Seeding) => SeededService>> = {
  'target-groups': seedTargetGroups,
  'elastic-ip': seedElasticIp,
  route53: seedRecords,
  'auto-scaling': seedAutoScaling,
  rds: seedDatabase,
  aurora: seedCluster,
};

// As quick as AWS lets them be: a scenario has not got the usual two and a half minutes.
const health = { intervalSeconds: 5, healthyThreshold: 2, deregistrationDelaySeconds: 30 };

function seedTargetGroups({ aws, vpcId, service, ids, tags }: Seeding): SeededService {
  const { name, port, primary, standby } = service;
  const group = { id: ids.loadBalancerId, vpcId, port, tags, ...health };
  const targetGroups = [
    { targetGroupArn: aws.elb.addTargetGroup({ ...group, name: `${name}-primary`, targets: [primary] }), weight: 100 },
    { targetGroupArn: aws.elb.addTargetGroup({ ...group, name: `${name}-standby`, targets: [standby] }), weight: 0 },
  ];
  const balancer = { name, id: ids.loadBalancerId, vpcId, address: ids.address, port, tags };
  const { listenerArn } = aws.elb.addLoadBalancer({ ...balancer, forward: { targetGroups } });
  return { kind: 'forwarder', readTargets: async () => await aws.elb.routesOf(listenerArn) };
}

/** One target group that the Auto Scaling group fills; the standby waits in `Standby`. */
function seedAutoScaling({ aws, vpcId, service, ids, tags }: Seeding): SeededService {
  const { name, port, primary, standby } = service;
  const group = { name: `${name}-primary`, id: ids.loadBalancerId, vpcId, port, tags, ...health };
  const targetGroupArn = aws.elb.addTargetGroup({ ...group, targets: [primary] });
  const balancer = { name, id: ids.loadBalancerId, vpcId, address: ids.address, port, tags };
  const forward = { targetGroups: [{ targetGroupArn, weight: 1 }] };
  const { listenerArn } = aws.elb.addLoadBalancer({ ...balancer, forward });
  aws.autoScaling.addGroup({
    name,
    minSize: 0,
    maxSize: 2,
    targetGroupArns: [targetGroupArn],
    instances: [{ instanceId: primary }, { instanceId: standby, state: 'Standby' }],
    tags,
  });
  const readTargets: SeededService['readTargets'] = async () => {
    // What came due in the group is in the target group only then.
    aws.autoScaling.inServiceOf(name);
    return await aws.elb.routesOf(listenerArn);
  };
  return { kind: 'forwarder', readTargets };
}

function seedElasticIp({ aws, service, ids, tags }: Seeding): SeededService {
  const { model } = aws.ec2;
  const { allocationId, address: publicIp } = ids;
  const card = model.interfacesOf(service.primary)[0]?.networkInterfaceId ?? '';
  aws.ec2.addElasticIp({ allocationId, publicIp, networkInterfaceId: card, tags });
  return {
    kind: 'address',
    readTargets: async () => {
      const holder = model.addresses.get(allocationId)?.association?.networkInterfaceId ?? '';
      return await Promise.resolve(toTargets(model.networkInterfaces.get(holder)?.privateIpAddress, service.port));
    },
  };
}

/** Weighted records with health checks; a client's cache keeps an answer for five seconds. */
function seedRecords({ aws, service, ids, primary, standby }: Seeding): SeededService {
  const { port } = service;
  const { healthCheckIds, recordName: name } = ids;
  aws.route53.addHealthCheck({ id: healthCheckIds.primary, address: primary, port });
  aws.route53.addHealthCheck({ id: healthCheckIds.standby, address: standby, port });
  const record = { name, ttlSeconds: 5 };
  const records = [
    { ...record, setIdentifier: 'primary', weight: 100, values: [primary], healthCheckId: healthCheckIds.primary },
    { ...record, setIdentifier: 'standby', weight: 0, values: [standby], healthCheckId: healthCheckIds.standby },
  ];
  aws.route53.addHostedZone({ id: ids.hostedZoneId, name: 'lab.internal', records });
  return {
    kind: 'resolver',
    readTargets: async () => (await aws.route53.resolve(name)).map((answer) => ({ ...answer, port })),
  };
}

/** A Multi-AZ instance: the two servers stand for its two zones. */
function seedDatabase({ aws, service, ids, tags, primary, standby }: Seeding): SeededService {
  const { port } = service;
  const places = [
    { availabilityZone: `${aws.region}a`, address: primary },
    { availabilityZone: `${aws.region}b`, address: standby },
  ];
  aws.rds.addInstance({ id: ids.databaseId, engine: 'postgres', port, places, tags });
  return readEndpoint(aws, ids.databaseId, port);
}

/** A cluster of a writer and a reader. */
function seedCluster({ aws, service, ids, tags, primary, standby }: Seeding): SeededService {
  const { port } = service;
  const { databaseId: id } = ids;
  const members = [
    { id: `${id}-primary`, availabilityZone: `${aws.region}a`, address: primary },
    { id: `${id}-standby`, availabilityZone: `${aws.region}b`, address: standby },
  ];
  aws.rds.addCluster({ id, engine: 'aurora-postgresql', port, members, tags });
  return readEndpoint(aws, id, port);
}

/** An endpoint's connections break when it fails over, so it is an address that moves. */
function readEndpoint(aws: AwsLab, id: string, port: number): SeededService {
  return {
    kind: 'address',
    readTargets: async () => await Promise.resolve(toTargets(aws.rds.endpointOf(id), port)),
  };
}

function toTargets(address: string | undefined, port: number): readonly FrontTarget[] {
  return address === undefined ? [] : [{ address, port, weight: 1 }];
}

function findAddress({ ec2 }: AwsLab, instanceId: string): string {
  const address = ec2.model.instances.get(instanceId)?.privateIpAddress;
  if (address !== undefined) return address;
  throw new LabSetupError(`Could not seed a service: the lab has no server '${instanceId}'`);
}
