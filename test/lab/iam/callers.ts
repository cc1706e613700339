import type { Grant } from '../../../lab/iam/find-unused-grants.ts';

/** Everyone with a role of the stack, and a part of the logical id by which he is found. */
export const callers = {
  Assess: 'FunctionsAssessFunction',
  RevokeSecurityGroups: 'FunctionsRevokeSecurityGroupsFunction',
  KillConnections: 'FunctionsKillConnectionsFunction',
  StopService: 'FunctionsStopServiceFunction',
  HoldTask: 'FunctionsHoldTaskFunction',
  KillSessions: 'FunctionsKillSessionsFunction',
  ResyncClock: 'FunctionsResyncClockFunction',
  ShedConnections: 'FunctionsShedConnectionsFunction',
  FailOver: 'FunctionsFailOverFunction',
  HoldOpen: 'FunctionsHoldOpenFunction',
  AskPerson: 'FunctionsAskPersonFunction',
  CloseIncident: 'FunctionsCloseIncidentFunction',
  Restore: 'FunctionsRestoreFunction',
  WatchReviews: 'ReviewsWatchReviewsFunction',
  WatchTimeZones: 'FunctionsWatchTimeZonesFunction',
  'the respond machine': 'WorkflowsRespondStateMachine',
  'the isolate machine': 'WorkflowsIsolateStateMachine',
  'the cut-by-profile machine': 'WorkflowsCutByProfileStateMachine',
  'the fail-over machine': 'WorkflowsFailOverStateMachine',
  'the hold-open machine': 'WorkflowsHoldOpenStateMachine',
  'the lock-border machine': 'WorkflowsLockBorderStateMachine',
  'the approve machine': 'WorkflowsApproveStateMachine',
  'the restore machine': 'WorkflowsRestoreStateMachine',
} as const;
export type Caller = keyof typeof callers;
export const callerNames = Object.keys(callers) as Caller[];
export const callerTypes = ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'];

const stepFunctionsLog = 'Step Functions delivers its own log, and the lab has none';
const traces = 'Lambda and Step Functions send traces of their own, and the lab has none';
const functionLog = 'Lambda writes the log of a function in its name, and the lab keeps it itself';
const tableKey = 'DynamoDB asks for the key of the table in the name of its caller, and the lab encrypts nothing';

/** Granted and never asked for in the lab, with the reason; by action, or by action and kind of resource. */
export const spared: Readonly<Record<string, string>> = {
  'logs:CreateLogStream': functionLog,
  'logs:PutLogEvents': functionLog,
  'xray:PutTraceSegments': traces,
  'xray:PutTelemetryRecords': traces,
  'xray:GetSamplingRules': traces,
  'xray:GetSamplingTargets': traces,
  'logs:CreateLogDelivery': stepFunctionsLog,
  'logs:DeleteLogDelivery': stepFunctionsLog,
  'logs:DescribeLogGroups': stepFunctionsLog,
  'logs:DescribeResourcePolicies': stepFunctionsLog,
  'logs:GetLogDelivery': stepFunctionsLog,
  'logs:ListLogDeliveries': stepFunctionsLog,
  'logs:PutResourcePolicy': stepFunctionsLog,
  'logs:UpdateLogDelivery': stepFunctionsLog,
  'kms:Decrypt': tableKey,
  'kms:DescribeKey': tableKey,
  'kms:Encrypt': tableKey,
  'kms:GenerateDataKey': tableKey,
  'sqs:SendMessage':
    'Lambda keeps what an event could not be worked off for in the name of the function, the lab in that of the rule',
  'ec2:AssociateAddress on instance':
    'Whether the server behind an interface is asked for is not documented; the lab asks for the interface',
  'ssm:CancelCommand': 'Asked for only when a host has not answered for 55 s',
  'states:StopExecution': 'A machine stops the one it waits for only when it is stopped itself, or runs out of time',
};

/** The key under which a grant that nothing used is spared; undefined where it is not. */
export function findSpared({ action, resource }: Pick<Grant, 'action' | 'resource'>): string | undefined {
  const kind = resource.split(':').at(-1)?.split('/')[0] ?? '';
  return [action, `${action} on ${kind}`].find((key) => Object.hasOwn(spared, key));
}
