import type { LatencyId } from './latency-model.ts';

/** A step begins when `count` of these steps are done. */
export interface StepWait {
  readonly of: readonly number[];
  readonly count: number;
}

/** One thing that takes time between the event and the cut; its id is its place in the plan. */
export interface PlanStep {
  /** `machine`: Step Functions or EventBridge at work; `invoke` and `return`: into a function and out of it. */
  readonly kind: 'machine' | 'invoke' | 'call' | 'return';
  /** Null for what takes no time of AWS's. */
  readonly latency: LatencyId | null;
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  readonly items: number;
  /** Milliseconds of our own code before it. */
  readonly ownMs: number;
  readonly waits: readonly StepWait[];
  /** The function it belongs to; empty for the state machines. */
  readonly stem: string;
}

/** Everything that follows from one event, in an order in which each step stands behind what it waits for. */
export type Plan = readonly PlanStep[];

const blockingOperations = new Set([
  'ModifyNetworkInterfaceAttribute',
  'RevokeSecurityGroupIngress',
  'RevokeSecurityGroupEgress',
  'CreateNetworkAclEntry',
  'ReplaceNetworkAclEntry',
  'ReplaceNetworkAclAssociation',
]);

/** True for a call after which the network lets less through than before. */
export function isBlocking({ service, operation }: PlanStep): boolean {
  return service === 'ec2' && blockingOperations.has(operation);
}

/**
 * The calls that read a network cut back: those a cutting function makes to EC2 once its last blocking call was answered.
 * Throws when nothing was cut: a figure for it would be one for nothing.
 */
export function findReadBacks(plan: Plan): ReadonlySet<number> {
  const last = plan.findLastIndex(isBlocking);
  if (last === -1) throw new Error('Could not find a network cut in the recorded run: no call of it blocks anything');
  const stem = plan[last]?.stem;
  const places = [...plan.keys()].filter((place) => {
    const step = plan[place];
    return place > last && step?.stem === stem && step?.latency === 'ec2Read';
  });
  return new Set(places);
}
