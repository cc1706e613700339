import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteSecurityGroupCommand,
  DeleteTagsCommand,
  DescribeSecurityGroupsCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../../../lab/services/ec2/token-buckets.ts';
import { addServer, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

describe('security groups', () => {
  let lab: Ec2Lab;

  beforeEach(async () => {
    lab = await startEc2Lab();
  });
  afterEach(async () => await lab.gateway.stop());

  const create = async (input: object = {}) => {
    const whole = { GroupName: 'quarantine', Description: 'cut servers', VpcId: vpcId, ...input };
    const { GroupId = '' } = await lab.client.send(new CreateSecurityGroupCommand(whole));
    return GroupId;
  };
  const remove = async (groupId: string) => await lab.client.send(new DeleteSecurityGroupCommand({ GroupId: groupId }));
  const find = async (groupId: string) => {
    const { SecurityGroups } = await lab.client.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
    return SecurityGroups?.[0];
  };

  it('are created with their tags and the rule that lets everything out', async () => {
    const groupId = await create({
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'role', Value: 'q' }] }],
    });

    expect(await find(groupId)).toMatchObject({
      GroupName: 'quarantine',
      Tags: [{ Key: 'role', Value: 'q' }],
      IpPermissions: [],
      IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    });
  });

  it.each([
    ['a name that is taken', {}, 'InvalidGroup.Duplicate'],
    ['an unknown VPC', { VpcId: 'vpc-0ffffffffffffffff' }, 'InvalidVpcID.NotFound'],
    ['a name like an id', { GroupName: 'sg-1' }, 'InvalidParameterValue'],
    [
      'tags for something else',
      { GroupName: 'b', TagSpecifications: [{ ResourceType: 'instance' }] },
      'InvalidParameterValue',
    ],
    [
      'a reserved tag',
      { GroupName: 'b', TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: 'aws:x' }] }] },
      'InvalidParameterValue',
    ],
  ])('are not created with %s', async (_, input, name) => {
    await create();

    await expect(create(input)).rejects.toMatchObject({ name });
  });

  it('are deleted once nothing uses them', async () => {
    const [worn, referenced] = [await create(), await create({ GroupName: 'second' })];
    addServer(lab.ec2, [worn]);
    await lab.client.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: worn,
        IpPermissions: [{ IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: referenced }] }],
      }),
    );
    const free = await create({ GroupName: 'free' });

    await expect(remove(worn)).rejects.toMatchObject({ name: 'DependencyViolation' });
    await expect(remove(referenced)).rejects.toMatchObject({ name: 'DependencyViolation' });
    await remove(free);
    await expect(find(free)).rejects.toMatchObject({ name: 'InvalidGroup.NotFound' });
  });

  it('are tagged and untagged', async () => {
    const groupId = await create();
    await lab.client.send(
      new CreateTagsCommand({
        Resources: [groupId],
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );

    await lab.client.send(
      new DeleteTagsCommand({ Resources: [groupId], Tags: [{ Key: 'a', Value: 'other' }, { Key: 'b' }] }),
    );

    expect((await find(groupId))?.Tags).toEqual([{ Key: 'a', Value: '1' }]);
  });

  it.each([
    ['an unknown resource', ['i-0ffffffffffffffff'], 'InvalidInstanceID.NotFound'],
    ['a strange id', ['thing'], 'InvalidID'],
  ])('are left alone when a call also tags %s', async (_, strays, name) => {
    const groupId = await create();

    const tag = lab.client.send(
      new CreateTagsCommand({ Resources: [groupId, ...strays], Tags: [{ Key: 'a', Value: '1' }] }),
    );

    await expect(tag).rejects.toMatchObject({ name });
    expect((await find(groupId))?.Tags).toEqual([]);
  });
});

describe('token buckets', () => {
  it.each([
    ['ModifyNetworkInterfaceAttribute', {}, 100, 5],
    ['RevokeSecurityGroupIngress', {}, 50, 5],
    ['DescribeInstances', { InstanceId: ['i-1'] }, 100, 20],
    ['DescribeInstances', {}, 50, 10],
    ['DescribeSecurityGroupRules', {}, 100, 20],
  ])('let %s with %o through %i times at once and then %i a second', (operation, input, burst, refill) => {
    let now = 0;
    const buckets = new TokenBuckets(() => now);
    const take = (): boolean => {
      try {
        buckets.take(operation, input);
        return true;
      } catch {
        return false;
      }
    };
    const countUntilRefused = (): number => {
      let count = 0;
      while (take()) count += 1;
      return count;
    };

    const atOnce = countUntilRefused();
    now += 1000;
    const aSecondLater = countUntilRefused();

    expect([atOnce, aSecondLater]).toEqual([burst, refill]);
  });
});
