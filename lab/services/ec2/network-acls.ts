import * as z from 'zod/mini';
import { ServiceError } from '../wire/service-error.ts';
import type { Operation } from '../wire/service.ts';
import type { XmlStructure } from '../wire/xml.ts';
import { filtersSchema, selectByFilters } from './filters.ts';
import type { FilterValues } from './filters.ts';
import { findNetworkAcl, findSubnet } from './find.ts';
import type { Ec2Model, NetworkAcl, NetworkAclEntry, Subnet } from './model.ts';
import { lastRuleNumber } from './network-acl-entries.ts';
import { defineChange, defineRead } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { cutPage, pageMembers, refuseSizeWithIds } from './pages.ts';
import { viewTags } from './views.ts';

const ids = z.optional(z.array(z.string()));

/** Subnets, network ACLs and which of them belong together. */
export function defineNetworkAcls(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    DescribeSubnets: describeSubnets(desk),
    DescribeNetworkAcls: describeNetworkAcls(desk),
    ReplaceNetworkAclAssociation: replaceAssociation(desk),
  };
}

function describeSubnets({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ SubnetId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    refuseSizeWithIds(input, input.SubnetId);
    const asked = input.SubnetId?.map((id) => findSubnet(model, id)) ?? [...model.subnets.values()];
    const kept = selectByFilters(asked, input.Filter, subnetFilters, ({ subnetId }) => model.tagsOf(subnetId));
    const page = cutPage(kept, input, pageLimit);
    return { subnetSet: page.things.map((subnet) => viewSubnet(model, subnet)), nextToken: page.nextToken };
  });
}

const subnetFilters: FilterValues<Subnet> = {
  'subnet-id': ({ subnetId }) => [subnetId],
  'vpc-id': ({ vpcId }) => [vpcId],
  'availability-zone': ({ availabilityZone }) => [availabilityZone],
  'cidr-block': ({ cidrBlock }) => [cidrBlock],
  state: () => ['available'],
};

function describeNetworkAcls({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ NetworkAclId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    refuseSizeWithIds(input, input.NetworkAclId);
    const asked = input.NetworkAclId?.map((id) => findNetworkAcl(model, id)) ?? [...model.networkAcls.values()];
    const kept = selectByFilters(asked, input.Filter, aclFilters(model), ({ networkAclId }) =>
      model.tagsOf(networkAclId),
    );
    const page = cutPage(kept, input, pageLimit);
    return { networkAclSet: page.things.map((acl) => viewNetworkAcl(model, acl)), nextToken: page.nextToken };
  });
}

function aclFilters(model: Ec2Model): FilterValues<NetworkAcl> {
  return {
    'network-acl-id': ({ networkAclId }) => [networkAclId],
    'vpc-id': ({ vpcId }) => [vpcId],
    default: ({ isDefault }) => [String(isDefault)],
    'association.network-acl-id': (acl) => (model.subnetsOf(acl).length > 0 ? [acl.networkAclId] : []),
    'association.association-id': (acl) => model.subnetsOf(acl).map(({ aclAssociationId }) => aclAssociationId),
    'association.subnet-id': (acl) => model.subnetsOf(acl).map(({ subnetId }) => subnetId),
  };
}

/** A subnet has exactly one ACL; another one means another association, and the former id is gone. */
function replaceAssociation(desk: Ec2Desk): Operation {
  const { model } = desk;
  return defineChange(desk, { AssociationId: z.string(), NetworkAclId: z.string() }, (input) => {
    const subnet = [...model.subnets.values()].find(({ aclAssociationId }) => aclAssociationId === input.AssociationId);
    if (subnet === undefined) {
      const message = `The association ID '${input.AssociationId}' does not exist`;
      throw new ServiceError('InvalidAssociationID.NotFound', message);
    }
    const acl = findNetworkAcl(model, input.NetworkAclId);
    if (acl.vpcId !== subnet.vpcId) {
      throw new ServiceError('InvalidParameterValue', 'The network ACL and the subnet belong to different networks');
    }
    return () => {
      subnet.networkAclId = acl.networkAclId;
      subnet.aclAssociationId = model.nextId('aclassoc');
      return { newAssociationId: subnet.aclAssociationId };
    };
  });
}

function viewSubnet(model: Ec2Model, { subnetId, vpcId, cidrBlock, availabilityZone }: Subnet): XmlStructure {
  return {
    subnetId,
    vpcId,
    cidrBlock,
    availabilityZone,
    state: 'available',
    ownerId: model.accountId,
    subnetArn: `arn:aws:ec2:${model.region}:${model.accountId}:subnet/${subnetId}`,
    tagSet: viewTags(model, subnetId),
  };
}

function viewNetworkAcl(model: Ec2Model, acl: NetworkAcl): XmlStructure {
  const { networkAclId, vpcId, isDefault } = acl;
  return {
    networkAclId,
    vpcId,
    default: isDefault,
    ownerId: model.accountId,
    entrySet: acl.entries
      .toSorted((one, other) => Number(one.egress) - Number(other.egress) || one.ruleNumber - other.ruleNumber)
      .map(viewEntry),
    associationSet: model.subnetsOf(acl).map(({ aclAssociationId, subnetId }) => ({
      networkAclAssociationId: aclAssociationId,
      networkAclId,
      subnetId,
    })),
    tagSet: viewTags(model, networkAclId),
  };
}

const protocolNumbers = { '-1': '-1', icmp: '1', tcp: '6', udp: '17' };

function viewEntry({ ruleNumber, protocol, action, egress, cidr, fromPort, toPort }: NetworkAclEntry): XmlStructure {
  return {
    ruleNumber,
    protocol: protocolNumbers[protocol],
    ruleAction: action,
    egress,
    cidrBlock: cidr.includes(':') ? undefined : cidr,
    ipv6CidrBlock: cidr.includes(':') ? cidr : undefined,
    portRange: fromPort === -1 ? undefined : { from: fromPort, to: toPort },
    icmpTypeCode: protocol === 'icmp' ? { code: -1, type: -1 } : undefined,
  };
}

/** What AWS puts into an ACL that nobody has written to: the last rule, and in the default one all is let through. */
export function standardEntries(isDefault: boolean): readonly NetworkAclEntry[] {
  const all = { protocol: '-1', fromPort: -1, toPort: -1, cidr: '0.0.0.0/0' } as const;
  return [false, true].flatMap((egress) => [
    ...(isDefault ? [{ ...all, egress, ruleNumber: 100, action: 'allow' as const }] : []),
    { ...all, egress, ruleNumber: lastRuleNumber, action: 'deny' as const },
  ]);
}
