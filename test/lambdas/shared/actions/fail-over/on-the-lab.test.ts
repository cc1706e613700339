import { EC2Client } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failOver } from '../../../../../lambdas/shared/actions/fail-over/fail-over.ts';
import type { FailOver } from '../../../../../lambdas/shared/policy/fail-over-schema.ts';
import { buildCohort, buildIncident } from '../../../../builders/action-request.ts';
import { buildPolicy } from '../../../../builders/policy.ts';
import {
  primary,
  spare,
  standby,
  startRoutingLab,
  vpcId,
  type RoutingLab,
} from '../../../../lab/services/routing-lab.ts';
import { letThrough } from '../../../../builders/let-through.ts';

const places = [
  { availabilityZone: 'us-east-1a', address: '10.0.1.20' },
  { availabilityZone: 'us-east-1b', address: '10.0.2.20' },
];
const health = { intervalSeconds: 5, healthyThreshold: 2, deregistrationDelaySeconds: 30 };

/** Puts each resource into the lab, and tells how a policy would name it. */
const seeds: Readonly<Record<FailOver['by'], (lab: RoutingLab) => FailOver>> = {
  'target-group-weights': ({ aws: { elb } }) => {
    const group = { id: '0000000000000500', vpcId, port: 8080, ...health };
    const former = elb.addTargetGroup({ ...group, name: 'orders-a', targets: [primary] });
    const next = elb.addTargetGroup({ ...group, name: 'orders-b', targets: [standby] });
    const targetGroups = [
      { targetGroupArn: former, weight: 100 },
      { targetGroupArn: next, weight: 0 },
    ];
    const balancer = { name: 'orders', id: '0000000000000500', vpcId, address: '10.250.5.0', port: 8080 };
    const { listenerArn } = elb.addLoadBalancer({ ...balancer, forward: { targetGroups } });
    return { by: 'target-group-weights', listener: listenerArn, standby: next };
  },
  'target-group-members': ({ aws: { elb } }) => {
    const group = { id: '0000000000000500', vpcId, port: 8080, ...health };
    const targetGroupArn = elb.addTargetGroup({ ...group, name: 'orders-a', targets: [primary] });
    const balancer = { name: 'orders', id: '0000000000000500', vpcId, address: '10.250.5.0', port: 8080 };
    elb.addLoadBalancer({ ...balancer, forward: { targetGroups: [{ targetGroupArn, weight: 1 }] } });
    return { by: 'target-group-members', targetGroup: targetGroupArn, standby: [standby] };
  },
  'elastic-ip': ({ aws: { ec2 } }) => {
    const networkInterfaceId = ec2.model.interfacesOf(primary)[0]?.networkInterfaceId ?? '';
    ec2.addElasticIp({ allocationId: 'eipalloc-00000000000000500', publicIp: '100.64.5.0', networkInterfaceId });
    return { by: 'elastic-ip', allocationId: 'eipalloc-00000000000000500', standby };
  },
  'route53-record': ({ aws: { route53 } }) => {
    const records = [{ name: 'orders.lab.internal', ttlSeconds: 30, values: ['10.0.1.20'] }];
    route53.addHostedZone({ id: 'Z0000000000500', name: 'lab.internal', records });
    const values = { standbyValues: ['10.0.2.20'], standby: [standby] };
    return { by: 'route53-record', hostedZoneId: 'Z0000000000500', name: 'orders.lab.internal.', type: 'A', ...values };
  },
  'auto-scaling-standby': ({ aws: { autoScaling } }) => {
    const instances = [{ instanceId: primary }, { instanceId: standby }];
    autoScaling.addGroup({ name: 'orders', minSize: 2, maxSize: 4, instances, spares: [spare] });
    return { by: 'auto-scaling-standby', group: 'orders' };
  },
  'rds-multi-az': ({ aws: { rds } }) => {
    rds.addInstance({ id: 'orders', engine: 'postgres', port: 5432, places });
    return { by: 'rds-multi-az', instance: 'orders' };
  },
  'rds-cluster': ({ aws: { rds } }) => {
    const members = places.map((place, index) => ({ id: `orders-${index + 1}`, ...place }));
    rds.addCluster({ id: 'orders', engine: 'aurora-postgresql', port: 5432, members });
    return { by: 'rds-cluster', cluster: 'orders', standby: 'orders-2' };
  },
};

describe('fail-over on the services of the lab', () => {
  let lab: RoutingLab;

  beforeEach(async () => {
    lab = await startRoutingLab();
    for (const [name, value] of Object.entries(lab.aws.environment)) vi.stubEnv(name, value);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await lab.aws.stop();
  });

  const timing = () => ({ nowMs: () => lab.aws.now(), sleep: async (ms: number) => lab.aws.skipTime(ms) });
  const action = () =>
    failOver({ ec2: new EC2Client({}), timing: timing(), listCuts: async () => Promise.resolve([]) });
  const contextFor = (how: FailOver) => ({
    incident: buildIncident(),
    cohort: buildCohort({ service: 'orders', servers: [primary] }),
    policy: buildPolicy({ services: [{ name: 'orders', coreBusiness: true, failOver: how }] }),
  });

  it.each(Object.keys(seeds) as (keyof typeof seeds)[])('switches by %s, sees it, and goes back', async (by) => {
    const context = contextFor(seeds[by](lab));
    const run = action();
    const { changes } = await run.plan(context);

    const remarks = await run.apply(changes, context, letThrough);
    const observations = await run.verify(changes, context);
    let [undoing] = await action().undo(changes, new Map());
    // A Multi-AZ instance needs longer than one restore waits: the second looks what has become of the first.
    if (by === 'rds-multi-az') [undoing] = await action().undo(changes, new Map());
    const now = await action().plan(context);

    expect(remarks).toEqual([]);
    expect(observations).toMatchObject([{ held: true, reason: 'Read back, and carried' }]);
    expect(undoing?.status).toBe(by === 'rds-multi-az' ? 'already-undone' : 'undone');
    expect(now.changes).toMatchObject([{ before: { routing: expect.anything() as unknown } }]);
  });

  it.each(['rds-cluster', 'rds-multi-az'] as const)('calls %s undone only when no switch is under way', async (by) => {
    const context = contextFor(seeds[by](lab));
    const { changes } = await action().plan(context);
    const remarks = await action().apply(changes, context, letThrough);

    // It reads as before: the switch that was asked for has not begun to show.
    const [undoing] = await action().undo(changes, new Map());

    expect(remarks).toEqual([]);
    expect(undoing?.status).not.toBe('already-undone');
  });

  it('finds no standby behind a port that refuses', async () => {
    const context = contextFor(seeds['target-group-weights'](lab));
    lab.deaf.add('10.0.2.20');

    expect((await action().plan(context)).instead?.summary).toContain('has no healthy target');
  });
});
