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
  'listener-rule': seedRule,
  'target-group': seedTargetGroup,
  'elastic-ip': seedElasticIp,
  route53: seedRecord,
  'auto-scaling': seedAutoScaling,
  rds: seedDatabase,
  aurora: seedCluster,
};

/** Time to live of a service's record. */
export const recordTtlSeconds = 5;

// As quick as AWS lets them be: a scenario has not got the usual two and a half minutes.
const health = { intervalSeconds: 5, healthyThreshold: 2, deregistrationDelaySeconds: 30 };

function seedTargetGroups(seeding: Seeding): SeededService {
  const { elb } = seeding.aws;
  const { listenerArn } = elb.addLoadBalancer({ ...toBalancer(seeding), forward: addTargetGroups(seeding) });
  return { kind: 'forwarder', readTargets: async () => await elb.routesOf(listenerArn) };
}

/** Every path is that of a rule; what the listener does with the rest nobody meets. */
function seedRule(seeding: Seeding): SeededService {
  const { elb } = seeding.aws;
  const forward = addTargetGroups(seeding);
  const rules = [{ priority: 1, paths: ['/*'], forward }];
  const { ruleArns } = elb.addLoadBalancer({ ...toBalancer(seeding), forward, rules });
  return { kind: 'forwarder', readTargets: async () => await elb.routesOf(ruleArns[0] ?? '') };
}

function addTargetGroups({ aws, vpcId, service, ids, tags }: Seeding) {
  const { name, port, primary, standby } = service;
  const group = { id: ids.loadBalancerId, vpcId, port, tags, ...health };
  const targetGroups = [
    { targetGroupArn: aws.elb.addTargetGroup({ ...group, name: `${name}-primary`, targets: [primary] }), weight: 100 },
    { targetGroupArn: aws.elb.addTargetGroup({ ...group, name: `${name}-standby`, targets: [standby] }), weight: 0 },
  ];
  return { targetGroups };
}

function toBalancer({ vpcId, service: { name, port }, ids, tags }: Seeding) {
  return { name, id: ids.loadBalancerId, vpcId, address: ids.address, port, tags };
}

/** One target group with a member; the standby is none yet. */
function seedTargetGroup(seeding: Seeding): SeededService {
  const { elb } = seeding.aws;
  const { listenerArn } = addFilledGroup(seeding, [seeding.service.primary]);
  return { kind: 'forwarder', readTargets: async () => await elb.routesOf(listenerArn) };
}

function addFilledGroup(seeding: Seeding, targets: readonly string[]) {
  const { aws, vpcId, service, ids, tags } = seeding;
  const group = { name: `${service.name}-primary`, id: ids.loadBalancerId, vpcId, port: service.port, tags, ...health };
  const targetGroupArn = aws.elb.addTargetGroup({ ...group, targets });
  const forward = { targetGroups: [{ targetGroupArn, weight: 1 }] };
  const { listenerArn } = aws.elb.addLoadBalancer({ ...toBalancer(seeding), forward });
  return { targetGroupArn, listenerArn };
}

/** One target group that the Auto Scaling group fills: both servers carry the service, and spares stand ready. */
function seedAutoScaling(seeding: Seeding): SeededService {
  const { aws, service, tags } = seeding;
  const { name, primary, standby, spares } = service;
  const { targetGroupArn, listenerArn } = addFilledGroup(seeding, [primary, standby]);
  aws.autoScaling.addGroup({
    name,
    minSize: 0,
    maxSize: 2 + spares.length,
    targetGroupArns: [targetGroupArn],
    instances: [{ instanceId: primary }, { instanceId: standby }],
    spares,
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

/** A simple record, as fail-over wants it; a client's cache keeps an answer for five seconds. */
function seedRecord({ aws, service, ids, primary }: Seeding): SeededService {
  const { port } = service;
  const { recordName: name } = ids;
  const records = [{ name, ttlSeconds: recordTtlSeconds, values: [primary] }];
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
