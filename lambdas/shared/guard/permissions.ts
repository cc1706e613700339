import type { Permission } from '../actions/action.ts';

/** What the guard reads before every change. */
export const guardReads: Permission = {
  actions: ['ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces'],
  resources: ['*'],
  reason: 'The guard reads the tags of servers and interfaces; Describe calls know no resources in IAM',
};
