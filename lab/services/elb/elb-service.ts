import type { Ec2Model } from '../ec2/model.ts';
import { nobodyAnswers } from '../probe-target.ts';
import type { ProbeTarget } from '../probe-target.ts';
import { runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { defineDescribes } from './describe.ts';
import { defineListeners } from './listeners.ts';
import { ElbModel } from './model.ts';
import type { Target, TargetGroup } from './model.ts';
import { seedLoadBalancer, seedTargetGroup } from './seed.ts';
import type { LoadBalancerSeed, TargetGroupSeed } from './seed.ts';
import { isHealthy, listTargets } from './target-health.ts';
import { defineTargets, deregisterTarget, registerTarget } from './targets.ts';

/** Where the emulated Elastic Load Balancing lies, and whom it asks about instances, health and time. */
export interface ElbServiceProps {
  readonly accountId: string;
  readonly region: string;
  readonly ec2: Ec2Model;
  /** Default: nobody answers a health check. */
  readonly probe?: ProbeTarget | undefined;
  /** Default: the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Told after every call that may have changed where connections go. Default: nobody is. */
  readonly onRouteChange?: (() => Promise<void>) | undefined;
}

/** Where a new connection may go, with the share of all that it gets. */
export interface RouteTarget {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}

const codes: InputErrorCodes = { invalid: 'ValidationError', missing: 'ValidationError' };

/** The load balancers of the lab. */
export class ElbService implements AwsService {
  readonly name = 'elasticloadbalancing';
  readonly wire: Wire = {
    kind: 'query',
    scope: 'elasticloadbalancing',
    namespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  };
  readonly model: ElbModel;
  readonly #operations: Readonly<Record<string, Operation>>;
  readonly #onRouteChange: (() => Promise<void>) | undefined;

  constructor(props: ElbServiceProps) {
    const { accountId, region, ec2, probe = nobodyAnswers, now = Date.now } = props;
    this.model = new ElbModel(accountId, region, ec2, probe, now);
    this.#onRouteChange = props.onRouteChange;
    this.#operations = {
      ...defineDescribes(this.model),
      ...defineListeners(this.model),
      ...defineTargets(this.model),
    };
  }

  async run(operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    const result = await runOperation('Elastic Load Balancing', this.#operations, call, codes);
    if (!operation.startsWith('Describe')) await this.#onRouteChange?.();
    return result;
  }

  addTargetGroup(seed: TargetGroupSeed): string {
    return seedTargetGroup(this.model, seed);
  }

  addLoadBalancer(seed: LoadBalancerSeed): ReturnType<typeof seedLoadBalancer> {
    return seedLoadBalancer(this.model, seed);
  }

  /** For Auto Scaling, which registers and deregisters its instances by itself. */
  register(targetGroupArn: string, instanceId: string): void {
    const group = this.model.targetGroups.get(targetGroupArn);
    if (group !== undefined) registerTarget(this.model, group, instanceId, group.port);
  }

  /** Lets an instance drain and returns when it is gone, in Unix time. */
  deregister(targetGroupArn: string, instanceId: string): number {
    const group = this.model.targetGroups.get(targetGroupArn);
    if (group === undefined) return this.model.now();
    deregisterTarget(this.model, group, instanceId);
    const draining = listTargets(this.model, group).filter(({ id }) => id === instanceId);
    return Math.max(this.model.now(), ...draining.map(({ drainsUntil = 0 }) => drainsUntil));
  }

  /** Where a rule or the default action of a listener sends connections now. A group's targets share its weight. */
  async routesOf(arn: string): Promise<readonly RouteTarget[]> {
    const found = this.model.listeners.get(arn) ?? this.model.rules.get(arn);
    if (found === undefined) return [];
    const routes = await Promise.all(
      found.forward.targetGroups
        .filter(({ weight }) => weight > 0)
        .map(async ({ targetGroupArn, weight }) => await this.#routesOfGroup(targetGroupArn, weight)),
    );
    return routes.flat();
  }

  /** A group none of whose targets is healthy gets its share all the same, for all of them: AWS fails open. */
  async #routesOfGroup(arn: string, weight: number): Promise<readonly RouteTarget[]> {
    const group = this.model.targetGroups.get(arn);
    const wanted = group === undefined ? [] : listTargets(this.model, group).filter(isWanted);
    if (group === undefined || wanted.length === 0) return [];
    const healthy = await Promise.all(wanted.map(async (target) => await isHealthy(this.model, group, target)));
    const chosen = healthy.includes(true) ? wanted.filter((_, index) => healthy[index]) : wanted;
    return chosen.flatMap((target) => this.#toRoute(group, target, weight / chosen.length));
  }

  #toRoute(group: TargetGroup, { id, port }: Target, weight: number): readonly RouteTarget[] {
    const address = this.model.addressOf(group, id);
    return address === undefined ? [] : [{ address, port, weight }];
  }
}

function isWanted({ drainsUntil }: Target): boolean {
  return drainsUntil === undefined;
}
