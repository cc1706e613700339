import { describe, expect, it } from 'vitest';
import { toIamRequests } from '../../../lab/iam/authorise-call.ts';
import { CallNotMappedError } from '../../../lab/iam/policy-errors.ts';
import { Ec2Model } from '../../../lab/services/ec2/model.ts';
import { seedElasticIp, seedNetworkAcl } from '../../../lab/services/ec2/seed-subnets.ts';
import { seedInstance, seedSecurityGroup, seedVpc } from '../../../lab/services/ec2/seed.ts';
import { TagStore } from '../../../lab/services/tag-store.ts';

const elb = 'arn:aws:elasticloadbalancing:us-east-1:123456789012';
const [group, listener] = [`${elb}:targetgroup/a/1`, `${elb}:listener/net/a/1/2`];
const scaling = 'arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:u:autoScalingGroupName/orders';

function buildSite() {
  const model = new Ec2Model('123456789012', 'us-east-1');
  seedVpc(model, { vpcId: 'vpc-1', cidrBlock: '10.0.0.0/8' });
  seedSecurityGroup(model, { groupId: 'sg-1', groupName: 'a', vpcId: 'vpc-1' });
  const card = { networkInterfaceId: 'eni-1', privateIpAddress: '10.0.0.1', groupIds: ['sg-1'], tags: { is: 'card' } };
  seedInstance(model, { instanceId: 'i-1', vpcId: 'vpc-1', tags: { is: 'server' }, networkInterfaces: [card] });
  const eip = { allocationId: 'eipalloc-1', publicIp: '100.64.0.1', tags: { is: 'address' } };
  seedElasticIp(model, { ...eip, networkInterfaceId: 'eni-1' });
  seedNetworkAcl(model, { networkAclId: 'acl-1', vpcId: 'vpc-1', tags: { is: 'acl' } });
  const tags = new TagStore();
  for (const arn of [group, listener, scaling]) tags.set(arn, { is: 'ours' });
  const groups = new Map([['orders', { arn: scaling }]]);
  return {
    accountId: '123456789012',
    region: 'us-east-1',
    ec2: { model },
    elb: { model: { tags } },
    autoScaling: { model: { groups, tags } },
  };
}

function list(name: string, input: object, site = buildSite()): string[] {
  const [service = '', operation = ''] = name.split(':');
  return toIamRequests({ at: 0, caller: '', service, operation, input }, site).map(
    ({ action, resource, context: { keys } }) =>
      [action, resource, keys['aws:ResourceTag/is']].filter(Boolean).join(' '),
  );
}

const ec2 = 'arn:aws:ec2:us-east-1:123456789012';
const rds = 'arn:aws:rds:us-east-1:123456789012';

describe('what AWS authorises for a fail-over', () => {
  it.each([
    ['elasticloadbalancing:DescribeTargetHealth', { TargetGroupArn: group }, ['*']],
    ['elasticloadbalancing:RegisterTargets', { TargetGroupArn: group }, [`${group} ours`]],
    ['elasticloadbalancing:ModifyListener', { ListenerArn: listener }, [`${listener} ours`]],
    ['elasticloadbalancing:ModifyRule', { RuleArn: `${elb}:listener-rule/x` }, [`${elb}:listener-rule/x`]],
    ['autoscaling:EnterStandby', { AutoScalingGroupName: 'orders' }, [`${scaling} ours`]],
    ['autoscaling:DescribeAutoScalingGroups', {}, ['*']],
    ['rds:RebootDBInstance', { DBInstanceIdentifier: 'Ledger' }, [`${rds}:db:ledger`]],
    ['rds:DescribeDBInstances', {}, [`${rds}:db:*`]],
    [
      'rds:FailoverDBCluster',
      { DBClusterIdentifier: 'c', TargetDBInstanceIdentifier: 'm' },
      [`${rds}:cluster:c`, `${rds}:db:m`],
    ],
    ['route53:ListResourceRecordSets', { HostedZoneId: 'Z1' }, ['arn:aws:route53:::hostedzone/Z1']],
    ['route53:GetChange', { Id: 'C1' }, ['arn:aws:route53:::change/C1']],
    ['route53:GetHealthCheckStatus', { HealthCheckId: 'h' }, ['arn:aws:route53:::healthcheck/h']],
    ['ec2:DescribeAddresses', {}, ['*']],
    ['ec2:GetManagedPrefixListEntries', { PrefixListId: 'pl-1' }, [`${ec2}:prefix-list/pl-1`]],
    ['ec2:CreateNetworkAclEntry', { NetworkAclId: 'acl-1' }, [`${ec2}:network-acl/acl-1 acl`]],
    [
      'ec2:AssociateAddress',
      { AllocationId: 'eipalloc-1', InstanceId: 'i-1' },
      [`${ec2}:elastic-ip/eipalloc-1 address`, `${ec2}:instance/i-1 server`],
    ],
  ])('%s', (name, input, resources) => {
    expect(list(name, input)).toEqual(resources.map((resource) => `${name} ${resource}`));
  });

  it('an association stands for the address and the interface it ties', () => {
    const site = buildSite();
    const { associationId } = site.ec2.model.addresses.get('eipalloc-1')?.association ?? {};

    expect(list('ec2:DisassociateAddress', { AssociationId: associationId }, site)).toEqual([
      `ec2:DisassociateAddress ${ec2}:elastic-ip/eipalloc-1 address`,
      `ec2:DisassociateAddress ${ec2}:network-interface/eni-1 card`,
    ]);
  });

  it('a swapped network ACL is asked for with the subnet', () => {
    const site = buildSite();
    const [subnet] = [...site.ec2.model.subnets.values()];
    const input = { AssociationId: subnet?.aclAssociationId, NetworkAclId: 'acl-1' };

    expect(list('ec2:ReplaceNetworkAclAssociation', input, site)).toEqual([
      `ec2:ReplaceNetworkAclAssociation ${ec2}:network-acl/acl-1 acl`,
      `ec2:ReplaceNetworkAclAssociation ${ec2}:subnet/${subnet?.subnetId}`,
    ]);
  });

  it('a change of records carries names, types and actions as keys', () => {
    const set = { Name: 'Orders.Example.', Type: 'A' };
    const input = {
      HostedZoneId: 'Z1',
      ChangeBatch: { Changes: { Change: [{ Action: 'UPSERT', ResourceRecordSet: set }] } },
    };
    const call = { at: 0, caller: '', service: 'route53', operation: 'ChangeResourceRecordSets', input };

    expect(toIamRequests(call, buildSite())[0]?.context.keys).toEqual({
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['orders.example'],
      'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
      'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
    });
  });

  it.each([
    ['autoscaling:EnterStandby', { AutoScalingGroupName: 'other' }],
    ['ec2:AssociateAddress', { AllocationId: 'eipalloc-9' }],
    ['ec2:ReplaceNetworkAclAssociation', { AssociationId: 'x', NetworkAclId: 'acl-1' }],
  ])('%s of something unknown cannot be told', (name, input) => {
    expect(() => list(name, input)).toThrow(CallNotMappedError);
  });

  it('a site without load balancing cannot tell its tags', () => {
    const { elb: _, ...site } = buildSite();

    expect(() => list('elasticloadbalancing:ModifyListener', { ListenerArn: listener }, site as never)).toThrow(
      CallNotMappedError,
    );
  });
});
