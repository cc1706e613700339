import {
  DeregisterTargetsCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toClientConfig } from '../client-config.ts';
import { primary, standby, startRoutingLab, vpcId } from '../routing-lab.ts';
import type { RoutingLab } from '../routing-lab.ts';

const id = '0000000000000051';
const elb = 'arn:aws:elasticloadbalancing:us-east-1:123456789012';
const [groupA, groupB] = [`${elb}:targetgroup/a/${id}`, `${elb}:targetgroup/b/${id}`];
const listener = `${elb}:listener/net/orders/${id}/${id}`;

describe('Elastic Load Balancing', () => {
  let lab: RoutingLab;
  let client: ElasticLoadBalancingV2Client;
  let ruleArn: string;

  beforeEach(async () => {
    lab = await startRoutingLab();
    client = new ElasticLoadBalancingV2Client(toClientConfig(lab.aws));
    const group = { id, vpcId, port: 8080, tags: { service: 'orders' } };
    lab.aws.elb.addTargetGroup({ ...group, name: 'a', targets: [primary] });
    lab.aws.elb.addTargetGroup({ ...group, name: 'b', targets: [standby] });
    const forward = { targetGroups: [{ targetGroupArn: groupA, weight: 1 }] };
    const balancer = { name: 'orders', id, vpcId, address: '10.0.9.9', port: 443 };
    const rules = [{ priority: 10, paths: ['/api'], forward }];
    ruleArn = lab.aws.elb.addLoadBalancer({ ...balancer, forward, rules }).ruleArns[0] ?? '';
  });
  afterEach(async () => await lab.aws.stop());

  const healthOf = async (TargetGroupArn: string) => {
    const { TargetHealthDescriptions } = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    return TargetHealthDescriptions?.map(({ Target, TargetHealth }) => [
      Target?.Id,
      TargetHealth?.State,
      TargetHealth?.Reason,
    ]);
  };
  const weigh = async (a: number, b: number) =>
    await client.send(
      new ModifyListenerCommand({
        ListenerArn: listener,
        DefaultActions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                { TargetGroupArn: groupA, Weight: a },
                { TargetGroupArn: groupB, Weight: b },
              ],
            },
          },
        ],
      }),
    );

  it('asks the host for the health of a target, and checks only what a listener names', async () => {
    expect(await healthOf(groupA)).toEqual([[primary, 'healthy', undefined]]);
    expect(await healthOf(groupB)).toEqual([[standby, 'unused', 'Target.NotInUse']]);

    lab.deaf.add('10.0.1.20');
    await weigh(1, 0);

    expect(await healthOf(groupA)).toEqual([[primary, 'unhealthy', 'Target.FailedHealthChecks']]);
    expect(await healthOf(groupB)).toEqual([[standby, 'healthy', undefined]]);
  });

  it('believes a target that failed only after the whole threshold', async () => {
    lab.deaf.add('10.0.1.20');
    await healthOf(groupA);
    lab.deaf.clear();

    expect(await healthOf(groupA)).toEqual([[primary, 'unhealthy', 'Target.FailedHealthChecks']]);

    await lab.aws.skipTime(151_000);
    expect(await healthOf(groupA)).toEqual([[primary, 'healthy', undefined]]);
  });

  it('moves the weights of a listener and routes by them', async () => {
    const { Listeners } = await weigh(0, 100);

    expect(Listeners?.[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups).toEqual([
      { TargetGroupArn: groupA, Weight: 0 },
      { TargetGroupArn: groupB, Weight: 100 },
    ]);
    expect(await lab.aws.elb.routesOf(listener)).toEqual([{ address: '10.0.2.20', port: 8080, weight: 100 }]);
  });

  it.each([
    ['a weight over 999', 1000, 0],
    ['a weight under 0', -1, 0],
  ])('refuses %s and leaves the listener as it was', async (_, a, b) => {
    await expect(weigh(a, b)).rejects.toMatchObject({ name: 'ValidationError' });

    expect(await lab.aws.elb.routesOf(listener)).toMatchObject([{ address: '10.0.1.20' }]);
  });

  it('sends to all of a group none of whose targets is healthy, as AWS does', async () => {
    lab.deaf.add('10.0.1.20');

    expect(await lab.aws.elb.routesOf(listener)).toMatchObject([{ address: '10.0.1.20' }]);
  });

  it('drains a deregistered target for the delay and then forgets it', async () => {
    const change = { TargetGroupArn: groupA, Targets: [{ Id: primary }] };
    await client.send(new DeregisterTargetsCommand(change));

    expect(await healthOf(groupA)).toEqual([[primary, 'draining', 'Target.DeregistrationInProgress']]);
    expect(await lab.aws.elb.routesOf(listener)).toEqual([]);

    await lab.aws.skipTime(300_000);
    expect(await healthOf(groupA)).toEqual([]);
    // No error for a target that is gone.
    await client.send(new DeregisterTargetsCommand(change));
  });

  it('checks a registered target from the beginning', async () => {
    await client.send(new RegisterTargetsCommand({ TargetGroupArn: groupA, Targets: [{ Id: standby }] }));

    expect(await healthOf(groupA)).toContainEqual([standby, 'initial', 'Elb.InitialHealthChecking']);

    await lab.aws.skipTime(150_000);
    expect(await healthOf(groupA)).toContainEqual([standby, 'healthy', undefined]);
  });

  it('answers for a target that was never registered that it is unused', async () => {
    const asked = { TargetGroupArn: groupA, Targets: [{ Id: standby, Port: 8080 }] };
    const { TargetHealthDescriptions } = await client.send(new DescribeTargetHealthCommand(asked));

    expect(TargetHealthDescriptions?.[0]?.TargetHealth).toMatchObject({
      State: 'unused',
      Reason: 'Target.NotRegistered',
    });
  });

  it('shows rules with the default one last, and changes only the others', async () => {
    const { Rules } = await client.send(new DescribeRulesCommand({ ListenerArn: listener }));
    const actions = [{ Type: 'forward' as const, TargetGroupArn: groupB }];
    const { Rules: changed } = await client.send(new ModifyRuleCommand({ RuleArn: ruleArn, Actions: actions }));
    const refused = client.send(new ModifyRuleCommand({ RuleArn: Rules?.[1]?.RuleArn, Actions: actions }));

    expect(Rules?.map(({ Priority, IsDefault }) => [Priority, IsDefault])).toEqual([
      ['10', false],
      ['default', true],
    ]);
    expect(changed?.[0]?.Actions?.[0]?.TargetGroupArn).toBe(groupB);
    await expect(refused).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
  });

  it('describes balancers, groups, attributes and tags', async () => {
    const balancers = await client.send(new DescribeLoadBalancersCommand({}));
    const groups = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [groupA, groupB] }));
    const attributes = await client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: groupA }));
    const tags = await client.send(new DescribeTagsCommand({ ResourceArns: [groupA] }));

    const arn = `${elb}:loadbalancer/net/orders/${id}`;
    expect(balancers.LoadBalancers).toMatchObject([{ LoadBalancerArn: arn, State: { Code: 'active' } }]);
    expect(groups.TargetGroups?.map(({ LoadBalancerArns }) => LoadBalancerArns)).toEqual([[arn], []]);
    expect(attributes.Attributes?.[0]).toEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '300' });
    expect(tags.TagDescriptions?.[0]?.Tags).toEqual([{ Key: 'service', Value: 'orders' }]);
  });

  it('gives pages with a marker', async () => {
    const first = await client.send(new DescribeTargetGroupsCommand({ PageSize: 1 }));
    const second = await client.send(new DescribeTargetGroupsCommand({ PageSize: 1, Marker: first.NextMarker }));

    const seen = [first, second].map(({ TargetGroups }) => TargetGroups?.map(({ TargetGroupName }) => TargetGroupName));
    expect(seen).toEqual([['a'], ['b']]);
    expect(second.NextMarker).toBeUndefined();
  });

  it.each([
    ['an unknown group', 'TargetGroupNotFoundException', groupA.replace('/a/', '/x/')],
    ['an ARN of another kind', 'ValidationError', listener],
  ])('refuses %s', async (_, name, TargetGroupArn) => {
    await expect(client.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).rejects.toMatchObject({ name });
  });

  it('refuses unknown listeners, strange targets and a group of another load balancer', async () => {
    const other = { name: 'other', id: '0000000000000052', vpcId, address: '10.0.9.8', port: 443 };
    lab.aws.elb.addLoadBalancer({ ...other, forward: { targetGroups: [{ targetGroupArn: groupB, weight: 1 }] } });
    const unknown = { ListenerArns: [`${listener}0`] };
    const stranger = { TargetGroupArn: groupA, Targets: [{ Id: 'i-0000000000000000f' }] };

    await expect(client.send(new DescribeListenersCommand(unknown))).rejects.toMatchObject({
      name: 'ListenerNotFoundException',
    });
    await expect(client.send(new RegisterTargetsCommand(stranger))).rejects.toMatchObject({
      name: 'InvalidTargetException',
    });
    await expect(weigh(1, 1)).rejects.toMatchObject({ name: 'TargetGroupAssociationLimitException' });
  });

  it('throttles where a fault says so', async () => {
    lab.aws.gateway.setIntercept(() => ({ error: { code: 'Throttling', message: 'Rate exceeded', status: 400 } }));

    await expect(client.send(new DescribeTagsCommand({ ResourceArns: [groupA] }))).rejects.toMatchObject({
      name: 'Throttling',
    });
  });
});
