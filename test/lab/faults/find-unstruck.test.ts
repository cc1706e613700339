import { describe, expect, it } from 'vitest';
import { findUnstruck } from '../../../lab/faults/find-unstruck.ts';
import type { FaultPoint } from '../../../lab/faults/point.ts';
import type { Deployment } from '../../../lab/template/deploy-template.ts';

const roles: Readonly<Record<string, readonly string[]>> = {
  FuseFunctionsFailOverFunction01234567: ['rds:FailoverDBCluster', 'ssm:CancelCommand', 'logs:PutLogEvents'],
  FuseFunctionsRestoreFunction01234567: ['ssm:CancelCommand', 'ec2:CreateTags'],
  FuseWorkflowsRespondStateMachine01234567: ['lambda:InvokeFunction', 'events:PutRule', 'events:PutEvents'],
};

function deploy(denied: readonly string[] = []): Deployment {
  const toStatement = (Effect: string, Action: readonly string[]) => ({ Effect, Action, Resource: '*' });
  const deployment: Pick<Deployment, 'logicalIdsOf' | 'rolePolicies'> = {
    logicalIdsOf: (type) => Object.keys(roles).filter((id) => id.includes(type.split('::').at(-1) ?? '')),
    rolePolicies: (id) => ({
      statements: [toStatement('Allow', roles[id] ?? []), ...(denied.length > 0 ? [toStatement('Deny', denied)] : [])],
      awsManagedPolicyArns: [],
      permissionsBoundaryArn: undefined,
      roleLogicalId: 'Role',
    }),
  };
  return deployment as Deployment;
}

function toPoint(caller: string, service: string, operation: string): FaultPoint {
  return { kind: 'kill before', mark: { caller, service, operation, nth: 1 }, subject: '' };
}

describe('findUnstruck', () => {
  it('names every call that a role allows and nobody strikes at, but none that AWS makes itself', () => {
    expect(findUnstruck(deploy(['ec2:RunInstances']), [{ kind: 'answers in pages' }])).toEqual(
      [
        'fail-over rds:FailoverDBCluster',
        'fail-over ssm:CancelCommand',
        'respond-machine events:PutEvents',
        'respond-machine lambda:InvokeFunction',
        'restore ssm:CancelCommand',
      ].map((call) => call.replace('InvokeFunction', 'Invoke')),
    );
  });

  it('counts a call for its caller alone, unless one piece of code makes it for all', () => {
    const points = [
      toPoint('restore', 'rds', 'FailoverDBCluster'),
      toPoint('restore', 'ssm', 'CancelCommand'),
      toPoint('respond-machine', 'lambda', 'Invoke'),
      toPoint('respond-machine', 'events', 'PutEvents'),
    ];

    expect(findUnstruck(deploy(), points)).toEqual(['fail-over rds:FailoverDBCluster']);
  });
});
