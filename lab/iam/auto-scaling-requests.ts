import * as z from 'zod/mini';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, onNoResource, taggedContext } from './request-input.ts';
import type { ToRequests } from './request-input.ts';

const describes = onNoResource();

/** AWS looks at the group, not at its instances. */
const onGroup = defineRequests(
  z.object({ AutoScalingGroupName: z.string() }),
  ({ AutoScalingGroupName: name }, { autoScaling }, { operation }) => {
    const arn = autoScaling?.model.groups.get(name)?.arn;
    if (autoScaling === undefined || arn === undefined) {
      throw new CallNotMappedError(`Could not read the tags of Auto Scaling group '${name}': the lab does not have it`);
    }
    const context = taggedContext(autoScaling.model.tags.of(arn), 'autoscaling');
    return [{ action: `autoscaling:${operation}`, resource: arn, context }];
  },
);

/** By operation. */
export const autoScalingRequests: Readonly<Record<string, ToRequests>> = {
  DescribeAutoScalingGroups: describes,
  DescribeAutoScalingInstances: describes,
  DescribeScalingActivities: describes,
  EnterStandby: onGroup,
  ExitStandby: onGroup,
};
