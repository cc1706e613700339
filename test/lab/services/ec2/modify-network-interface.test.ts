import { DescribeInstancesCommand, ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addServer, server, startEc2Lab, vpcId } from './ec2-lab.ts';
import type { Ec2Lab } from './ec2-lab.ts';

const otherVpc = 'vpc-00000000000000002';

describe('ModifyNetworkInterfaceAttribute', () => {
  let lab: Ec2Lab;
  let open: string;
  let sealed: string;
  let card: string;

  beforeEach(async () => {
    lab = await startEc2Lab();
    open = lab.ec2.addSecurityGroup({
      groupName: 'open',
      vpcId,
      ingress: [{ ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' }],
    });
    sealed = lab.ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
    card = addServer(lab.ec2, [open]);
    await lab.ec2.tellFirewalls();
    lab.told.length = 0;
  });
  afterEach(async () => await lab.gateway.stop());

  const modify = async (input: object) =>
    await lab.client.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: card, ...input }));

  it('replaces the groups, and the hosts know before the answer', async () => {
    await modify({ Groups: [sealed] });

    expect(lab.told).toEqual([{ instanceId: server, firewall: { ingress: [], egress: [] } }]);
    const { Reservations } = await lab.client.send(new DescribeInstancesCommand({ InstanceIds: [server] }));
    expect(Reservations?.[0]?.Instances?.[0]?.SecurityGroups).toEqual([{ GroupId: sealed, GroupName: 'sealed' }]);
  });

  it('tells nobody when the effective rules stay the same', async () => {
    await modify({ Groups: [open] });

    expect(lab.told).toEqual([]);
  });

  it('changes what groups that refer to the old group let in', async () => {
    const peers = lab.ec2.addSecurityGroup({
      groupName: 'peers',
      vpcId,
      egress: [],
      ingress: [{ ipProtocol: '-1', groupId: open }],
    });
    addServer(lab.ec2, [peers], 'i-0000000000000000b', '10.0.0.20');
    await lab.ec2.tellFirewalls();
    lab.told.length = 0;

    await modify({ Groups: [sealed] });

    expect(lab.told).toContainEqual({ instanceId: 'i-0000000000000000b', firewall: { ingress: [], egress: [] } });
  });

  it.each([
    ['no attribute', () => ({}), 'MissingParameter'],
    ['two attributes', () => ({ Groups: [sealed], SourceDestCheck: { Value: true } }), 'InvalidParameterCombination'],
    ['another attribute', () => ({ SourceDestCheck: { Value: true } }), 'UnsupportedOperation'],
    ['an unknown group', () => ({ Groups: [sealed, 'sg-0ffffffffffffffff'] }), 'InvalidGroup.NotFound'],
    ['a malformed group', () => ({ Groups: ['web'] }), 'InvalidGroupId.Malformed'],
    [
      'an unknown interface',
      () => ({ Groups: [sealed], NetworkInterfaceId: 'eni-0ffffffffffffffff' }),
      'InvalidNetworkInterfaceID.NotFound',
    ],
    ['a group of another VPC', () => ({ Groups: [addForeignGroup()] }), 'InvalidGroup.NotFound'],
    ['six groups', () => ({ Groups: addGroups(6) }), 'SecurityGroupsPerInterfaceLimitExceeded'],
    ['DryRun', () => ({ Groups: [sealed], DryRun: true }), 'DryRunOperation'],
  ])('refuses %s and changes nothing', async (_, toInput, name) => {
    await expect(modify(toInput())).rejects.toMatchObject({ name });

    expect(lab.told).toEqual([]);
    expect(lab.ec2.model.networkInterfaces.get(card)?.groupIds).toEqual([open]);
  });

  const addForeignGroup = (): string => {
    lab.ec2.addVpc({ vpcId: otherVpc, cidrBlock: '10.1.0.0/16' });
    return lab.ec2.addSecurityGroup({ groupName: 'foreign', vpcId: otherVpc });
  };
  const addGroups = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => lab.ec2.addSecurityGroup({ groupName: `many-${index}`, vpcId }));

  it('waits for hosts that are slow and tells them in the order of the changes', async () => {
    await lab.gateway.stop();
    const seen: number[] = [];
    lab = await startEc2Lab({
      onFirewallChange: async (_, { ingress }) => {
        await new Promise((resolve) => setTimeout(resolve, ingress.length === 0 ? 30 : 0));
        seen.push(ingress.length);
      },
    });
    open = lab.ec2.addSecurityGroup({
      groupName: 'open',
      vpcId,
      ingress: [{ ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' }],
    });
    sealed = lab.ec2.addSecurityGroup({ groupName: 'sealed', vpcId, egress: [] });
    card = addServer(lab.ec2, [open]);
    await lab.ec2.tellFirewalls();

    await Promise.all([modify({ Groups: [sealed] }), modify({ Groups: [open] })]);

    expect(seen).toEqual([1, 0, 1]);
  });
});
