import type { Permission } from '../../lambdas/shared/actions/action.ts';

/** What `assess` reads besides the audit table. */
export const assessPermissions: readonly Permission[] = [
  {
    actions: ['cloudwatch:DescribeAlarms', 'ec2:DescribeInstances', 'ec2:DescribeNetworkInterfaces'],
    resources: ['*'],
    reason: 'The servers and alarms that an event names; these calls know no resources in IAM',
  },
];
