import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addServer, server, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

const https = {
  IpProtocol: 'tcp',
  FromPort: 443,
  ToPort: 443,
  IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inner' }],
};
const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '203.0.113.7/32' }] };

describe('security-group rules', () => {
  let lab: Ec2Lab;
  let groupId: string;

  beforeEach(async () => {
    lab = await startEc2Lab();
    groupId = lab.ec2.addSecurityGroup({ groupName: 'web', vpcId });
  });
  afterEach(async () => await lab.gateway.stop());

  const listRules = async () => {
    const answer = await lab.client.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    return (answer.SecurityGroupRules ?? []).filter((rule) => rule.IsEgress === false);
  };
  const authorize = async (...IpPermissions: object[]) =>
    await lab.client.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions }));

  it('come back from Authorize with new ids, tags and the description', async () => {
    const answer = await lab.client.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [https],
        TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: 'owner', Value: 'web & co' }] }],
      }),
    );

    expect(answer.SecurityGroupRules).toEqual([
      {
        SecurityGroupRuleId: expect.stringMatching(/^sgr-[0-9a-f]{17}$/),
        SecurityGroupRuleArn: expect.stringContaining(':security-group-rule/sgr-'),
        GroupId: groupId,
        GroupOwnerId: '123456789012',
        IsEgress: false,
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        CidrIpv4: '10.0.0.0/8',
        Description: 'inner',
        Tags: [{ Key: 'owner', Value: 'web & co' }],
      },
    ]);
  });

  it('are refused whole when one of them already stands', async () => {
    await authorize(https);

    const second = authorize(ssh, { ...https, IpRanges: [{ CidrIp: '10.9.9.9/8' }] });

    await expect(second).rejects.toMatchObject({ name: 'InvalidPermission.Duplicate' });
    expect(await listRules()).toHaveLength(1);
  });

  it('are revoked by id, with the rule itself but no tags in the answer', async () => {
    const { SecurityGroupRules: [rule] = [] } = await authorize(https);

    const answer = await lab.client.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: groupId,
        SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
      }),
    );

    expect(answer.RevokedSecurityGroupRules).toEqual([
      {
        SecurityGroupRuleId: rule?.SecurityGroupRuleId,
        GroupId: groupId,
        IsEgress: false,
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        CidrIpv4: '10.0.0.0/8',
        Description: 'inner',
      },
    ]);
    expect(await listRules()).toEqual([]);
  });

  it.each([
    ['an unknown id', ['sgr-0ffffffffffffffff'], 'InvalidSecurityGroupRuleId.NotFound'],
    ['a malformed id', ['sgr-xyz'], 'InvalidSecurityGroupRuleId.Malformed'],
  ])('stay when a revocation also names %s', async (_, strays, name) => {
    const { SecurityGroupRules: [rule] = [] } = await authorize(https);
    const ids = [rule?.SecurityGroupRuleId ?? '', ...strays];

    const revoke = lab.client.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: ids }),
    );

    await expect(revoke).rejects.toMatchObject({ name });
    expect(await listRules()).toHaveLength(1);
  });

  it('stay when a revocation names an unknown permission, outside the default VPC', async () => {
    await authorize(https);

    const revoke = lab.client.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [https, ssh] }),
    );

    await expect(revoke).rejects.toMatchObject({ name: 'InvalidPermission.NotFound' });
    expect(await listRules()).toHaveLength(1);
  });

  it('go from the default VPC while the unknown ones are only named', async () => {
    lab.ec2.addVpc({ vpcId: 'vpc-0000000000000000d', cidrBlock: '172.31.0.0/16', isDefault: true });
    groupId = lab.ec2.addSecurityGroup({ groupName: 'web', vpcId: 'vpc-0000000000000000d' });
    await authorize(https);

    const answer = await lab.client.send(
      new RevokeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [https, ssh] }),
    );

    expect(answer.RevokedSecurityGroupRules).toHaveLength(1);
    expect(answer.UnknownIpPermissions).toEqual([
      { ...ssh, UserIdGroupPairs: [], Ipv6Ranges: [], PrefixListIds: [], IpRanges: [{ CidrIp: '203.0.113.7/32' }] },
    ]);
  });

  it('are not revoked in the other direction', async () => {
    const { SecurityGroupRules: [rule] = [] } = await authorize(https);

    const revoke = lab.client.send(
      new RevokeSecurityGroupEgressCommand({
        GroupId: groupId,
        SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
      }),
    );

    await expect(revoke).rejects.toMatchObject({ name: 'InvalidSecurityGroupRuleId.NotFound' });
  });

  it('are not revoked through another group', async () => {
    const { SecurityGroupRules: [rule] = [] } = await authorize(https);
    const other = lab.ec2.addSecurityGroup({ groupName: 'other', vpcId });

    const revoke = lab.client.send(
      new RevokeSecurityGroupIngressCommand({
        GroupId: other,
        SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
      }),
    );

    await expect(revoke).rejects.toMatchObject({ name: 'InvalidSecurityGroupRuleId.NotFound' });
    expect(await listRules()).toHaveLength(1);
  });

  it('are at most 60 in a group and direction, whatever the other direction holds', async () => {
    const toRanges = (count: number): object[] =>
      Array.from({ length: count }, (_, index) => ({ CidrIp: `10.0.${index}.0/24` }));
    await authorize({ ...https, IpRanges: toRanges(59) });
    await authorize(ssh);

    await expect(authorize({ ...ssh, FromPort: 21 })).rejects.toMatchObject({
      name: 'RulesPerSecurityGroupLimitExceeded',
    });
    expect(await listRules()).toHaveLength(60);
  });

  it('reach the hosts before the call is answered, group references as addresses', async () => {
    const clients = lab.ec2.addSecurityGroup({ groupName: 'clients', vpcId });
    addServer(lab.ec2, [groupId]);
    addServer(lab.ec2, [clients], 'i-0000000000000000b', '10.0.0.20');
    await lab.ec2.tellFirewalls();
    lab.told.length = 0;

    await authorize({ IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, UserIdGroupPairs: [{ GroupId: clients }] });

    expect(lab.told).toEqual([
      {
        instanceId: server,
        firewall: {
          ingress: [{ protocol: 'tcp', fromPort: 8080, toPort: 8080, cidr: '10.0.0.20/32' }],
          egress: [{ protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' }],
        },
      },
    ]);
  });

  it('change nothing under DryRun', async () => {
    const dry = lab.client.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [https], DryRun: true }),
    );

    await expect(dry).rejects.toMatchObject({ name: 'DryRunOperation', $metadata: { httpStatusCode: 412 } });
    expect(await listRules()).toEqual([]);
  });

  it.each([
    ['a CIDR with letters', { ...https, IpRanges: [{ CidrIp: '10.0.0.x/8' }] }, 'InvalidParameterValue'],
    ['an octal-looking CIDR', { ...https, IpRanges: [{ CidrIp: '010.0.0.0/8' }] }, 'InvalidParameterValue'],
    ['ports out of order', { ...https, ToPort: 80 }, 'InvalidParameterValue'],
    ['no ports', { IpProtocol: 'tcp', IpRanges: https.IpRanges }, 'MissingParameter'],
    [
      'the same range twice',
      { ...https, IpRanges: [...https.IpRanges, { CidrIp: '10.9.9.9/8' }] },
      'InvalidParameterValue',
    ],
    ['no peer', { IpProtocol: '-1' }, 'InvalidParameterValue'],
    [
      'an unknown group',
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-0ffffffffffffffff' }] },
      'InvalidGroup.NotFound',
    ],
    ['an unknown protocol', { ...https, IpProtocol: 'quic' }, 'InvalidPermission.Malformed'],
    [
      'a peering',
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-0', PeeringStatus: 'x' }] },
      'UnsupportedOperation',
    ],
  ])('are refused with %s', async (_, permission, name) => {
    await expect(authorize(permission)).rejects.toMatchObject({ name });
  });

  it('show in the group by port range', async () => {
    await authorize(https, { ...https, IpRanges: [{ CidrIp: '192.0.2.0/24' }], Ipv6Ranges: [{ CidrIpv6: '::/0' }] });

    const { SecurityGroups: [group] = [] } = await lab.client.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }),
    );

    expect(group?.IpPermissions).toEqual([
      {
        IpProtocol: 'tcp',
        FromPort: 443,
        ToPort: 443,
        UserIdGroupPairs: [],
        IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inner' }, { CidrIp: '192.0.2.0/24' }],
        Ipv6Ranges: [{ CidrIpv6: '::/0' }],
        PrefixListIds: [],
      },
    ]);
  });
});
