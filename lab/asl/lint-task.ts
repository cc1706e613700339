import { expressionSource, listExpressions } from './expression.ts';
import { isJsonObject } from './json.ts';
import type { Finding } from './lint.ts';
import type { StatePlace } from './places.ts';
import { startsExecution, waitsForToken } from './resources.ts';

/** Resource ARN, without `.waitForTaskToken`, to the Arguments a call must carry. */
export type AllowedResources = Readonly<Record<string, readonly string[]>>;

/** The integrations the lab serves. EC2, SSM and DynamoDB are called from functions, never from the machine. */
export const ALLOWED_RESOURCES: AllowedResources = {
  'arn:aws:states:::lambda:invoke': ['FunctionName', 'Payload'],
  'arn:aws:states:::sqs:sendMessage': ['QueueUrl', 'MessageBody'],
  'arn:aws:states:::sns:publish': ['TopicArn', 'Message'],
  'arn:aws:states:::events:putEvents': ['Entries'],
  'arn:aws:states:::states:startExecution': ['StateMachineArn', 'Input'],
  'arn:aws:states:::states:startExecution.sync': ['StateMachineArn', 'Input'],
  'arn:aws:states:::states:startExecution.sync:2': ['StateMachineArn', 'Input'],
};

// A job whose end is waited for needs nobody to send a token.
const WITHOUT_TOKEN = /\.sync/;

/** Rules for Task states: time limit, retry, catch, known resource with its arguments, token handed on. */
export function lintTask({ name, state }: StatePlace, resources: AllowedResources = ALLOWED_RESOURCES): Finding[] {
  if (state.Type !== 'Task') return [];
  const findings: Finding[] = [];
  const report = (rule: string, message: string): void => void findings.push({ rule, where: name, message });
  if (state.TimeoutSeconds === undefined) report('task-timeout', 'wants TimeoutSeconds: the default is three years');
  if ((state.Retry ?? []).length === 0) report('task-retry', 'wants a Retry for the transient errors of its service');
  if ((state.Catch ?? []).length === 0) report('task-catch', 'wants a Catch');
  const resource = state.Resource.replace(/\.waitForTaskToken$/, '');
  // Own keys only: "constructor" is no resource.
  const required = Object.hasOwn(resources, resource) ? resources[resource] : undefined;
  if (required === undefined || (waitsForToken(state.Resource) && WITHOUT_TOKEN.test(resource))) {
    report('unknown-resource', `calls "${state.Resource}": wants one of ${Object.keys(resources).join(', ')}`);
    return findings;
  }
  const given = state.Arguments;
  // Arguments written as one expression can only be checked by running the state.
  const missing = isJsonObject(given) ? required.filter((field) => !Object.hasOwn(given, field)) : [];
  for (const field of missing) report('missing-argument', `does not give "${field}" to ${resource}`);
  // The name is looked for in the text: how deep in the message it goes is the receiver's affair.
  const handsTokenOn = listExpressions(given, 'Arguments').some(({ source }) =>
    source.includes('$states.context.Task.Token'),
  );
  if (waitsForToken(state.Resource) && !handsTokenOn) {
    report('token-not-sent', 'waits for a token it sends to nobody: wants $states.context.Task.Token in Arguments');
  }
  const childName = startsExecution(resource) && isJsonObject(given) ? given['Name'] : undefined;
  if (typeof childName === 'string' && expressionSource(childName) === undefined) {
    report('child-name', `names every execution "${childName}": the second one is refused for 90 days`);
  }
  return findings;
}
