import { runOperation } from '../wire/service.ts';
import type { AwsService, InputErrorCodes, Operation, ServiceCall, Wire } from '../wire/service.ts';
import { defineDescribes } from './describe.ts';
import { AutoScalingModel } from './model.ts';
import type { LifecycleState, TargetDesk } from './model.ts';
import { defineStandby } from './standby.ts';

/** Where the emulated Auto Scaling lies, and whom it tells about target groups. */
export interface AutoScalingServiceProps {
  readonly accountId: string;
  readonly region: string;
  readonly desk: TargetDesk;
  /** Default: the system's clock. */
  readonly now?: (() => number) | undefined;
  /** Told after every call that may have changed where connections go. Default: nobody is. */
  readonly onRouteChange?: (() => Promise<void>) | undefined;
}

/** A group to begin with. */
export interface GroupSeed {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  /** Default: none. */
  readonly targetGroupArns?: readonly string[];
  readonly instances: readonly {
    readonly instanceId: string;
    /** Default: the Region's first. */
    readonly availabilityZone?: string;
    /** Default: InService. */
    readonly state?: LifecycleState;
  }[];
  /** Instances that the group launches when it wants more, in this order; they are known to EC2 already. Default: none. */
  readonly spares?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const codes: InputErrorCodes = { invalid: 'ValidationError', missing: 'ValidationError' };

/**
 * The Auto Scaling of the lab: groups whose instances go into standby and come back. It launches what was put ready for it,
 * and ends nothing.
 */
export class AutoScalingService implements AwsService {
  readonly name = 'autoscaling';
  readonly wire: Wire = {
    kind: 'query',
    scope: 'autoscaling',
    namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
  };
  readonly model: AutoScalingModel;
  readonly #operations: Readonly<Record<string, Operation>>;
  readonly #onRouteChange: (() => Promise<void>) | undefined;

  constructor({ accountId, region, desk, now = Date.now, onRouteChange }: AutoScalingServiceProps) {
    this.model = new AutoScalingModel(accountId, region, desk, now);
    this.#onRouteChange = onRouteChange;
    this.#operations = { ...defineDescribes(this.model), ...defineStandby(this.model) };
  }

  async run(operation: string, _input: unknown, call: ServiceCall): Promise<unknown> {
    const result = await runOperation('Auto Scaling', this.#operations, call, codes);
    if (!operation.startsWith('Describe')) await this.#onRouteChange?.();
    return result;
  }

  /** Adds a group and returns its ARN. What is in service counts as desired. */
  addGroup(seed: GroupSeed): string {
    const { name, minSize, maxSize, targetGroupArns = [], spares = [], tags } = seed;
    const { accountId, region } = this.model;
    const uuid = '00000000-0000-4000-8000-000000000000';
    const arn = `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${uuid}:autoScalingGroupName/${name}`;
    const instances = seed.instances.map(
      ({ instanceId, availabilityZone = `${region}a`, state = 'InService' as const }) => ({
        instanceId,
        availabilityZone,
        state,
        settlesAt: 0,
      }),
    );
    const desired = instances.filter(({ state }) => state === 'InService').length;
    this.model.groups.set(name, {
      name,
      arn,
      minSize,
      maxSize,
      desired,
      targetGroupArns,
      instances,
      spares: [...spares],
    });
    this.model.tags.set(arn, tags);
    return arn;
  }

  /** Instances of a group that are in service now. */
  inServiceOf(name: string): readonly string[] {
    const group = this.model.groups.get(name);
    const instances = group === undefined ? [] : this.model.settle(group).instances;
    return instances.filter(({ state }) => state === 'InService').map(({ instanceId }) => instanceId);
  }
}
