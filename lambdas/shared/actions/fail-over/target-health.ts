import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  type TargetGroup,
} from '@aws-sdk/client-elastic-load-balancing-v2';

/** One target of a group, as the load balancer sees it. */
export interface SeenTarget {
  readonly id: string;
  readonly port: number;
  /** Why it gets no traffic; null when it is healthy. */
  readonly ailment: string | null;
}

/** The registered targets of a group. One that drains has left it already. */
export async function readTargets(elb: ElasticLoadBalancingV2Client, group: string): Promise<SeenTarget[]> {
  const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group }));
  return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) => {
    const { Id: id, Port: port = 0 } = Target ?? {};
    const state = TargetHealth?.State;
    if (id === undefined || state === 'draining') return [];
    const why = [state ?? 'unknown', TargetHealth?.Reason].filter((word) => word !== undefined).join(', ');
    return [{ id, port, ailment: state === 'healthy' ? null : `target "${id}" is ${why}` }];
  });
}

/** A target group by its ARN; throws what AWS answers where there is none. */
export async function readTargetGroup(elb: ElasticLoadBalancingV2Client, arn: string): Promise<TargetGroup> {
  const { TargetGroups = [] } = await elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
  const group = TargetGroups.find(({ TargetGroupArn }) => TargetGroupArn === arn);
  if (group !== undefined) return group;
  throw Object.assign(new Error(`Target group "${arn}" is not there`), { name: 'TargetGroupNotFound' });
}
