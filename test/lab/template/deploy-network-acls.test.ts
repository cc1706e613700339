import { describe, expect, it } from 'vitest';
import { LabSetupError } from '../../../lab/services/setup-error.ts';
import { toNetworkAclEntry, toNetworkAclSeed } from '../../../lab/template/deploy-network-acls.ts';
import type { ResolvedResource } from '../../../lab/template/resource.ts';

const toResource = (type: string, properties: ResolvedResource['properties']): ResolvedResource => ({
  logicalId: 'Sealed',
  type,
  properties,
  identity: { ref: 'acl-1', attributes: {} },
});
const entry = { NetworkAclId: 'acl-1', RuleNumber: '10', Protocol: 6, RuleAction: 'allow', Egress: 'true' };

describe('network ACLs of a template', () => {
  it('have the id that others refer to, and their tags', () => {
    const Tags = [{ Key: 'role', Value: 'sealed' }];

    expect(toNetworkAclSeed(toResource('AWS::EC2::NetworkAcl', { VpcId: 'vpc-1', Tags }))).toEqual({
      networkAclId: 'acl-1',
      vpcId: 'vpc-1',
      tags: { role: 'sealed' },
    });
  });

  it('have entries in the numbers and words of the model', () => {
    const properties = { ...entry, CidrBlock: '10.0.0.0/8', PortRange: { From: 443, To: '443' } };

    expect(toNetworkAclEntry(toResource('AWS::EC2::NetworkAclEntry', properties))).toEqual({
      networkAclId: 'acl-1',
      entry: {
        ruleNumber: 10,
        egress: true,
        action: 'allow',
        protocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        cidr: '10.0.0.0/8',
      },
    });
  });

  it.each([
    ['without a CIDR', entry],
    ['of an unknown protocol', { ...entry, CidrBlock: '10.0.0.0/8', Protocol: 50 }],
    ['with an unknown property', { ...entry, CidrBlock: '10.0.0.0/8', Colour: 'red' }],
  ])('refuse an entry %s', (_, properties) => {
    expect(() => toNetworkAclEntry(toResource('AWS::EC2::NetworkAclEntry', properties))).toThrow(LabSetupError);
  });
});
