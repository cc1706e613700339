import * as z from 'zod/mini';
import type { IamRequest } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, onNoResource, taggedContext } from './request-input.ts';
import type { CallSite, ToRequests } from './request-input.ts';

const describes = onNoResource();

const onTargetGroup = defineRequests(
  z.object({ TargetGroupArn: z.string() }),
  ({ TargetGroupArn }, site, { operation }) => [ask(operation, TargetGroupArn, site)],
);

// The groups a forward names are not looked at, neither here nor in rules.
const modifyListener = defineRequests(z.object({ ListenerArn: z.string() }), ({ ListenerArn }, site, { operation }) => [
  ask(operation, ListenerArn, site),
]);

const modifyRule = defineRequests(z.object({ RuleArn: z.string() }), ({ RuleArn }, site, { operation }) => [
  ask(operation, RuleArn, site),
]);

/** By operation. */
export const elbRequests: Readonly<Record<string, ToRequests>> = {
  DescribeLoadBalancers: describes,
  DescribeListeners: describes,
  DescribeRules: describes,
  DescribeTargetGroups: describes,
  DescribeTargetGroupAttributes: describes,
  DescribeTargetHealth: describes,
  DescribeTags: describes,
  RegisterTargets: onTargetGroup,
  DeregisterTargets: onTargetGroup,
  ModifyListener: modifyListener,
  ModifyRule: modifyRule,
};

function ask(operation: string, arn: string, { elb }: CallSite): IamRequest {
  // No tags must not mean that all is well.
  if (elb === undefined)
    throw new CallNotMappedError(`Could not read the tags of '${arn}': there is no load balancing`);
  return {
    action: `elasticloadbalancing:${operation}`,
    resource: arn,
    context: taggedContext(elb.model.tags.of(arn), 'elasticloadbalancing'),
  };
}
