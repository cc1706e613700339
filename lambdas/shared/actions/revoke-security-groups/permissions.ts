import { guardReads } from '../../guard/permissions.ts';
import type { Action, Permission } from '../action.ts';

const interfaces = 'arn:${Partition}:ec2:${Region}:${Account}:network-interface/*';
const instances = 'arn:${Partition}:ec2:${Region}:${Account}:instance/*';
const groups = 'arn:${Partition}:ec2:${Region}:${Account}:security-group/*';
const acls = 'arn:${Partition}:ec2:${Region}:${Account}:network-acl/*';
const subnets = 'arn:${Partition}:ec2:${Region}:${Account}:subnet/*';
const groupRules = 'arn:${Partition}:ec2:${Region}:${Account}:security-group-rule/*';

/** For the plan, for looking again after a break, and for reading back. */
const reads: Permission = {
  actions: ['ec2:DescribeNetworkAcls', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSecurityGroupRules'],
  resources: ['*'],
  reason: 'Describe calls know no resources in IAM',
};

/** Only the plan looks for subnets: the way back goes by the record. */
const subnetReads: Permission = {
  actions: ['ec2:DescribeSubnets'],
  resources: ['*'],
  reason: 'Subnets to close, and those that deny a server; Describe calls know no resources in IAM',
};

/** The cutting role gets no Authorize at all: only restore may open something, and from the record only. */
export const revokeSecurityGroupsPermissions: Action['permissions'] = {
  plan: [guardReads, reads, subnetReads],
  apply: [
    {
      actions: ['ec2:ModifyNetworkInterfaceAttribute'],
      resources: [interfaces, instances],
      reason: 'The servers to cut are not known at deploy time; lifelines are denied by their tag',
    },
    {
      actions: ['ec2:ModifyNetworkInterfaceAttribute'],
      resources: [groups],
      conditions: { Null: { 'aws:ResourceTag/connection-fuse:role': 'false' } },
      reason: 'A cut moves interfaces into the groups the fuse made and into no other',
    },
    {
      actions: ['ec2:RevokeSecurityGroupIngress', 'ec2:RevokeSecurityGroupEgress'],
      resources: [groups],
      reason: 'The groups of the servers to cut are not known at deploy time; lifelines are denied by their tag',
    },
    {
      actions: ['ec2:CreateNetworkAclEntry'],
      resources: [acls],
      reason: 'The network ACLs that deny a server are not known at deploy time; lifelines are denied by their tag',
    },
    {
      actions: ['ec2:ReplaceNetworkAclAssociation'],
      resources: [subnets],
      reason: 'The subnets to close are not known at deploy time; lifelines are denied by their tag',
    },
    {
      actions: ['ec2:ReplaceNetworkAclAssociation'],
      resources: [acls],
      conditions: { Null: { 'aws:ResourceTag/connection-fuse:role': 'false' } },
      reason: 'A cut puts subnets behind the network ACL the fuse made and behind no other',
    },
    reads,
  ],
  undo: [
    {
      actions: ['ec2:ModifyNetworkInterfaceAttribute'],
      resources: [interfaces, instances, groups],
      reason: 'Interfaces get the groups back that were recorded, whichever they were',
    },
    {
      actions: ['ec2:DeleteNetworkAclEntry'],
      resources: [acls],
      reason: 'Denies are taken out again, wherever they were made',
    },
    {
      actions: ['ec2:ReplaceNetworkAclAssociation'],
      resources: [acls, subnets],
      reason: 'Subnets get the network ACL back that was recorded, whichever it was',
    },
    {
      actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupEgress'],
      resources: [groups, groupRules],
      reason: 'Revoked rules are made again as recorded',
    },
    {
      actions: ['ec2:CreateTags'],
      resources: [groupRules],
      conditions: {
        StringEquals: { 'ec2:CreateAction': ['AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress'] },
      },
      reason: 'The tags of a rule come back with it, and only at its creation',
    },
    reads,
  ],
};
