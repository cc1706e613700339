import { labAccountId, labRegion } from './lab-account.ts';
import type { ScenarioService } from './scenario.ts';

/** The ids of a service's AWS resources, all told by its name and its four digits, so that a policy can name them. */
export interface ServiceIds {
  readonly loadBalancerId: string;
  readonly listenerArn: string;
  readonly ruleArn: string;
  readonly primaryTargetGroupArn: string;
  readonly standbyTargetGroupArn: string;
  readonly allocationId: string;
  readonly hostedZoneId: string;
  readonly recordName: string;
  readonly autoScalingGroupName: string;
  readonly databaseId: string;
  /** The address clients dial: of the load balancer, of the database's endpoint, or the Elastic IP. */
  readonly address: string;
}

/** Tells the ids of a service; only those its front has are given to anything. */
export function toServiceIds({ name, id, front }: Pick<ScenarioService, 'name' | 'id' | 'front'>): ServiceIds {
  const digits = id.padStart(16, '0');
  const elb = `arn:aws:elasticloadbalancing:${labRegion}:${labAccountId}`;
  const [high = 0, low = 0] = [id.slice(0, 2), id.slice(2)].map((part) => Number.parseInt(part, 16));
  return {
    loadBalancerId: digits,
    listenerArn: `${elb}:listener/net/${name}/${digits}/${digits}`,
    ruleArn: `${elb}:listener-rule/net/${name}/${digits}/${digits}/${'1'.padStart(16, '0')}`,
    primaryTargetGroupArn: `${elb}:targetgroup/${name}-primary/${digits}`,
    standbyTargetGroupArn: `${elb}:targetgroup/${name}-standby/${digits}`,
    allocationId: `eipalloc-0${digits}`,
    hostedZoneId: `Z${id.toUpperCase().padStart(13, '0')}`,
    recordName: `${name}.lab.internal`,
    autoScalingGroupName: name,
    databaseId: name,
    address: front === 'elastic-ip' ? `100.64.${high}.${low}` : `10.250.${high}.${low}`,
  };
}
