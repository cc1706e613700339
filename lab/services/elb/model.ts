import type { ProbeTarget } from '../probe-target.ts';
import { TagStore } from '../tag-store.ts';
import type { Ec2Model } from '../ec2/model.ts';

/** Where connections go: target groups with their weights. A weight of 0 gets none. */
export interface Forward {
  readonly targetGroups: readonly { readonly targetGroupArn: string; readonly weight: number }[];
  readonly stickiness?: { readonly enabled: boolean; readonly durationSeconds?: number | undefined } | undefined;
}

/** A load balancer and the private address its connections come from. */
export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  readonly type: 'application' | 'network';
  readonly vpcId: string;
  readonly address: string;
}

/** One port of a load balancer; the default action is where no rule matches. */
export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: string;
  forward: Forward;
}

/** A rule of a listener beside its default one; the lab's rules match a path. */
export interface ListenerRule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly paths: readonly string[];
  forward: Forward;
}

/** A target as it stands in a group: who, on which port, since when. */
export interface Target {
  readonly id: string;
  readonly port: number;
  readonly registeredAt: number;
  /** Time at which a deregistered target is gone; undefined while it is wanted. */
  drainsUntil?: number | undefined;
  /** Last time a check failed; undefined for a target that was healthy from the beginning. */
  failedAt?: number | undefined;
}

/** A group of targets. */
export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: 'instance' | 'ip';
  readonly intervalSeconds: number;
  readonly healthyThreshold: number;
  readonly deregistrationDelaySeconds: number;
  /** Keyed by id and port. */
  readonly targets: Map<string, Target>;
}

/** The whole state of the emulated Elastic Load Balancing, with what it asks of others. */
export class ElbModel {
  readonly accountId: string;
  readonly region: string;
  readonly ec2: Ec2Model;
  readonly probe: ProbeTarget;
  readonly now: () => number;
  readonly loadBalancers = new Map<string, LoadBalancer>();
  readonly listeners = new Map<string, Listener>();
  readonly rules = new Map<string, ListenerRule>();
  readonly targetGroups = new Map<string, TargetGroup>();
  readonly tags = new TagStore();

  constructor(accountId: string, region: string, ec2: Ec2Model, probe: ProbeTarget, now: () => number) {
    this.accountId = accountId;
    this.region = region;
    this.ec2 = ec2;
    this.probe = probe;
    this.now = now;
  }

  toArn(resource: string): string {
    return `arn:aws:elasticloadbalancing:${this.region}:${this.accountId}:${resource}`;
  }

  /** Load balancers that send anything to a group, weight 0 included: those check its targets. */
  usersOf(targetGroupArn: string): readonly LoadBalancer[] {
    const names = ({ forward }: { readonly forward: Forward }): boolean =>
      forward.targetGroups.some((group) => group.targetGroupArn === targetGroupArn);
    const listenerArns = [
      ...[...this.listeners.values()].filter(names).map(({ arn }) => arn),
      ...[...this.rules.values()].filter(names).map(({ listenerArn }) => listenerArn),
    ];
    const arns = new Set(listenerArns.map((arn) => this.listeners.get(arn)?.loadBalancerArn));
    return [...this.loadBalancers.values()].filter(({ arn }) => arns.has(arn));
  }

  /** The private address a target is dialled at; undefined for an instance that is not there. */
  addressOf({ targetType }: TargetGroup, id: string): string | undefined {
    return targetType === 'ip' ? id : this.ec2.instances.get(id)?.privateIpAddress;
  }
}

/** Targets of one server on several ports are several targets. */
export function toTargetKey(id: string, port: number): string {
  return `${id} ${port}`;
}
