import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import { groupA, listener, means, rule, standby } from '../../builders/fail-over-means.ts';
import { functionRolesOf } from '../policies.ts';
import { synthesise } from '../synthesise.ts';

const failOvers = [...Object.values(means), { ...means['target-group-weights'], listener: rule }];
const services = failOvers.map((failOver, index) => ({ name: `service-${index}`, coreBusiness: true, failOver }));
const roles = functionRolesOf(synthesise({ policy: parsePolicy({ version: 1, services }) }));

/** Calls that change how a service is led, by the resources on which a role may make them. */
function switching(role: string): Record<string, string[]> {
  const isOurs = /^(elasticloadbalancing|autoscaling|rds|route53):(?!Describe|List|Get)|^ec2:(Disa|A)ssociateAddress/;
  const allowed = (roles.get(role) ?? []).filter(({ Effect }) => Effect === 'Allow');
  const pairs = allowed.flatMap(({ Action, Resource }) =>
    Action.filter((action) => isOurs.test(action)).map((action) => [action, [...Resource].sort()] as const),
  );
  return Object.fromEntries(pairs);
}

const home = 'eu-central-1:123456789012';
const zone = ['arn:aws:route53:::hostedzone/Z0123456789'];
const address = `arn:aws:ec2:${home}:elastic-ip/eipalloc-0123456789abcdef0`;
const anyInterface = `arn:aws:ec2:${home}:network-interface/*`;
const group = [`arn:aws:autoscaling:${home}:autoScalingGroup:*:autoScalingGroupName/orders`];
const both = {
  'elasticloadbalancing:ModifyListener': [listener],
  'elasticloadbalancing:ModifyRule': [rule],
  'elasticloadbalancing:RegisterTargets': [groupA],
  'elasticloadbalancing:DeregisterTargets': [groupA],
  'route53:ChangeResourceRecordSets': zone,
  'rds:RebootDBInstance': [`arn:aws:rds:${home}:db:orders`],
  'rds:FailoverDBCluster': [`arn:aws:rds:${home}:cluster:orders`, `arn:aws:rds:${home}:db:*`],
};

describe('the grants of a fail-over', () => {
  it('are on what the policy names, and on nothing else', () => {
    expect(switching('FailOver')).toEqual({
      ...both,
      'ec2:AssociateAddress': [address, `arn:aws:ec2:${home}:instance/${standby}`, anyInterface],
      'autoscaling:EnterStandby': group,
    });
  });

  it('let restore go back, to whichever server it was', () => {
    expect(switching('Restore')).toEqual({
      ...both,
      'ec2:AssociateAddress': [address, `arn:aws:ec2:${home}:instance/*`, anyInterface],
      'ec2:DisassociateAddress': [address, anyInterface],
      'autoscaling:ExitStandby': group,
    });
  });

  it('pin the record by name, type and manner', () => {
    const change = roles
      .get('FailOver')
      ?.find(({ Effect, Action }) => Effect === 'Allow' && Action.includes('route53:ChangeResourceRecordSets'));

    expect(change?.Condition).toEqual({
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['orders.example.com'],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
      },
      Null: {
        'route53:ChangeResourceRecordSetsActions': 'false',
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': 'false',
      },
    });
  });

  it('let nobody else switch anything', () => {
    const others = [...roles.keys()].filter((role) => !['FailOver', 'Restore'].includes(role));

    expect(others.map(switching).filter((calls) => Object.keys(calls).length > 0)).toEqual([]);
  });
});
