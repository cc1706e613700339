import * as z from 'zod/mini';
import type { Operation } from '../wire/service.ts';
import { filtersSchema, selectByFilters } from './filters.ts';
import type { FilterValues } from './filters.ts';
import { findGroup, findInstance, findInterface, findRule } from './find.ts';
import type { Ec2Model, Instance, NetworkInterface, SecurityGroup, SecurityGroupRule } from './model.ts';
import { defineRead } from './operation.ts';
import type { Ec2Desk } from './operation.ts';
import { cutPage, pageMembers, refuseSizeWithIds } from './pages.ts';
import { viewInstance, viewInterface, viewRule, viewSecurityGroup } from './views.ts';

const ids = z.optional(z.array(z.string()));

/** The four Describe calls the product reads the network with. */
export function defineDescribes(desk: Ec2Desk): Readonly<Record<string, Operation>> {
  return {
    DescribeInstances: describeInstances(desk),
    DescribeNetworkInterfaces: describeNetworkInterfaces(desk),
    DescribeSecurityGroups: describeSecurityGroups(desk),
    DescribeSecurityGroupRules: describeSecurityGroupRules(desk),
  };
}

function describeInstances({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ InstanceId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    refuseSizeWithIds(input, input.InstanceId);
    const asked = input.InstanceId?.map((id) => findInstance(model, id)) ?? [...model.instances.values()];
    const kept = selectByFilters(asked, input.Filter, instanceFilters(model), ({ instanceId }) =>
      model.tagsOf(instanceId),
    );
    const page = cutPage(kept, input, pageLimit);
    const reservationSet = page.things.map((instance) => ({
      reservationId: instance.instanceId.replace('i-', 'r-'),
      ownerId: model.accountId,
      instancesSet: [viewInstance(model, instance)],
    }));
    return { reservationSet, nextToken: page.nextToken };
  });
}

/** Filters of DescribeInstances; those on interfaces look at every interface of the instance. */
function instanceFilters(model: Ec2Model): FilterValues<Instance> {
  const cards = ({ instanceId }: Instance): readonly NetworkInterface[] => model.interfacesOf(instanceId);
  return {
    'instance-id': ({ instanceId }) => [instanceId],
    'instance-state-name': ({ state }) => [state],
    'vpc-id': ({ vpcId }) => [vpcId],
    'subnet-id': ({ subnetId }) => [subnetId],
    'private-ip-address': ({ privateIpAddress }) => [privateIpAddress],
    'instance.group-id': (instance) => cards(instance)[0]?.groupIds ?? [],
    'network-interface.group-id': (instance) => cards(instance).flatMap(({ groupIds }) => groupIds),
    'network-interface.network-interface-id': (instance) => cards(instance).map((card) => card.networkInterfaceId),
    'network-interface.addresses.private-ip-address': (instance) =>
      cards(instance).map((card) => card.privateIpAddress),
  };
}

function describeNetworkInterfaces({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ NetworkInterfaceId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    refuseSizeWithIds(input, input.NetworkInterfaceId);
    const asked = input.NetworkInterfaceId?.map((id) => findInterface(model, id)) ?? [
      ...model.networkInterfaces.values(),
    ];
    const kept = selectByFilters(asked, input.Filter, interfaceFilters, (card) =>
      model.tagsOf(card.networkInterfaceId),
    );
    const page = cutPage(kept, input, pageLimit);
    return { networkInterfaceSet: page.things.map((card) => viewInterface(model, card)), nextToken: page.nextToken };
  });
}

/** Filters of DescribeNetworkInterfaces; an interface without attachment has no value for those on it. */
const interfaceFilters: FilterValues<NetworkInterface> = {
  'network-interface-id': ({ networkInterfaceId }) => [networkInterfaceId],
  'attachment.instance-id': ({ attachment }) => (attachment === undefined ? [] : [attachment.instanceId]),
  'attachment.device-index': ({ attachment }) => (attachment === undefined ? [] : [String(attachment.deviceIndex)]),
  'attachment.status': ({ attachment }) => (attachment === undefined ? ['detached'] : ['attached']),
  'group-id': ({ groupIds }) => groupIds,
  'vpc-id': ({ vpcId }) => [vpcId],
  'subnet-id': ({ subnetId }) => [subnetId],
  'private-ip-address': ({ privateIpAddress }) => [privateIpAddress],
  'addresses.private-ip-address': ({ privateIpAddress }) => [privateIpAddress],
  status: ({ attachment }) => (attachment === undefined ? ['available'] : ['in-use']),
};

function describeSecurityGroups({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ GroupId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    const asked = input.GroupId?.map((id) => findGroup(model, id)) ?? [...model.securityGroups.values()];
    const kept = selectByFilters(asked, input.Filter, groupFilters, ({ groupId }) => model.tagsOf(groupId));
    const page = cutPage(kept, input, pageLimit);
    return {
      securityGroupInfo: page.things.map((group) => viewSecurityGroup(model, group)),
      nextToken: page.nextToken,
    };
  });
}

/** Filters of DescribeSecurityGroups. */
const groupFilters: FilterValues<SecurityGroup> = {
  'group-id': ({ groupId }) => [groupId],
  'group-name': ({ groupName }) => [groupName],
  'vpc-id': ({ vpcId }) => [vpcId],
  description: ({ description }) => [description],
};

function describeSecurityGroupRules({ model, pageLimit }: Ec2Desk): Operation {
  return defineRead({ SecurityGroupRuleId: ids, Filter: filtersSchema, ...pageMembers }, (input) => {
    const everyRule = (): readonly SecurityGroupRule[] =>
      [...model.securityGroups.values()].flatMap(({ rules }) => [...rules.values()]);
    const asked = input.SecurityGroupRuleId?.map((id) => findRule(model, id)) ?? everyRule();
    const kept = selectByFilters(asked, input.Filter, ruleFilters, ({ ruleId }) => model.tagsOf(ruleId));
    const page = cutPage(kept, input, pageLimit);
    return { securityGroupRuleSet: page.things.map((rule) => viewRule(model, rule)), nextToken: page.nextToken };
  });
}

/** Filters of DescribeSecurityGroupRules: AWS knows these two and tags. */
const ruleFilters: FilterValues<SecurityGroupRule> = {
  'group-id': ({ groupId }) => [groupId],
  'security-group-rule-id': ({ ruleId }) => [ruleId],
};
