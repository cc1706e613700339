import { App, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { grantPermissions } from '../../../cdk/constructs/action-grants.ts';
import type { Permission } from '../../../lambdas/shared/actions/action.ts';

const permission: Permission = {
  actions: ['ssm:SendCommand'],
  resources: ['arn:${Partition}:ssm:${Region}:${Account}:document/${DocumentName}'],
  conditions: { StringEquals: { 'ssm:DocumentType': 'Command' } },
  reason: 'test',
};

function createRole(): { stack: Stack; role: Role } {
  const stack = new Stack(new App(), 'Stack', { env: { account: '123456789012', region: 'eu-central-1' } });
  return { stack, role: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }) };
}

describe('grantPermissions', () => {
  it('fills in where the stack is, and what it is told, and keeps the condition', () => {
    const { stack, role } = createRole();

    grantPermissions(role, [permission], { DocumentName: 'kill' });

    const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    expect(policy?.['Properties'].PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: expect.objectContaining({
          'Fn::Join': ['', expect.arrayContaining([expect.stringContaining('document/kill')])],
        }),
        Condition: { StringEquals: { 'ssm:DocumentType': 'Command' } },
      },
    ]);
  });

  it('stops at a placeholder that nobody fills', () => {
    const { role } = createRole();

    expect(() => grantPermissions(role, [permission])).toThrow('nothing is known to fill in for "DocumentName"');
  });
});
