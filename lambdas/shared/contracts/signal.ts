import * as z from 'zod/mini';

export const signalSources = ['guardduty', 'cloudwatch', 'host-sensor', 'manual'] as const;

/** What a signal says is wrong: a closed union, so that every reader of it is checked for completeness. */
export const signalKinds = [
  // threats, by class
  'ransomware',
  'command-and-control',
  'exfiltration',
  'crypto-mining',
  'lateral-movement',
  'outbound-abuse',
  'brute-force',
  'port-probe',
  'other-threat',
  'account-threat',
  // red lines of the profiles
  'clock-offset',
  'abnormal-orders',
  'time-difference',
  'unauthorised-access',
  'time-zone-conflict',
  'order-state-backwards',
  'zombie-connections',
  'night-login',
  // golden rule R3
  'border-review',
  // load and the rest
  'overload',
  'business-outage',
  'other-alarm',
] as const;

export type SignalKind = (typeof signalKinds)[number];

/** R1: kinds that go on from one server to others. Such a server is cut whole, whatever scope was asked for. */
export const spreadingKinds: ReadonlySet<SignalKind> = new Set(['ransomware', 'lateral-movement']);

export const ServerIdSchema = z.string().check(z.regex(/^i-[0-9A-Za-z]{1,32}$/));

/** A measured value with its unit and the limit it was held against. */
export const MeasureSchema = z.strictObject({
  /** The lowest value that is proven for the whole of `seconds`; equal to `limit` when only "above it" is proven. */
  value: z.number(),
  /** Null when the source names none: then only the policy's own limit counts. */
  limit: z.nullable(z.number()),
  /** `%`, `ms`, `s`, or empty when the source does not say. */
  unit: z.string(),
  /** How long the value has been over the limit, as far as the event itself proves it. */
  seconds: z.number(),
});

/** One event, parsed: what it says, about which servers, and when. Times are ISO 8601 in UTC. */
export const SignalSchema = z.strictObject({
  source: z.enum(signalSources),
  kind: z.enum(signalKinds),
  /** The event's own identity; a repeat of the same finding or alarm transition carries the same. */
  identity: z.string(),
  /** Finding type, alarm name, sensor kind or the manual reason. */
  name: z.string(),
  accountId: z.string(),
  region: z.string(),
  servers: z.array(ServerIdSchema),
  /** What the event names when it names no server, for example `S3Bucket`. */
  resource: z.nullable(z.string()),
  /** Child alarms of a composite alarm: they must be looked up to find servers. */
  childAlarms: z.array(z.string()),
  remoteAddresses: z.array(z.string()),
  localPorts: z.array(z.number()),
  /** Brute force only: `target` is attacked by the remote addresses, `actor` attacks them. */
  role: z.enum(['target', 'actor', 'unknown']),
  /** GuardDuty's scale, 1 to 10; null where the source has none. */
  severity: z.nullable(z.number()),
  measure: z.nullable(MeasureSchema),
  occurredAt: z.string(),
  /** Who asked and why: manual starts only. */
  requestedBy: z.nullable(z.string()),
  reason: z.nullable(z.string()),
  /** Break-glass: the requester takes it on themselves that budget, exceptions and approvals are passed over. */
  breakGlass: z.optional(z.literal(true)),
  /** After how long the requester wants the cut undone by itself; it wins over the policy's expiry. */
  expiresInMinutes: z.optional(z.int().check(z.minimum(1), z.maximum(10_080))),
  /** Compliance reviews only: the border of the policy whose peers are named. */
  border: z.optional(z.string()),
});

export type Signal = z.infer<typeof SignalSchema>;
export type Measure = z.infer<typeof MeasureSchema>;

/** An event is a signal, or there is a stated reason why it is none. Broken and unknown events throw instead. */
export type ParsedEvent =
  | { readonly kind: 'signal'; readonly signal: Signal }
  | { readonly kind: 'ignored'; readonly reason: string; readonly name: string };
