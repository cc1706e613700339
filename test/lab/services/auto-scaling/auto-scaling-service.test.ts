import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toClientConfig } from '../client-config.ts';
import { primary, spare, standby, startRoutingLab, vpcId } from '../routing-lab.ts';
import type { RoutingLab } from '../routing-lab.ts';

const AutoScalingGroupName = 'orders';

describe('Auto Scaling', () => {
  let lab: RoutingLab;
  let client: AutoScalingClient;
  let targetGroupArn: string;

  beforeEach(async () => {
    lab = await startRoutingLab();
    client = new AutoScalingClient(toClientConfig(lab.aws));
    const group = { name: 'a', id: '0000000000000051', vpcId, port: 8080, deregistrationDelaySeconds: 30 };
    targetGroupArn = lab.aws.elb.addTargetGroup({ ...group, targets: [primary] });
    addGroup(0);
  });
  afterEach(async () => await lab.aws.stop());

  const addGroup = (minSize: number, maxSize = 2, spares: readonly string[] = []) =>
    lab.aws.autoScaling.addGroup({
      name: AutoScalingGroupName,
      minSize,
      maxSize,
      targetGroupArns: [targetGroupArn],
      spares,
      instances: [{ instanceId: primary }, { instanceId: standby, state: 'Standby' }],
      tags: { service: 'orders' },
    });
  const enter = async (InstanceIds: string[] = [primary], ShouldDecrementDesiredCapacity = true) =>
    await client.send(new EnterStandbyCommand({ AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity }));
  const exit = async () => await client.send(new ExitStandbyCommand({ AutoScalingGroupName, InstanceIds: [standby] }));
  const states = async () =>
    (await client.send(new DescribeAutoScalingInstancesCommand({}))).AutoScalingInstances?.map(
      ({ LifecycleState }) => LifecycleState,
    );
  const targets = () => [...(lab.aws.elb.model.targetGroups.get(targetGroupArn)?.targets.values() ?? [])];

  it('puts an instance into standby once its connections had time to drain', async () => {
    const { Activities } = await enter();

    expect(Activities?.[0]).toMatchObject({ AutoScalingGroupName, StatusCode: 'InProgress' });
    expect(await states()).toEqual(['EnteringStandby', 'Standby']);
    expect(targets()[0]?.drainsUntil).toBeTypeOf('number');

    await lab.aws.skipTime(30_000);
    expect(await states()).toEqual(['Standby', 'Standby']);
    const { Activities: later } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName }));
    expect(later?.map(({ StatusCode }) => StatusCode)).toEqual(['Successful']);
  });

  it('launches another in the place of one that went into standby, where the capacity stays as it is', async () => {
    addGroup(1, 2, [spare]);

    const { Activities } = await enter([primary], false);

    expect(Activities?.map(({ Description }) => Description)).toEqual([`Moving EC2 instance to Standby: ${primary}`]);
    expect(await states()).toEqual(['EnteringStandby', 'Standby', 'Pending']);
    await lab.aws.skipTime(30_000);
    expect(await states()).toEqual(['Standby', 'Standby', 'InService']);
    expect(targets().map(({ id }) => id)).toContain(spare);
  });

  it('brings an instance back and registers it when it is in service', async () => {
    await exit();
    expect(await states()).toEqual(['InService', 'Pending']);
    expect(targets()).toHaveLength(1);

    await lab.aws.skipTime(30_000);

    expect(await states()).toEqual(['InService', 'InService']);
    expect(targets().map(({ id }) => id)).toEqual([primary, standby]);
  });

  it('shows a group with its sizes, instances, target groups and tags', async () => {
    const { AutoScalingGroups } = await client.send(
      new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag:service', Values: ['orders'] }] }),
    );

    expect(AutoScalingGroups).toMatchObject([
      {
        AutoScalingGroupName,
        MinSize: 0,
        MaxSize: 2,
        DesiredCapacity: 1,
        TargetGroupARNs: [targetGroupArn],
        Instances: [{ InstanceId: primary }, { InstanceId: standby, LifecycleState: 'Standby' }],
        Tags: [{ Key: 'service', Value: 'orders' }],
      },
    ]);
  });

  it('keeps the sizes of the group', async () => {
    addGroup(1, 1);

    await expect(enter()).rejects.toMatchObject({ name: 'ValidationError', message: /min-size=1/ });
    await expect(exit()).rejects.toMatchObject({ name: 'ValidationError', message: /max-size=1/ });
    expect(await states()).toEqual(['InService', 'Standby']);
  });

  it.each([
    ['an instance that is in standby', [standby]],
    ['an instance of another group', ['i-0000000000000000f']],
    ['more than 20 instances', Array.from({ length: 21 }, (_, index) => `i-${index}`)],
  ])('refuses %s', async (_, ids) => {
    await expect(enter(ids)).rejects.toMatchObject({ name: 'ValidationError' });
  });

  it('refuses to launch a replacement where it has no spare', async () => {
    await expect(enter([primary], false)).rejects.toMatchObject({ name: 'UnsupportedOperation' });
  });

  it('leaves unknown names out, gives pages, and refuses an unknown group and a strange token', async () => {
    const instances = (NextToken?: string) =>
      client.send(new DescribeAutoScalingInstancesCommand({ MaxRecords: 1, NextToken }));
    const none = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['other'] }));
    const first = await instances();
    const second = await instances(first.NextToken);

    expect(none.AutoScalingGroups).toEqual([]);
    const seen = [first, second].map(({ AutoScalingInstances }) => AutoScalingInstances?.[0]?.InstanceId);
    expect(seen).toEqual([primary, standby]);
    await expect(instances('x')).rejects.toMatchObject({ name: 'InvalidNextToken' });
    const stray = new ExitStandbyCommand({ AutoScalingGroupName: 'other', InstanceIds: [standby] });
    await expect(client.send(stray)).rejects.toMatchObject({ name: 'ValidationError' });
  });
});
