import * as z from 'zod/mini';
import { cutTokenPage, listOf, wholeNumber } from '../wire/query-input.ts';
import type { PageRules } from '../wire/query-input.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import type { AutoScalingModel, Group, GroupInstance } from './model.ts';
import { viewActivity } from './standby.ts';

const pageMembers = { NextToken: z.optional(z.string()), MaxRecords: z.optional(wholeNumber) };
const pages = (largest: number): PageRules => ({
  smallest: 1,
  largest,
  usual: 50,
  sizeCode: 'ValidationError',
  tokenCode: 'InvalidNextToken',
});

/** Groups, their instances, and what is under way. */
export function defineDescribes(model: AutoScalingModel): Readonly<Record<string, Operation>> {
  return {
    DescribeAutoScalingGroups: describeGroups(model),
    DescribeAutoScalingInstances: describeInstances(model),
    DescribeScalingActivities: describeActivities(model),
  };
}

const filtersSchema = z.optional(listOf(z.strictObject({ Name: z.string(), Values: listOf(z.string()) })));

function describeGroups(model: AutoScalingModel): Operation {
  const schema = z.strictObject({
    AutoScalingGroupNames: z.optional(listOf(z.string())),
    Filters: filtersSchema,
    ...pageMembers,
  });
  return defineOperation(schema, ({ AutoScalingGroupNames, Filters, MaxRecords, NextToken }) => {
    // A name that is not known is no error: the group is merely not in the answer.
    const asked = [...model.groups.values()].filter(
      (group) =>
        (AutoScalingGroupNames?.includes(group.name) ?? true) &&
        (Filters ?? []).every((filter) => meetsFilter(model, group, filter)),
    );
    const { things, next } = cutTokenPage(asked, pages(100), MaxRecords, NextToken);
    return { AutoScalingGroups: things.map((group) => viewGroup(model, model.settle(group))), NextToken: next };
  });
}

function meetsFilter(
  model: AutoScalingModel,
  { arn }: Group,
  { Name, Values }: { readonly Name: string; readonly Values: readonly string[] },
): boolean {
  const tags = model.tags.of(arn);
  if (Name === 'tag-key') return Values.some((key) => tags.has(key));
  if (Name === 'tag-value') return [...tags.values()].some((value) => Values.includes(value));
  if (Name.startsWith('tag:')) return Values.includes(tags.get(Name.slice('tag:'.length)) ?? '');
  throw new ServiceError('ValidationError', `Filter '${Name}' is not supported`);
}

function describeInstances(model: AutoScalingModel): Operation {
  const schema = z.strictObject({ InstanceIds: z.optional(listOf(z.string())), ...pageMembers });
  return defineOperation(schema, ({ InstanceIds, MaxRecords, NextToken }) => {
    if ((InstanceIds?.length ?? 0) > 50) throw new ServiceError('ValidationError', 'At most 50 instances can be named');
    const asked = [...model.groups.values()]
      .flatMap((group) => model.settle(group).instances.map((instance) => ({ group, instance })))
      .filter(({ instance }) => InstanceIds?.includes(instance.instanceId) ?? true);
    const { things, next } = cutTokenPage(asked, pages(50), MaxRecords, NextToken);
    return {
      AutoScalingInstances: things.map(({ group, instance }) => ({
        ...viewInstance(instance),
        AutoScalingGroupName: group.name,
        HealthStatus: 'HEALTHY',
      })),
      NextToken: next,
    };
  });
}

function describeActivities(model: AutoScalingModel): Operation {
  const schema = z.strictObject({
    ActivityIds: z.optional(listOf(z.string())),
    AutoScalingGroupName: z.optional(z.string()),
    ...pageMembers,
  });
  return defineOperation(schema, ({ ActivityIds, AutoScalingGroupName, MaxRecords, NextToken }) => {
    const asked = model.activities
      .filter(({ id }) => ActivityIds?.includes(id) ?? true)
      .filter(({ groupName }) => (AutoScalingGroupName ?? groupName) === groupName)
      .toReversed();
    const { things, next } = cutTokenPage(asked, pages(100), MaxRecords, NextToken);
    return { Activities: things.map((activity) => viewActivity(model, activity)), NextToken: next };
  });
}

function viewInstance({ instanceId, availabilityZone, state }: GroupInstance): XmlStructure {
  return {
    InstanceId: instanceId,
    AvailabilityZone: availabilityZone,
    LifecycleState: state,
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
  };
}

function viewGroup(model: AutoScalingModel, group: Group): XmlStructure {
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    MinSize: group.minSize,
    MaxSize: group.maxSize,
    DesiredCapacity: group.desired,
    DefaultCooldown: 300,
    AvailabilityZones: [...new Set(group.instances.map(({ availabilityZone }) => availabilityZone))],
    TargetGroupARNs: group.targetGroupArns,
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 0,
    Instances: group.instances.map(viewInstance),
    CreatedTime: new Date(0),
    SuspendedProcesses: [],
    Tags: model.tags.view(group.arn).map((tag) => ({
      ...tag,
      ResourceId: group.name,
      ResourceType: 'auto-scaling-group',
      PropagateAtLaunch: true,
    })),
  };
}
