import * as z from 'zod/mini';
import { flag, listOf } from '../wire/query-input.ts';
import { ServiceError, refuseUnsupported } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { pendingMs } from './model.ts';
import type { Activity, AutoScalingModel, Group, GroupInstance, LifecycleState } from './model.ts';

const mostInstances = 20;
const idsSchema = listOf(z.string());

/** Takes instances out of service and puts them back. */
export function defineStandby(model: AutoScalingModel): Readonly<Record<string, Operation>> {
  return { EnterStandby: enterStandby(model), ExitStandby: exitStandby(model) };
}

function enterStandby(model: AutoScalingModel): Operation {
  const schema = z.strictObject({
    AutoScalingGroupName: z.string(),
    InstanceIds: idsSchema,
    ShouldDecrementDesiredCapacity: flag,
  });
  return defineOperation(schema, ({ AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity }) => {
    const group = findGroup(model, AutoScalingGroupName);
    const instances = pickInstances(group, InstanceIds, 'InService');
    if (ShouldDecrementDesiredCapacity) {
      if (group.desired - instances.length < group.minSize)
        throw tooSmall(group, instances.length, 'place into standby');
      group.desired -= instances.length;
    } else if (group.spares.length < instances.length) {
      refuseUnsupported(
        'Auto Scaling',
        'EnterStandby',
        'the replacement of an instance by another than the spares of its group, wanted by ShouldDecrementDesiredCapacity=false,',
      );
    }
    const activities = instances.map((instance) => beginStandby(model, group, instance));
    // A group that wants as many as before launches others; they are no part of the answer.
    if (!ShouldDecrementDesiredCapacity)
      for (const { availabilityZone } of instances) launch(model, group, availabilityZone);
    return { Activities: activities.map((activity) => viewActivity(model, activity)) };
  });
}

function launch(model: AutoScalingModel, group: Group, availabilityZone: string): void {
  const instanceId = group.spares.shift();
  if (instanceId === undefined) return;
  const instance: GroupInstance = {
    instanceId,
    availabilityZone,
    state: 'Pending',
    settlesAt: model.now() + pendingMs,
  };
  group.instances.push(instance);
  addActivity(model, group, instance, 'Launching a new EC2 instance');
}

/** An instance is in standby when its connections have had their time to drain. */
function beginStandby(model: AutoScalingModel, group: Group, instance: GroupInstance): Activity {
  const gone = group.targetGroupArns.map((arn) => model.desk.deregister(arn, instance.instanceId));
  instance.state = 'EnteringStandby';
  instance.settlesAt = Math.max(model.now(), ...gone);
  return addActivity(model, group, instance, 'Moving EC2 instance to Standby');
}

function exitStandby(model: AutoScalingModel): Operation {
  const schema = z.strictObject({ AutoScalingGroupName: z.string(), InstanceIds: idsSchema });
  return defineOperation(schema, ({ AutoScalingGroupName, InstanceIds }) => {
    const group = findGroup(model, AutoScalingGroupName);
    const instances = pickInstances(group, InstanceIds, 'Standby');
    if (group.desired + instances.length > group.maxSize)
      throw tooSmall(group, instances.length, 'move out of standby');
    group.desired += instances.length;
    const activities = instances.map((instance) => {
      instance.state = 'Pending';
      instance.settlesAt = model.now() + pendingMs;
      return viewActivity(model, addActivity(model, group, instance, 'Moving EC2 instance out of Standby'));
    });
    return { Activities: activities };
  });
}

/** Finds a group with what came due by now. */
export function findGroup(model: AutoScalingModel, name: string): Group {
  const group = model.groups.get(name);
  if (group !== undefined) return model.settle(group);
  throw new ServiceError('ValidationError', `AutoScalingGroup name not found - no such group: ${name}`);
}

/** All of them are in the group and in the wanted state, or nothing happens. */
function pickInstances(group: Group, ids: readonly string[], wanted: LifecycleState): readonly GroupInstance[] {
  if (ids.length === 0 || ids.length > mostInstances || new Set(ids).size < ids.length) {
    throw new ServiceError(
      'ValidationError',
      `1 to ${mostInstances} different instances are wanted, received '${ids.join()}'`,
    );
  }
  return ids.map((id) => {
    const instance = group.instances.find(({ instanceId }) => instanceId === id);
    if (instance === undefined) {
      throw new ServiceError('ValidationError', `The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    }
    if (instance.state === wanted) return instance;
    throw new ServiceError('ValidationError', `The instance ${id} is not in ${wanted}, it is in '${instance.state}'`);
  });
}

function tooSmall({ name, minSize, maxSize, desired }: Group, count: number, what: string): ServiceError {
  const sizes = `min-size=${minSize}, max-size=${maxSize}, and desired-size=${desired}`;
  return new ServiceError(
    'ValidationError',
    `AutoScalingGroup ${name} has ${sizes}. To ${what} ${count} instance(s), please update the AutoScalingGroup sizes appropriately.`,
  );
}

function addActivity(model: AutoScalingModel, group: Group, instance: GroupInstance, what: string): Activity {
  const number = String(model.activities.length + 1).padStart(12, '0');
  const activity = {
    id: `00000000-0000-4000-8000-${number}`,
    groupName: group.name,
    instanceId: instance.instanceId,
    description: `${what}: ${instance.instanceId}`,
    cause: `At the request of a user the capacity of ${group.name} is now ${group.desired}`,
    startedAt: model.now(),
    endsAt: instance.settlesAt,
  };
  model.activities.push(activity);
  return activity;
}

/** An activity as every answer shows it. */
export function viewActivity(model: AutoScalingModel, activity: Activity): XmlStructure {
  const isDone = activity.endsAt <= model.now();
  return {
    ActivityId: activity.id,
    AutoScalingGroupName: activity.groupName,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startedAt),
    EndTime: isDone ? new Date(activity.endsAt) : undefined,
    // The answer to the request itself is never "done".
    StatusCode: isDone && activity.startedAt < model.now() ? 'Successful' : 'InProgress',
    Progress: isDone ? 100 : 50,
  };
}
