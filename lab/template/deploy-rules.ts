import * as z from 'zod/mini';
import type { RuleSeed, RuleTarget } from '../services/events/rule.ts';
import { inert, looseNumber, readProperties } from './resource.ts';
import type { ResolvedResource } from './resource.ts';

const targetSchema = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  RoleArn: inert,
  Input: z.optional(z.string()),
  InputPath: z.optional(z.string()),
  InputTransformer: z.optional(
    z.strictObject({ InputPathsMap: z.optional(z.record(z.string(), z.string())), InputTemplate: z.string() }),
  ),
  RetryPolicy: z.optional(
    z.strictObject({
      MaximumEventAgeInSeconds: z.optional(looseNumber),
      MaximumRetryAttempts: z.optional(looseNumber),
    }),
  ),
  DeadLetterConfig: z.optional(z.strictObject({ Arn: z.string() })),
});

const ruleSchema = z.strictObject({
  EventBusName: z.optional(z.string()),
  EventPattern: z.optional(z.unknown()),
  ScheduleExpression: z.optional(z.string()),
  State: z.optional(z.enum(['ENABLED', 'DISABLED'])),
  Targets: z.optional(z.array(targetSchema)),
  Name: inert,
  Description: inert,
  RoleArn: inert,
  Tags: inert,
});

/** Reads a rule with its targets. */
export function toRuleSeed(resource: ResolvedResource): RuleSeed {
  const properties = readProperties(ruleSchema, resource);
  const { Arn: arn = '' } = resource.identity.attributes;
  return {
    name: resource.identity.ref.replace(/^.*\|/, ''),
    arn,
    busName: properties.EventBusName?.replace(/^arn:.*:event-bus\//, ''),
    pattern: properties.EventPattern,
    scheduleExpression: properties.ScheduleExpression,
    isEnabled: properties.State !== 'DISABLED',
    targets: (properties.Targets ?? []).map(toTarget),
  };
}

/** Input, retries and dead letters of one target. */
function toTarget(target: z.output<typeof targetSchema>): RuleTarget {
  const { InputTransformer: transformer } = target;
  return {
    id: target.Id,
    arn: target.Arn,
    input: target.Input,
    inputPath: target.InputPath,
    inputTransformer: transformer && {
      inputPathsMap: transformer.InputPathsMap,
      inputTemplate: transformer.InputTemplate,
    },
    maximumEventAgeSeconds: target.RetryPolicy?.MaximumEventAgeInSeconds,
    maximumRetryAttempts: target.RetryPolicy?.MaximumRetryAttempts,
    deadLetterArn: target.DeadLetterConfig?.Arn,
  };
}
