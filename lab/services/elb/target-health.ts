import type { ElbModel, Target, TargetGroup } from './model.ts';

/** A target's state as DescribeTargetHealth answers it. */
export interface TargetState {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining';
  readonly reason?: string;
  readonly description?: string;
}

/**
 * Asks the host itself. A target that is new or that failed has to pass for the whole threshold before it counts as
 * healthy again; one that fails counts as unhealthy at once, where AWS would wait for its own threshold.
 */
export async function readTargetState(model: ElbModel, group: TargetGroup, target: Target): Promise<TargetState> {
  if (target.drainsUntil !== undefined) {
    return tell('draining', 'Target.DeregistrationInProgress', 'Target deregistration is in progress');
  }
  const [user] = model.usersOf(group.arn);
  if (user === undefined) {
    return tell(
      'unused',
      'Target.NotInUse',
      'Target group is not configured to receive traffic from the load balancer',
    );
  }
  const instance = group.targetType === 'instance' ? model.ec2.instances.get(target.id) : undefined;
  if (group.targetType === 'instance' && instance?.state !== 'running') {
    return tell('unused', 'Target.InvalidState', 'Target is in the stopped state');
  }
  const address = model.addressOf(group, target.id) ?? '';
  const answers = await model.probe({ from: user.address, address, port: target.port });
  if (!answers) target.failedAt = model.now();
  const passingSince = Math.max(target.registeredAt, target.failedAt ?? Number.NEGATIVE_INFINITY);
  const isProven = model.now() - passingSince >= group.healthyThreshold * group.intervalSeconds * 1000;
  if (answers && isProven) return { state: 'healthy' };
  if (target.failedAt === undefined || (answers && target.failedAt < target.registeredAt)) {
    return tell('initial', 'Elb.InitialHealthChecking', 'Initial health checks in progress');
  }
  return tell('unhealthy', 'Target.FailedHealthChecks', 'Health checks failed');
}

/** Whether connections go to a target now: a draining one gets none that are new. */
export async function isHealthy(model: ElbModel, group: TargetGroup, target: Target): Promise<boolean> {
  return (await readTargetState(model, group, target)).state === 'healthy';
}

/** What is in a group now; targets whose drain is over are taken out. */
export function listTargets(model: ElbModel, group: TargetGroup): readonly Target[] {
  for (const [key, { drainsUntil }] of group.targets) {
    if (drainsUntil !== undefined && drainsUntil <= model.now()) group.targets.delete(key);
  }
  return [...group.targets.values()];
}

function tell(state: TargetState['state'], reason: string, description: string): TargetState {
  return { state, reason, description };
}
