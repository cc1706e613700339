import * as z from 'zod/mini';
import type { ServiceCall } from '../services/wire/service.ts';
import { managedRuleActions, managedRuleName } from '../template/check-awaiting.ts';
import { autoScalingRequests } from './auto-scaling-requests.ts';
import { dynamodbRequests } from './dynamodb-requests.ts';
import { ec2Requests } from './ec2-requests.ts';
import { elbRequests } from './elb-requests.ts';
import { evaluateAll } from './evaluate.ts';
import type { Verdict } from './evaluate.ts';
import type { IamRequest } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, noContext, onNoResource, toArn } from './request-input.ts';
import type { CallSite, ToRequests } from './request-input.ts';
import { rdsRequests } from './rds-requests.ts';
import { route53Requests } from './route53-requests.ts';
import { ssmRequests } from './ssm-requests.ts';
import type { Statement } from './statement.ts';

/** Every entry is authorised on its own bus; one that is refused fails alone on AWS, here the call is. */
const putEvents = defineRequests(
  z.object({
    Entries: z.array(
      z.object({ EventBusName: z._default(z.string(), 'default'), Source: z.string(), DetailType: z.string() }),
    ),
  }),
  ({ Entries }, site) =>
    Entries.map(({ EventBusName, Source, DetailType }) => ({
      action: 'events:PutEvents',
      resource: toArn(site, 'events', 'event-bus/', EventBusName),
      context: { keys: { 'events:source': Source, 'events:detail-type': DetailType }, complete: [] },
    })),
);

/** The IAM action is not the operation's name here. */
const invokeFunction = defineRequests(z.object({ FunctionName: z.string() }), ({ FunctionName }, site) => [
  {
    action: 'lambda:InvokeFunction',
    resource: toArn(site, 'lambda', 'function:', FunctionName),
    context: noContext,
  },
]);

// Between services the lab names targets by their ARN already.
const startExecution = defineRequests(z.object({ stateMachineArn: z.string() }), ({ stateMachineArn }) => [
  { action: 'states:StartExecution', resource: stateMachineArn, context: noContext },
]);

const onExecution = defineRequests(z.object({ executionArn: z.string() }), ({ executionArn }, _site, { operation }) => [
  { action: `states:${operation}`, resource: executionArn, context: noContext },
]);

/**
 * A machine looks at an execution only where it waits for it, and then Step Functions also asks, in its name, for the
 * rule by which it hears of the end.
 */
const describeExecution: ToRequests = (call, site) => [
  ...onExecution(call, site),
  ...(call.caller.includes(':stateMachine:')
    ? managedRuleActions.map((action) => ({
        action,
        resource: toArn(site, 'events', 'rule/', managedRuleName),
        context: noContext,
      }))
    : []),
];

const publish = defineRequests(z.object({ TopicArn: z.string() }), ({ TopicArn }) => [
  { action: 'sns:Publish', resource: TopicArn, context: noContext },
]);

/** A queue is called by its URL, whose last part is its name; between services by its ARN. */
const sendMessage = defineRequests(z.object({ QueueUrl: z.string() }), ({ QueueUrl }, site) => [
  {
    action: 'sqs:SendMessage',
    resource: toArn(site, 'sqs', '', QueueUrl.replace(/^https?:.*\//, '')),
    context: noContext,
  },
]);

/** By service and operation, as the gateway records them. */
const mappings: Readonly<Record<string, Readonly<Record<string, ToRequests>>>> = {
  ec2: ec2Requests,
  ssm: ssmRequests,
  dynamodb: dynamodbRequests,
  elasticloadbalancing: elbRequests,
  autoscaling: autoScalingRequests,
  rds: rdsRequests,
  route53: route53Requests,
  events: { PutEvents: putEvents },
  // AWS would take single alarms as well; only `*` also covers composite ones.
  cloudwatch: { DescribeAlarms: onNoResource() },
  lambda: { Invoke: invokeFunction },
  states: { StartExecution: startExecution, DescribeExecution: describeExecution, StopExecution: onExecution },
  sns: { Publish: publish },
  sqs: { SendMessage: sendMessage },
};

/**
 * What AWS authorises when this call is made: every action on every resource, with the condition keys of that
 * resource. Call it when the call arrives: tags count as they are then. A call without a mapping is an error.
 */
export function toIamRequests(call: ServiceCall, site: CallSite): readonly IamRequest[] {
  const operations = Object.hasOwn(mappings, call.service) ? (mappings[call.service] ?? {}) : {};
  const toRequests = Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
  if (toRequests !== undefined) return toRequests(call, site);
  throw new CallNotMappedError(
    `Could not tell what AWS authorises for '${call.service}:${call.operation}': the lab has no mapping for it`,
  );
}

/** Says whether a role with these statements could make the call. */
export function authoriseCall(statements: readonly Statement[], call: ServiceCall, site: CallSite): Verdict {
  return evaluateAll(statements, toIamRequests(call, site));
}
