import * as z from 'zod/mini';
import type { Ec2Model } from '../services/ec2/model.ts';
import { readTagSpecifications, tagSpecificationsSchema } from '../services/ec2/tag-specifications.ts';
import type { IamRequest, KeyValue, RequestContext } from './iam-request.ts';
import { CallNotMappedError } from './policy-errors.ts';
import { defineRequests, onNoResource, toArn } from './request-input.ts';
import type { CallSite, ToRequests } from './request-input.ts';

/** The resources whose tags EC2 looks at; all of them are in the lab's model. */
type Kind = 'instance' | 'network-interface' | 'security-group' | 'elastic-ip' | 'network-acl' | 'subnet';

/** How IAM names a kind's id, and where the lab keeps the kind. */
const kinds: Readonly<
  Record<Kind, { readonly idKey: string; readonly find: (model: Ec2Model) => { has(id: string): boolean } }>
> = {
  instance: { idKey: 'ec2:InstanceID', find: ({ instances }) => instances },
  'network-interface': { idKey: 'ec2:NetworkInterfaceID', find: ({ networkInterfaces }) => networkInterfaces },
  'security-group': { idKey: 'ec2:SecurityGroupID', find: ({ securityGroups }) => securityGroups },
  'elastic-ip': { idKey: 'ec2:AllocationId', find: ({ addresses }) => addresses },
  'network-acl': { idKey: 'ec2:NetworkAclID', find: ({ networkAcls }) => networkAcls },
  subnet: { idKey: 'ec2:SubnetID', find: ({ subnets }) => subnets },
};

const describes = onNoResource((site) => ({ keys: { 'ec2:Region': site.region }, complete: [] }));

/**
 * AWS authorises on the interface, on the instance it is attached to, and on the groups it gets. Whether it looks at
 * the groups that go as well is not documented; if it did, a cutting role would be refused, never allowed more.
 */
const modifyInterface = defineRequests(
  // One attribute a call: groups are the only one the lab changes.
  z.object({ NetworkInterfaceId: z.string(), SecurityGroupId: z.array(z.string()) }),
  ({ NetworkInterfaceId, SecurityGroupId }, site) => {
    const card = site.ec2.model.networkInterfaces.get(NetworkInterfaceId);
    const ask = askFor('ec2:ModifyNetworkInterfaceAttribute', site);
    return [
      ask('network-interface', NetworkInterfaceId),
      ...(card?.attachment === undefined ? [] : [ask('instance', card.attachment.instanceId)]),
      ...SecurityGroupId.map((groupId) => ask('security-group', groupId)),
    ];
  },
);

/** A rule's own tags count for nothing here: only its group is looked at. */
const revokeRules = defineRequests(z.object({ GroupId: z.string() }), ({ GroupId }, site, { operation }) => [
  askFor(`ec2:${operation}`, site)('security-group', GroupId),
]);

/** Tags in the same call are a CreateTags of their own, that carries the name of the call. */
const authorizeRules = defineRequests(
  z.object({ GroupId: z.string(), TagSpecification: tagSpecificationsSchema }),
  ({ GroupId, TagSpecification }, site, { operation }) => {
    const tags = readTagSpecifications(TagSpecification, 'security-group-rule');
    const action = `ec2:${operation}`;
    const newRule = { resource: toArn(site, 'ec2', 'security-group-rule/', '*'), context: newlyTagged(tags, site) };
    const { keys, complete } = newRule.context;
    const tagging = { keys: { ...keys, 'ec2:CreateAction': operation }, complete };
    return [
      askFor(action, site)('security-group', GroupId),
      { action, ...newRule },
      ...(Object.keys(tags).length === 0 ? [] : [{ ...newRule, action: 'ec2:CreateTags', context: tagging }]),
    ];
  },
);

/** Nothing is required here, but what a call names AWS looks at. */
const associateAddress = defineRequests(
  z.object({
    AllocationId: z.string(),
    InstanceId: z.optional(z.string()),
    NetworkInterfaceId: z.optional(z.string()),
  }),
  ({ AllocationId, InstanceId, NetworkInterfaceId }, site) => {
    const ask = askFor('ec2:AssociateAddress', site);
    return [
      ask('elastic-ip', AllocationId),
      ...(InstanceId === undefined ? [] : [ask('instance', InstanceId)]),
      ...(NetworkInterfaceId === undefined ? [] : [ask('network-interface', NetworkInterfaceId)]),
    ];
  },
);

const disassociateAddress = defineRequests(z.object({ AssociationId: z.string() }), ({ AssociationId }, site) => {
  const all = [...site.ec2.model.addresses.values()];
  const address = all.find(({ association }) => association?.associationId === AssociationId);
  const ask = askFor('ec2:DisassociateAddress', site);
  if (address === undefined)
    throw new CallNotMappedError(`Could not find the address of association '${AssociationId}'`);
  return [
    ask('elastic-ip', address.allocationId),
    ask('network-interface', address.association?.networkInterfaceId ?? ''),
  ];
});

/** Whether the ACL that goes is looked at too is not documented; asking for it can only refuse more. */
const replaceAclAssociation = defineRequests(
  z.object({ AssociationId: z.string(), NetworkAclId: z.string() }),
  ({ AssociationId, NetworkAclId }, site) => {
    const all = [...site.ec2.model.subnets.values()];
    const subnet = all.find(({ aclAssociationId }) => aclAssociationId === AssociationId);
    const ask = askFor('ec2:ReplaceNetworkAclAssociation', site);
    if (subnet === undefined)
      throw new CallNotMappedError(`Could not find the subnet of association '${AssociationId}'`);
    return [ask('network-acl', NetworkAclId), ask('subnet', subnet.subnetId)];
  },
);

const changeAclEntry = defineRequests(
  z.object({ NetworkAclId: z.string() }),
  ({ NetworkAclId }, site, { operation }) => [askFor(`ec2:${operation}`, site)('network-acl', NetworkAclId)],
);

/** AWS's own lists belong to it and to no account. */
const readPrefixList = defineRequests(z.object({ PrefixListId: z.string() }), ({ PrefixListId }, site) => [
  {
    action: 'ec2:GetManagedPrefixListEntries',
    resource: toArn(site, 'ec2', 'prefix-list/', PrefixListId),
    context: { keys: { 'ec2:Region': site.region }, complete: [] },
  },
]);

/** By operation. */
export const ec2Requests: Readonly<Record<string, ToRequests>> = {
  DescribeInstances: describes,
  DescribeNetworkInterfaces: describes,
  DescribeSecurityGroupRules: describes,
  DescribeAddresses: describes,
  DescribeSubnets: describes,
  DescribeNetworkAcls: describes,
  DescribeInstanceStatus: describes,
  GetManagedPrefixListEntries: readPrefixList,
  AssociateAddress: associateAddress,
  DisassociateAddress: disassociateAddress,
  ReplaceNetworkAclAssociation: replaceAclAssociation,
  CreateNetworkAclEntry: changeAclEntry,
  ReplaceNetworkAclEntry: changeAclEntry,
  DeleteNetworkAclEntry: changeAclEntry,
  ModifyNetworkInterfaceAttribute: modifyInterface,
  RevokeSecurityGroupIngress: revokeRules,
  RevokeSecurityGroupEgress: revokeRules,
  AuthorizeSecurityGroupIngress: authorizeRules,
  AuthorizeSecurityGroupEgress: authorizeRules,
};

function askFor(action: string, site: CallSite): (kind: Kind, id: string) => IamRequest {
  return (kind, id) => ({
    action,
    resource: toArn(site, 'ec2', `${kind}/`, id),
    context: contextOf(kind, id, site),
  });
}

/** What AWS knows of a resource: its tags at the time of the call, under both of their names. */
export function contextOf(kind: Kind, id: string, { ec2: { model }, region }: CallSite): RequestContext {
  if (!kinds[kind].find(model).has(id)) {
    // No tags must not mean that all is well.
    throw new CallNotMappedError(`Could not read the tags of ${kind} '${id}': the lab does not have it`);
  }
  const tags = [...model.tagsOf(id)];
  const keys: [string, KeyValue][] = ['aws:ResourceTag/', 'ec2:ResourceTag/'].flatMap((family) =>
    tags.map(([key, value]): [string, KeyValue] => [`${family}${key}`, value]),
  );
  return {
    keys: { ...Object.fromEntries(keys), [kinds[kind].idKey]: id, 'ec2:Region': region },
    complete: ['aws:ResourceTag/', 'ec2:ResourceTag/'],
  };
}

/** What is only being made has no tags yet, but those the call asks for. */
function newlyTagged(tags: Readonly<Record<string, string>>, { region }: CallSite): RequestContext {
  const asked = Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value]);
  return {
    keys: {
      ...(Object.fromEntries(asked) as Readonly<Record<string, string>>),
      ...(asked.length > 0 && { 'aws:TagKeys': Object.keys(tags) }),
      'ec2:Region': region,
    },
    complete: ['aws:RequestTag/', 'aws:TagKeys', 'aws:ResourceTag/', 'ec2:ResourceTag/'],
  };
}
