import * as z from 'zod/mini';
import { lifelineKinds, profiles } from '../contracts/incident.ts';
import { ServerIdSchema, signalKinds } from '../contracts/signal.ts';
import { BorderSchema } from './border-schema.ts';
import { FailOverSchema, withoutStandbyManners } from './fail-over-schema.ts';
import {
  ApprovalsSchema,
  BudgetsSchema,
  ExpirySchema,
  FleetSchema,
  SheddingSchema,
  ThresholdsSchema,
} from './limit-schema.ts';
import { CidrSchema, NameSchema, PortSchema, SelectorSchema } from './policy-words.ts';
import { ProfilesSchema } from './profile-schema.ts';
import { LifelineTimeSchema } from './time-source-schema.ts';

export type { Selector } from './policy-words.ts';

/** A golden channel: peers and ports of a server that live on when its other connections are cut. */
export const GoldenChannelSchema = z.strictObject({
  name: NameSchema,
  servers: SelectorSchema,
  /** `in`: the peers dial these local ports; `out`: the server dials these ports of the peers. */
  direction: z.enum(['in', 'out']),
  peers: z.array(CidrSchema).check(z.minLength(1), z.maxLength(20)),
  /** TCP ports; left out means every TCP port. */
  ports: z.optional(z.array(PortSchema).check(z.minLength(1), z.maxLength(20))),
});

/** A business service: tagged `connection-fuse:service=<name>` or chosen by ids. */
export const ServiceSchema = z.strictObject({
  name: NameSchema,
  coreBusiness: z.boolean(),
  /** Who or what takes over, in words for the person who is asked. */
  standby: z.optional(z.string()),
  /** Left out: a person switches by the words above. */
  failOver: z.optional(FailOverSchema),
  withoutStandby: z._default(z.enum(withoutStandbyManners), 'ask'),
  servers: z.optional(z.array(ServerIdSchema)),
});

/** A server that is never cut, besides those that carry the tag `connection-fuse:lifeline`. */
export const LifelineSchema = z.strictObject({
  name: NameSchema,
  kind: z.enum(lifelineKinds),
  servers: SelectorSchema,
  time: z.optional(LifelineTimeSchema),
  /** Life support: where the switch to the direct physical link is and what to do, for the person who is asked. */
  bypass: z.optional(z.string().check(z.minLength(1), z.maxLength(1000))),
});

/** Gives an alarm a meaning by the beginning of its name; the first match counts. */
export const AlarmMeaningSchema = z.strictObject({
  namePrefix: z.string().check(z.minLength(1)),
  means: z.enum(signalKinds),
  /** Servers the alarm speaks for, where its metrics carry no InstanceId. */
  servers: z.optional(z.array(ServerIdSchema)),
});

const processName = z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/));
const cgroup = z.string().check(z.regex(/^(\/[A-Za-z0-9._@:-]{1,100}){1,8}$/));

/** Priority class of connections, lowest first. A connection belongs to the first class one of whose fields it meets. */
export const PriorityClassSchema = z.strictObject({
  name: NameSchema,
  /** Local TCP ports. */
  ports: z.optional(z.array(PortSchema)),
  peers: z.optional(z.array(CidrSchema)),
  /** Names of the owning processes, as `/proc/PID/comm` has them. */
  processes: z.optional(z.array(processName)),
  /** Control groups of the owning processes, for example `/system.slice/reports.service`. */
  cgroups: z.optional(z.array(cgroup)),
});

/** Servers that are not cut without further ado for a while, because somebody vouches for them. The first match counts. */
export const ExceptionSchema = z.strictObject({
  name: NameSchema,
  servers: SelectorSchema,
  /** Kinds of signals it holds for. Left out: all but those that spread, which must be named. */
  kinds: z.optional(z.array(z.enum(signalKinds)).check(z.minLength(1))),
  /** `ask` a person before the cut, or only `observe`. */
  instead: z.enum(['ask', 'observe']),
  owner: z.string().check(z.minLength(1), z.maxLength(200)),
  reason: z.string().check(z.minLength(1), z.maxLength(1000)),
  /** First moment at which it no longer holds, ISO 8601 with a zone. */
  until: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/)),
});

const AgentPathSchema = z.strictObject({
  /** Addresses of the VPC endpoints `ssm` and `ssmmessages`. */
  cidrs: z._default(z.array(CidrSchema).check(z.maxLength(20)), []),
});

const ServerEntrySchema = z.strictObject({
  profile: z.optional(z.enum(profiles)),
  service: z.optional(NameSchema),
});

/**
 * The whole policy. Unknown keys are refused. No default opens anything: what is left out is cut, never spared, except
 * lifelines, which are spared by tag whatever the policy says. A section that is left out is read as an empty one, so
 * every value has its default in one place.
 */
export const PolicySchema = z.strictObject({
  version: z.literal(1),
  thresholds: z.prefault(ThresholdsSchema, {}),
  /** What the Systems Manager agent needs while its server is cut; link-local addresses are always kept. */
  agentPath: z.prefault(AgentPathSchema, {}),
  services: z._default(z.array(ServiceSchema), []),
  lifelines: z._default(z.array(LifelineSchema), []),
  goldenChannels: z._default(z.array(GoldenChannelSchema), []),
  alarms: z._default(z.array(AlarmMeaningSchema), []),
  /** Facts about single servers; they win over the servers' tags, except that a lifeline tag cannot be taken away. */
  servers: z._default(z.record(ServerIdSchema, ServerEntrySchema), {}),
  /** Lowest first; what belongs to no class is never shed, nor is the highest class. */
  priorityClasses: z._default(z.array(PriorityClassSchema), []),
  shedding: z.prefault(SheddingSchema, {}),
  /** What a red line stops, holds and sets right on a server of each profile. */
  profiles: z.prefault(ProfilesSchema, {}),
  budgets: z.prefault(BudgetsSchema, {}),
  approvals: z.prefault(ApprovalsSchema, {}),
  expiry: z.prefault(ExpirySchema, {}),
  fleet: z.prefault(FleetSchema, {}),
  borders: z._default(z.array(BorderSchema), []),
  exceptions: z._default(z.array(ExceptionSchema), []),
});

export type Policy = z.infer<typeof PolicySchema>;
export type GoldenChannel = z.infer<typeof GoldenChannelSchema>;
export type PriorityClass = z.infer<typeof PriorityClassSchema>;
export type Exception = z.infer<typeof ExceptionSchema>;
