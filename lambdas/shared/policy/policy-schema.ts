import * as z from 'zod/mini';
import { lifelineKinds, profiles } from '../contracts/incident.ts';
import { ServerIdSchema, signalKinds } from '../contracts/signal.ts';

const name = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,47}$/));
const cidr = z.string().check(z.regex(/^[0-9A-Fa-f.:]{2,45}\/[0-9]{1,3}$/));
const port = z.int().check(z.minimum(1), z.maximum(65_535));

/** Which servers an entry is about. Every given field must match (AND); at least one must be given. */
export const SelectorSchema = z.strictObject({
  ids: z.optional(z.array(ServerIdSchema).check(z.minLength(1))),
  service: z.optional(name),
  profile: z.optional(z.enum(profiles)),
  tag: z.optional(z.strictObject({ key: z.string().check(z.minLength(1)), value: z.string() })),
});

/** A golden channel: peers and ports of a server that live on when its other connections are cut. */
export const GoldenChannelSchema = z.strictObject({
  name,
  servers: SelectorSchema,
  /** `in`: the peers dial these local ports; `out`: the server dials these ports of the peers. */
  direction: z.enum(['in', 'out']),
  peers: z.array(cidr).check(z.minLength(1), z.maxLength(20)),
  /** TCP ports; left out means every TCP port. */
  ports: z.optional(z.array(port).check(z.minLength(1), z.maxLength(20))),
});

/** A business service: tagged `connection-fuse:service=<name>` or chosen by ids. */
export const ServiceSchema = z.strictObject({
  name,
  coreBusiness: z.boolean(),
  /** Who or what takes over, in words for the person who is asked. */
  standby: z.optional(z.string()),
  servers: z.optional(z.array(ServerIdSchema)),
});

/** A server that is never cut, besides those that carry the tag `connection-fuse:lifeline`. */
export const LifelineSchema = z.strictObject({ name, kind: z.enum(lifelineKinds), servers: SelectorSchema });

/** Gives an alarm a meaning by the beginning of its name; the first match counts. */
export const AlarmMeaningSchema = z.strictObject({
  namePrefix: z.string().check(z.minLength(1)),
  means: z.enum(signalKinds),
  /** Servers the alarm speaks for, where its metrics carry no InstanceId. */
  servers: z.optional(z.array(ServerIdSchema)),
});

/** Priority class of connections, lowest first. */
export const PriorityClassSchema = z.strictObject({
  name,
  ports: z.optional(z.array(port)),
  peers: z.optional(z.array(cidr)),
});

/**
 * The whole policy. Unknown keys are refused. No default opens anything: what is left out is cut, never spared, except
 * lifelines, which are spared by tag whatever the policy says.
 */
export const PolicySchema = z.strictObject({
  version: z.literal(1),
  /** Limits behind the answers; each has the default of the specification. */
  thresholds: z._default(
    z.strictObject({
      /** CPU load in percent and for how many seconds it must hold (R2). */
      cpuPercent: z._default(z.number().check(z.minimum(1), z.maximum(100)), 90),
      cpuSeconds: z._default(z.int().check(z.minimum(60)), 300),
      /** Clock offset in milliseconds for profile trading, time difference in seconds for profile medical. */
      clockOffsetMs: z._default(z.number().check(z.positive()), 1),
      timeDifferenceSeconds: z._default(z.number().check(z.positive()), 5),
      /** GuardDuty findings outside the known threat classes are a security risk from this severity on (1 to 10). */
      findingSeverity: z._default(z.number().check(z.minimum(1), z.maximum(10)), 7),
    }),
    { cpuPercent: 90, cpuSeconds: 300, clockOffsetMs: 1, timeDifferenceSeconds: 5, findingSeverity: 7 },
  ),
  /** What the Systems Manager agent needs while its server is cut; link-local addresses are always kept. */
  agentPath: z._default(
    z.strictObject({
      /** Addresses of the VPC endpoints `ssm` and `ssmmessages`. */
      cidrs: z._default(z.array(cidr).check(z.maxLength(20)), []),
    }),
    { cidrs: [] },
  ),
  services: z._default(z.array(ServiceSchema), []),
  lifelines: z._default(z.array(LifelineSchema), []),
  goldenChannels: z._default(z.array(GoldenChannelSchema), []),
  alarms: z._default(z.array(AlarmMeaningSchema), []),
  /** Facts about single servers; they win over the servers' tags, except that a lifeline tag cannot be taken away. */
  servers: z._default(
    z.record(ServerIdSchema, z.strictObject({ profile: z.optional(z.enum(profiles)), service: z.optional(name) })),
    {},
  ),
  /** Lowest first. Written into the hand-over of an overload, for the person who sheds. */
  priorityClasses: z._default(z.array(PriorityClassSchema), []),
});

export type Policy = z.infer<typeof PolicySchema>;
export type Selector = z.infer<typeof SelectorSchema>;
export type GoldenChannel = z.infer<typeof GoldenChannelSchema>;
