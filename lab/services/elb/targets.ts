import * as z from 'zod/mini';
import { listOf, wholeNumber } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import { findTargetGroup } from './find.ts';
import { toTargetKey } from './model.ts';
import type { ElbModel, Target, TargetGroup } from './model.ts';
import { listTargets, readTargetState } from './target-health.ts';

const targetSchema = z.strictObject({
  Id: z.string(),
  Port: z.optional(wholeNumber),
  AvailabilityZone: z.optional(z.string()),
});
const changeSchema = z.strictObject({ TargetGroupArn: z.string(), Targets: listOf(targetSchema) });

/** Reading, adding and removing targets. */
export function defineTargets(model: ElbModel): Readonly<Record<string, Operation>> {
  return {
    DescribeTargetHealth: describeTargetHealth(model),
    RegisterTargets: defineOperation(changeSchema, ({ TargetGroupArn, Targets }) => {
      const group = findTargetGroup(model, TargetGroupArn);
      for (const { Id } of Targets) checkRegistrable(model, group, Id);
      for (const { Id, Port } of Targets) registerTarget(model, group, Id, Port ?? group.port);
      return {};
    }),
    DeregisterTargets: defineOperation(changeSchema, ({ TargetGroupArn, Targets }) => {
      const group = findTargetGroup(model, TargetGroupArn);
      // As on AWS: no error for a target that is not there.
      for (const { Id, Port } of Targets) deregisterTarget(model, group, Id, Port);
      return {};
    }),
  };
}

/** Adds a target, or wants one again that drains; it has to pass its checks from the beginning. */
export function registerTarget(model: ElbModel, group: TargetGroup, id: string, port: number): void {
  const known = listTargets(model, group).find((target) => target.id === id && target.port === port);
  // Registering a target that is registered changes nothing.
  if (known !== undefined && known.drainsUntil === undefined) return;
  group.targets.set(toTargetKey(id, port), { id, port, registeredAt: model.now() });
}

/** Lets a target drain: without a port all its registrations. One that drains already keeps its time. */
export function deregisterTarget(model: ElbModel, group: TargetGroup, id: string, port?: number): void {
  for (const target of listTargets(model, group)) {
    if (target.id !== id || (port !== undefined && target.port !== port)) continue;
    target.drainsUntil ??= model.now() + group.deregistrationDelaySeconds * 1000;
  }
}

function checkRegistrable(model: ElbModel, group: TargetGroup, id: string): void {
  if (group.targetType === 'ip') return;
  const instance = model.ec2.instances.get(id);
  if (instance === undefined || instance.vpcId !== group.vpcId) {
    throw new ServiceError(
      'InvalidTarget',
      `The following targets are not valid or not in the VPC of the group: '${id}'`,
    );
  }
  if (instance.state === 'running') return;
  throw new ServiceError(
    'InvalidTarget',
    `The following targets are not in a running state and cannot be registered: '${id}'`,
  );
}

const includeSchema = z.optional(listOf(z.enum(['AnomalyDetection', 'All'])));

function describeTargetHealth(model: ElbModel): Operation {
  const schema = z.strictObject({
    TargetGroupArn: z.string(),
    Targets: z.optional(listOf(targetSchema)),
    Include: includeSchema,
  });
  return defineOperation(schema, async ({ TargetGroupArn, Targets }) => {
    const group = findTargetGroup(model, TargetGroupArn);
    const registered = listTargets(model, group);
    const asked = Targets?.map(({ Id, Port }) => {
      const known = registered.find(({ id, port }) => id === Id && (Port === undefined || Port === port));
      return known ?? { id: Id, port: Port ?? group.port };
    });
    return {
      TargetHealthDescriptions: await Promise.all(
        (asked ?? registered).map(async (target) => await view(model, group, target)),
      ),
    };
  });
}

/** A target that was asked for and is not registered is `unused`. */
async function view(model: ElbModel, group: TargetGroup, target: Target | Pick<Target, 'id' | 'port'>) {
  const { state, reason, description } =
    'registeredAt' in target
      ? await readTargetState(model, group, target)
      : {
          state: 'unused',
          reason: 'Target.NotRegistered',
          description: 'Target is not registered to the target group',
        };
  return {
    Target: { Id: target.id, Port: target.port },
    HealthCheckPort: String(target.port),
    TargetHealth: { State: state, Reason: reason, Description: description },
  };
}
