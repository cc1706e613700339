import { describe, expect, it } from 'vitest';
import { checkAwaiting, managedRuleActions } from '../../../lab/template/check-awaiting.ts';

const rule = 'arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';

function check(Resource: string, Action: readonly string[], on = rule): void {
  const States = { Child: { Type: 'Task', Resource, Arguments: { StateMachineArn: 'arn:child' }, End: true } };
  const machine = {
    name: 'respond',
    arn: 'arn:aws:states:us-east-1:123456789012:stateMachine:respond',
    roleArn: 'arn:role',
    definition: { QueryLanguage: 'JSONata', StartAt: 'Child', States },
  };
  const statements = Action.length === 0 ? [] : [{ Effect: 'Allow', Action, Resource: on }];
  const role = { roleLogicalId: 'Role', statements, awsManagedPolicyArns: [], permissionsBoundaryArn: undefined };
  checkAwaiting(machine, () => role);
}

const awaiting = 'arn:aws:states:::states:startExecution.sync:2';

describe('checkAwaiting', () => {
  it('takes a machine whose role may make the rule by which it hears of ends', () => {
    expect(() => check(awaiting, managedRuleActions)).not.toThrow();
  });

  it('takes a machine that waits for nobody in any role', () => {
    expect(() => check('arn:aws:states:::states:startExecution', [])).not.toThrow();
  });

  it.each([
    ['no rule', [], rule],
    ['half of the calls', managedRuleActions.slice(1), rule],
    ['another rule', managedRuleActions, `${rule}s`],
  ])('refuses a machine that waits in a role that may make %s', (_what, actions, on) => {
    expect(() => check(awaiting, actions, on)).toThrow("'arn:role' is not authorized to create managed-rule");
  });
});
