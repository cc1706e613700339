import { ServiceError } from '../wire/service-error.ts';
import type { ElbModel, Listener, ListenerRule, LoadBalancer, TargetGroup } from './model.ts';

/** Finds a listener or answers as ELB does for a malformed or unknown ARN. */
export function findListener(model: ElbModel, arn: string): Listener {
  return find(model.listeners, arn, 'listener', 'ListenerNotFound', 'listeners');
}

/** Finds a rule that is not a listener's default one. */
export function findRule(model: ElbModel, arn: string): ListenerRule {
  return find(model.rules, arn, 'listener-rule', 'RuleNotFound', 'rules');
}

/** Finds a target group. */
export function findTargetGroup(model: ElbModel, arn: string): TargetGroup {
  return find(model.targetGroups, arn, 'targetgroup', 'TargetGroupNotFound', 'target groups');
}

/** Finds a load balancer. */
export function findLoadBalancer(model: ElbModel, arn: string): LoadBalancer {
  return find(model.loadBalancers, arn, 'loadbalancer', 'LoadBalancerNotFound', 'load balancers');
}

function find<Thing>(things: ReadonlyMap<string, Thing>, arn: string, kind: string, code: string, noun: string): Thing {
  if (!new RegExp(`^arn:aws:elasticloadbalancing:[a-z0-9-]+:\\d{12}:${kind}/.+$`).test(arn)) {
    throw new ServiceError('ValidationError', `'${arn}' is not a valid ${noun} ARN`);
  }
  const thing = things.get(arn);
  if (thing === undefined) throw new ServiceError(code, `One or more ${noun} not found`);
  return thing;
}
