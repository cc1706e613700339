import type { Grant } from '../../../lab/iam/find-unused-grants.ts';
import { madeByAws } from '../../../lab/iam/made-by-aws.ts';

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

/** Granted and never asked for in the lab, with the reason; by action, or by action and kind of resource. */
export const spared: Readonly<Record<string, string>> = {
  ...madeByAws,
  'ec2:AssociateAddress on instance':
    'Whether the server behind an interface is asked for is not documented; the lab asks for the interface',
  'ssm:CancelCommand': 'Asked for only when a host has not answered for 55 s',
};

/** The key under which a grant that nothing used is spared; undefined where it is not. */
export function findSpared({ action, resource }: Pick<Grant, 'action' | 'resource'>): string | undefined {
  const kind = resource.split(':').at(-1)?.split('/')[0] ?? '';
  return [action, `${action} on ${kind}`].find((key) => Object.hasOwn(spared, key));
}
