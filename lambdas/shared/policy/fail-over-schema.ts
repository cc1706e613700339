import * as z from 'zod/mini';
import { ServerIdSchema } from '../contracts/signal.ts';

const targetGroupArn = z
  .string()
  .check(
    z.regex(/^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:targetgroup\/[A-Za-z0-9-]{1,32}\/[0-9a-f]{16}$/),
  );
const listenerArn = z
  .string()
  .check(
    z.regex(
      /^arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:listener(-rule)?\/(app|net)\/[A-Za-z0-9-]{1,32}(\/[0-9a-f]{16}){2,3}$/,
    ),
  );
const standbyServers = z.array(ServerIdSchema).check(z.minLength(1), z.maxLength(20));
const databaseName = z.string().check(z.regex(/^[a-z][a-z0-9-]{0,62}$/));

/**
 * How a service is switched to its standby. Whatever the manner, the standby is looked at first and the taking over is
 * seen before it counts.
 */
export const FailOverSchema = z.discriminatedUnion('by', [
  /** A listener, or one of its rules, sends everything to another target group. */
  z.strictObject({ by: z.literal('target-group-weights'), listener: listenerArn, standby: targetGroupArn }),
  /** The servers of the service leave a target group, and the standby's join it. */
  z.strictObject({ by: z.literal('target-group-members'), targetGroup: targetGroupArn, standby: standbyServers }),
  /** An Elastic IP address moves to the primary interface of the standby. */
  z.strictObject({
    by: z.literal('elastic-ip'),
    allocationId: z.string().check(z.regex(/^eipalloc-[0-9a-f]{8,17}$/)),
    standby: ServerIdSchema,
  }),
  /** A record gets other values. They take effect once the former ones have left the caches of their readers. */
  z.strictObject({
    by: z.literal('route53-record'),
    hostedZoneId: z.string().check(z.regex(/^Z[A-Z0-9]{1,31}$/)),
    name: z.string().check(z.regex(/^([a-z0-9_-]{1,63}\.){1,10}$/)),
    type: z.enum(['A', 'AAAA', 'CNAME']),
    standbyValues: z
      .array(z.string().check(z.regex(/^[A-Za-z0-9.:_-]{1,253}$/)))
      .check(z.minLength(1), z.maxLength(10)),
    /** The servers behind these values: they must run and pass EC2's status checks. */
    standby: standbyServers,
  }),
  /** The servers of the service enter standby in their Auto Scaling group, which starts others in their place. */
  z.strictObject({
    by: z.literal('auto-scaling-standby'),
    group: z.string().check(z.regex(/^[A-Za-z0-9_.-]{1,255}$/)),
  }),
  /** A Multi-AZ instance changes places with its standby in the other zone. */
  z.strictObject({ by: z.literal('rds-multi-az'), instance: databaseName }),
  /** A reader of an Aurora or Multi-AZ cluster becomes its writer. */
  z.strictObject({ by: z.literal('rds-cluster'), cluster: databaseName, standby: databaseName }),
]);
export type FailOver = z.infer<typeof FailOverSchema>;

/** What happens to a threatened server of core business that has no healthy standby: a person is asked, or it is cut. */
export const withoutStandbyManners = ['ask', 'cut'] as const;
