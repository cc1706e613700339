import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { inertEgress, QuarantineGroups } from '../../../cdk/constructs/quarantine-groups.ts';
import { PolicyInvalidError } from '../../../lambdas/shared/errors.ts';
import { parsePolicy } from '../../../lambdas/shared/policy/parse-policy.ts';
import type { Policy } from '../../../lambdas/shared/policy/policy-schema.ts';
import { policy, type Json } from '../synthesise.ts';

const vpcIds = ['vpc-0123456789abcdef0', 'vpc-0123456789abcdef1'];

function build(given: Policy, vpcs: readonly string[]): { stack: Stack; groups: QuarantineGroups } {
  const stack = new Stack(new App(), 'Stack');
  return { stack, groups: new QuarantineGroups(stack, 'Groups', { vpcIds: vpcs, policy: given }) };
}

/** The groups of one VPC by role: their rules without descriptions. */
function groupsByRole(stack: Stack, vpcId: string): Record<string, { ingress: Json[]; egress: Json[] }> {
  const groups = Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroup'));
  return Object.fromEntries(
    groups
      .filter(({ Properties }) => Properties['VpcId'] === vpcId)
      .map(({ Properties: { SecurityGroupIngress, SecurityGroupEgress, Tags } }) => [
        Tags.find(({ Key }: Json) => Key === 'connection-fuse:role').Value,
        { ingress: SecurityGroupIngress.map(withoutText), egress: SecurityGroupEgress.map(withoutText) },
      ]),
  );
}

function withoutText(rule: Json): Json {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => name !== 'Description'));
}

const inert = { IpProtocol: inertEgress.ipProtocol, CidrIp: inertEgress.cidrIp };

describe('QuarantineGroups', () => {
  it('makes quarantine, sealed and one group a golden channel in every VPC', () => {
    const { stack } = build(policy, vpcIds);

    for (const vpcId of vpcIds) {
      expect(groupsByRole(stack, vpcId)).toEqual({
        quarantine: {
          ingress: [],
          egress: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '10.0.255.0/28' }],
        },
        sealed: { ingress: [], egress: [inert] },
        'golden:monitoring': {
          ingress: [{ IpProtocol: 'tcp', FromPort: 9100, ToPort: 9100, CidrIp: '10.0.9.0/24' }],
          egress: [inert],
        },
        'golden:settlement': {
          ingress: [],
          egress: [
            { IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, CidrIp: '10.0.8.20/32' },
            { IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, CidrIpv6: '2001:db8::/64' },
          ],
        },
      });
    }
  });

  it('gives quarantine no way out where the policy names no path of the agent', () => {
    const { stack } = build(parsePolicy({ version: 1 }), vpcIds.slice(0, 1));

    expect(groupsByRole(stack, 'vpc-0123456789abcdef0')['quarantine']).toEqual({ ingress: [], egress: [inert] });
  });

  it('hands the function a map from VPC and role to the group', () => {
    const { stack, groups } = build(policy, vpcIds.slice(0, 1));

    const parts: Json[] = stack.resolve(groups.environmentValue)['Fn::Join'][1];
    const map = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : part['Fn::GetAtt'][0])).join(''));
    expect(map).toEqual({
      'vpc-0123456789abcdef0': {
        quarantine: expect.stringContaining('quarantine'),
        sealed: expect.stringContaining('sealed'),
        golden: {
          monitoring: expect.stringContaining('goldenmonitoring'),
          settlement: expect.stringContaining('goldensettlement'),
        },
      },
    });
  });

  it('hands over an empty map where there is no VPC', () => {
    const { stack, groups } = build(policy, []);

    expect(stack.resolve(groups.environmentValue)).toBe('{}');
  });

  it('stops at a channel that needs more rules than a group may have', () => {
    const crowded = structuredClone(policy) as { goldenChannels: { peers: string[]; ports?: number[] }[] };
    crowded.goldenChannels[0]!.peers = Array.from({ length: 13 }, (_, index) => `10.1.${index}.0/24`);
    crowded.goldenChannels[0]!.ports = [1, 2, 3, 4, 5];

    expect(() => build(crowded as Policy, vpcIds)).toThrow(PolicyInvalidError);
    expect(() => build(crowded as Policy, vpcIds)).toThrow(/goldenChannels\.0: must make at most 60 .*, got 65/);
  });

  it('stops where the map would not fit into a function', () => {
    const many = Array.from({ length: 30 }, (_, index) => `vpc-0123456789abcde${String(index).padStart(2, '0')}`);

    expect(() => build(policy, many)).toThrow(/must fit into 3000 bytes .*, got \d+ bytes for 30 VPCs and 2 channels/);
  });

  describe('where the policy may close whole subnets', () => {
    const closing = { ...policy, fleet: { networkMeans: 'fastest' } } satisfies Policy;

    it('make one network ACL a VPC that lets nothing through but HTTPS of the agent and its answers', () => {
      const { stack, groups } = build(closing, vpcIds.slice(0, 1));
      const template = Template.fromStack(stack);
      const entries = Object.values(template.findResources('AWS::EC2::NetworkAclEntry')).map(
        ({ Properties }) => Properties,
      );

      expect(Object.values(template.findResources('AWS::EC2::NetworkAcl')).map(({ Properties }) => Properties)).toEqual(
        [{ VpcId: vpcIds[0], Tags: [{ Key: 'connection-fuse:role', Value: 'closed' }] }],
      );
      expect(entries.map(withoutAcl)).toEqual([
        { Egress: true, PortRange: { From: 443, To: 443 }, ...toAgent },
        { Egress: false, PortRange: { From: 1024, To: 65_535 }, ...toAgent },
      ]);
      expect(JSON.stringify(stack.resolve(groups.environmentValue))).toContain('acl');
    });

    it('stop at a path of the agent with more addresses than a network ACL has room for', () => {
      const cidrs = Array.from({ length: 19 }, (_, index) => `10.2.${index}.0/24`);

      expect(() => build({ ...closing, agentPath: { cidrs } }, vpcIds)).toThrow(
        /agentPath\.cidrs: must be at most 18 .*, got 19/,
      );
      expect(() => build({ ...policy, agentPath: { cidrs } }, vpcIds)).not.toThrow();
    });
  });

  it('make no network ACL where only interfaces are moved', () => {
    const { stack } = build(policy, vpcIds);

    expect(Template.fromStack(stack).findResources('AWS::EC2::NetworkAcl')).toEqual({});
  });
});

const toAgent = { Protocol: 6, RuleAction: 'allow', RuleNumber: 100, CidrBlock: '10.0.255.0/28' };

function withoutAcl(entry: Json): Json {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'NetworkAclId'));
}
