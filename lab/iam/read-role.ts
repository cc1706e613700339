import type { Deployment } from '../template/deploy-template.ts';
import { PolicyNotUnderstoodError } from './policy-errors.ts';
import { parseStatement } from './statement.ts';
import type { Statement } from './statement.ts';

/** Reads all a function's or state machine's role may do; refuses a role whose rights do not all stand in the stack. */
export function readRole(deployment: Deployment, logicalId: string): readonly Statement[] {
  const { statements, awsManagedPolicyArns, permissionsBoundaryArn } = deployment.rolePolicies(logicalId);
  // What is not seen might allow more (a managed policy) or less (a boundary).
  const elsewhere = [
    ...awsManagedPolicyArns,
    ...(permissionsBoundaryArn === undefined ? [] : [permissionsBoundaryArn]),
  ];
  if (elsewhere.length > 0) {
    throw new PolicyNotUnderstoodError(
      `Could not read the role of '${logicalId}': the lab does not have the text of '${elsewhere.join("', '")}'`,
    );
  }
  return statements.map(parseStatement);
}

/** The logical id of the function or state machine that made a call; undefined for people and for rules. */
export function findCaller(deployment: Deployment, caller: string): string | undefined {
  // A function signs with a key of its own, a machine is recorded by its ARN.
  const isCaller = (logicalId: string): boolean => deployment.physicalIdOf(logicalId) === caller;
  return deployment.functionOf(caller) ?? deployment.logicalIdsOf('AWS::StepFunctions::StateMachine').find(isCaller);
}
