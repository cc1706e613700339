import { evaluateAll } from '../iam/evaluate.ts';
import { parseStatement } from '../iam/statement.ts';
import { LabSetupError } from '../services/setup-error.ts';
import type { StateMachineSeed } from '../services/step-functions/executions.ts';
import type { RolePolicies } from './role-policies.ts';

/** Through this rule Step Functions hears of the ends of executions that a machine waits for; it makes it itself. */
export const managedRuleName = 'StepFunctionsGetEventsForStepFunctionsExecutionRule';
export const managedRuleActions = ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'] as const;

/** Refuses what CreateStateMachine refuses: a machine that waits for another, in a role that may not make the rule. */
export function checkAwaiting({ arn, roleArn, definition }: StateMachineSeed, readPolicies: () => RolePolicies): void {
  if (!JSON.stringify(definition).includes('"arn:aws:states:::states:startExecution.sync')) return;
  const resource = arn.replace(/^arn:(\w+):states:([^:]+):([^:]+):.*$/, `arn:$1:events:$2:$3:rule/${managedRuleName}`);
  const requests = managedRuleActions.map((action) => ({ action, resource, context: { keys: {}, complete: [] } }));
  const verdict = evaluateAll(readPolicies().statements.map(parseStatement), requests);
  if (verdict.kind === 'allowed') return;
  throw new LabSetupError(`Could not deploy '${arn}': '${roleArn}' is not authorized to create managed-rule`);
}
