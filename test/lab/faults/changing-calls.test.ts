import { describe, expect, it } from 'vitest';
import { isChanging, isTouching } from '../../../lab/faults/changing-calls.ts';

describe('a changing call', () => {
  it.each([
    'AssociateAddress',
    'DisassociateAddress',
    'RegisterTargets',
    'DeregisterTargets',
    'EnterStandby',
    'ExitStandby',
    'RebootDBInstance',
    'FailoverDBCluster',
    'ChangeResourceRecordSets',
    'ModifyListener',
    'PutItem',
    'SendCommand',
    'AnythingThatAWSInventsTomorrow',
  ])('is %s', (operation) => {
    expect(isChanging(operation)).toBe(true);
  });

  it.each(['DescribeInstances', 'ListCommandInvocations', 'GetItem', 'BatchGetItem', 'Query'])(
    'is not %s',
    (operation) => {
      expect(isChanging(operation)).toBe(false);
    },
  );

  it('touches what the fuse looks after, unless it goes to what the fuse keeps and tells', () => {
    expect(isTouching({ service: 'route53', operation: 'ChangeResourceRecordSets' })).toBe(true);
    expect(isTouching({ service: 'rds', operation: 'FailoverDBCluster' })).toBe(true);
    expect(isTouching({ service: 'ec2', operation: 'DescribeAddresses' })).toBe(false);
    expect(isTouching({ service: 'dynamodb', operation: 'PutItem' })).toBe(false);
    expect(isTouching({ service: 'states', operation: 'StartExecution' })).toBe(false);
  });
});
