import { guardReads } from '../../guard/permissions.ts';
import type { Action, Permission } from '../action.ts';

const instances = 'arn:${Partition}:ec2:${Region}:${Account}:instance/*';
const document = 'arn:${Partition}:ssm:${Region}:${Account}:document/${DocumentName}';

const checksDocument: Permission = {
  actions: ['ssm:GetDocument', 'ssm:DescribeDocument'],
  resources: [document],
  reason: 'The content of the document is checked before every run',
};

/** One document each: no role may run anything else on a host. */
const runsDocument: Permission = {
  actions: ['ssm:SendCommand'],
  resources: [document],
  reason: 'Runs the one document of this action',
};

const onInstances: Permission = {
  actions: ['ssm:SendCommand'],
  resources: [instances],
  reason: 'The servers are not known at deploy time; cutting roles are denied lifelines by their tag',
};

/** Whether a host is managed, which system it runs and how old its agent is. */
const readsHosts: Permission = {
  actions: ['ssm:DescribeInstanceInformation'],
  resources: ['*'],
  reason: 'This call knows no resources in IAM',
};

/** Reads the hosts' verdicts, and calls back a command that nobody waits for any more. */
const followsCommands: Permission = {
  actions: ['ssm:ListCommandInvocations', 'ssm:CancelCommand'],
  resources: ['*'],
  reason: 'These calls know no resources in IAM',
};

const readsInterfaces: Permission = {
  actions: ['ec2:DescribeNetworkInterfaces'],
  resources: ['*'],
  reason: 'A host without any interface is gone and has nothing to put back; this call knows no resources in IAM',
};

/** `${DocumentName}` is the changing document for plan and apply, the undoing one for undo. */
export const hostWorkPermissions: Action['permissions'] = {
  plan: [guardReads, readsHosts, checksDocument],
  apply: [runsDocument, onInstances, followsCommands],
  undo: [checksDocument, runsDocument, onInstances, followsCommands, readsInterfaces],
};

/** For what cannot be undone: restore says so without a call. */
export const irreversiblePermissions: Action['permissions'] = { ...hostWorkPermissions, undo: [] };
