import { LabSetupError } from '../setup-error.ts';
import { toTargetKey } from './model.ts';
import type { ElbModel, Forward } from './model.ts';

/** A target group to begin with; its targets are healthy as soon as they answer. */
export interface TargetGroupSeed {
  readonly name: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly vpcId: string;
  readonly port: number;
  /** Default: TCP. */
  readonly protocol?: string;
  /** Default: instance. */
  readonly targetType?: 'instance' | 'ip';
  readonly targets: readonly string[];
  /** Default: 30 s and 5 in a row, AWS's own. */
  readonly intervalSeconds?: number;
  readonly healthyThreshold?: number;
  /** Default: 300, AWS's own. */
  readonly deregistrationDelaySeconds?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A load balancer with one listener to begin with. */
export interface LoadBalancerSeed {
  readonly name: string;
  readonly id: string;
  /** Default: network. */
  readonly type?: 'application' | 'network';
  readonly vpcId: string;
  /** Private address its connections come from. */
  readonly address: string;
  readonly port: number;
  readonly protocol?: string;
  readonly forward: Forward;
  /** Rules beside the default one. Default: none. */
  readonly rules?: readonly {
    readonly priority: number;
    readonly paths: readonly string[];
    readonly forward: Forward;
  }[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** Puts a target group in place and returns its ARN. */
export function seedTargetGroup(model: ElbModel, seed: TargetGroupSeed): string {
  const { name, id, vpcId, port, protocol = 'TCP', targetType = 'instance' } = seed;
  const arn = model.toArn(`targetgroup/${name}/${checkId(id)}`);
  model.targetGroups.set(arn, {
    arn,
    name,
    protocol,
    port,
    vpcId,
    targetType,
    intervalSeconds: seed.intervalSeconds ?? 30,
    healthyThreshold: seed.healthyThreshold ?? 5,
    deregistrationDelaySeconds: seed.deregistrationDelaySeconds ?? 300,
    // They were there before the story begins.
    targets: new Map(seed.targets.map((target) => [toTargetKey(target, port), { id: target, port, registeredAt: 0 }])),
  });
  model.tags.set(arn, seed.tags);
  return arn;
}

/** Puts a load balancer with its listener in place and returns both ARNs and those of the rules. */
export function seedLoadBalancer(
  model: ElbModel,
  seed: LoadBalancerSeed,
): { readonly loadBalancerArn: string; readonly listenerArn: string; readonly ruleArns: readonly string[] } {
  const { name, vpcId, address, type = 'network', port, protocol = 'TCP', forward } = seed;
  const path = `${type === 'network' ? 'net' : 'app'}/${name}/${checkId(seed.id)}`;
  const loadBalancerArn = model.toArn(`loadbalancer/${path}`);
  const listenerArn = model.toArn(`listener/${path}/${seed.id}`);
  model.loadBalancers.set(loadBalancerArn, { arn: loadBalancerArn, name, type, vpcId, address });
  model.listeners.set(listenerArn, { arn: listenerArn, loadBalancerArn, port, protocol, forward });
  const ruleArns = (seed.rules ?? []).map((rule, index) => {
    const arn = model.toArn(`listener-rule/${path}/${seed.id}/${String(index + 1).padStart(16, '0')}`);
    model.rules.set(arn, { arn, listenerArn, ...rule });
    return arn;
  });
  for (const arn of [loadBalancerArn, listenerArn, ...ruleArns]) model.tags.set(arn, seed.tags);
  return { loadBalancerArn, listenerArn, ruleArns };
}

function checkId(id: string): string {
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new LabSetupError(
    `Could not add a load balancer or target group: 16 hexadecimal digits are wanted, got '${id}'`,
  );
}
