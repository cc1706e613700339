import * as z from 'zod/mini';
import { defineRequests, noContext, toArn } from './request-input.ts';
import type { ToRequests } from './request-input.ts';

// No condition key is documented for these actions: a policy that asks for one cannot be judged.
const onInstance = defineRequests(
  z.object({ DBInstanceIdentifier: z.optional(z.string()) }),
  ({ DBInstanceIdentifier: id = '*' }, site, { operation }) => [
    { action: `rds:${operation}`, resource: toArn(site, 'rds', 'db:', id.toLowerCase()), context: noContext },
  ],
);

/** The instance that is to take over is a resource of the call as well. */
const onCluster = defineRequests(
  z.object({ DBClusterIdentifier: z.optional(z.string()), TargetDBInstanceIdentifier: z.optional(z.string()) }),
  ({ DBClusterIdentifier: id = '*', TargetDBInstanceIdentifier: target }, site, { operation }) => {
    const action = `rds:${operation}`;
    return [
      { action, resource: toArn(site, 'rds', 'cluster:', id.toLowerCase()), context: noContext },
      ...(target === undefined
        ? []
        : [{ action, resource: toArn(site, 'rds', 'db:', target.toLowerCase()), context: noContext }]),
    ];
  },
);

/** By operation. */
export const rdsRequests: Readonly<Record<string, ToRequests>> = {
  DescribeDBInstances: onInstance,
  DescribeDBClusters: onCluster,
  RebootDBInstance: onInstance,
  FailoverDBCluster: onCluster,
};
