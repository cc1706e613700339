import { madeByAws } from '../iam/made-by-aws.ts';
import { readRole } from '../iam/read-role.ts';
import type { Deployment } from '../template/deploy-template.ts';
import { managedRuleActions } from '../template/check-awaiting.ts';
import { nameCaller } from './point.ts';
import type { CallMark, FaultPoint } from './point.ts';

/** Granted, and no call that a fault could strike at here; by action. */
const spared: Readonly<Record<string, string>> = {
  ...madeByAws,
  ...Object.fromEntries(
    managedRuleActions.map((action) => [action, 'Step Functions makes the rule by which it hears of ends itself']),
  ),
  'ec2:CreateTags': 'Asked for beside a rule that is put back with its tags, in the same call',
};

/** Made by one piece of code for every action on hosts: struck at some caller, it is struck at all. */
const shared: ReadonlySet<string> = new Set(['ssm:CancelCommand']);

/** What a role calls otherwise than the API does. */
const apiNames: Readonly<Record<string, string>> = { 'lambda:InvokeFunction': 'lambda:Invoke' };

const callerTypes = ['AWS::Lambda::Function', 'AWS::StepFunctions::StateMachine'];

/**
 * What functions and machines of the app may call and no point is listed at, whatever the resource, as
 * `caller service:Operation`: a call that is new in the code is granted, and shows here until a run makes it.
 */
export function findUnstruck(deployment: Deployment, points: readonly FaultPoint[]): string[] {
  const struck = new Set(points.flatMap((point) => ('mark' in point ? namesOf(point.mark) : [])));
  const granted = callerTypes
    .flatMap((type) => deployment.logicalIdsOf(type))
    .flatMap((logicalId) => listActions(deployment, logicalId).map((action) => `${nameCaller(logicalId)} ${action}`));
  return [...new Set(granted)].filter((call) => !isMet(call, struck)).toSorted();
}

/** A call by its caller, and by itself where every caller makes it alike. */
function namesOf({ caller, service, operation }: CallMark): string[] {
  const call = `${service}:${operation}`;
  return shared.has(call) ? [`${caller} ${call}`, call] : [`${caller} ${call}`];
}

function isMet(call: string, struck: ReadonlySet<string>): boolean {
  const [, action = ''] = call.split(' ');
  return struck.has(call) || struck.has(action);
}

function listActions(deployment: Deployment, logicalId: string): string[] {
  return readRole(deployment, logicalId)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action = [] }) => Action)
    .filter((action) => !Object.hasOwn(spared, action))
    .map((action) => apiNames[action] ?? action);
}
