import * as z from 'zod/mini';
import { MinutesSchema, PercentSchema } from './policy-words.ts';

/** Limits behind the answers; each has the default of the specification. */
export const ThresholdsSchema = z.strictObject({
  /** CPU load in percent and for how many seconds it must hold (R2). */
  cpuPercent: z._default(z.number().check(z.minimum(1), z.maximum(100)), 90),
  cpuSeconds: z._default(z.int().check(z.minimum(60)), 300),
  /** Clock offset in milliseconds for profile trading, time difference in seconds for profile medical. */
  clockOffsetMs: z._default(z.number().check(z.positive()), 1),
  timeDifferenceSeconds: z._default(z.number().check(z.positive()), 5),
  /** GuardDuty findings outside the known threat classes are a security risk from this severity on (1 to 10). */
  findingSeverity: z._default(z.number().check(z.minimum(1), z.maximum(10)), 7),
});

const mark = z.optional(z.int().check(z.minimum(0), z.maximum(999_999_999_999)));

/** R2: when shedding starts and stops, and how far one round may go. */
export const SheddingSchema = z.strictObject({
  /** What a host measures: CPU in percent, or connections of the priority classes, or their bytes a second. */
  load: z._default(z.enum(['cpu', 'connections', 'bytes']), 'cpu'),
  /** In the unit of `load`: shedding starts above `high` and stops at `low`. Left out, for CPU only: 90 and 70. */
  highMark: mark,
  lowMark: mark,
  maxRounds: z._default(z.int().check(z.minimum(1), z.maximum(5)), 5),
  maxPercentPerRound: z._default(PercentSchema, 50),
  /** Admission of what was shed is blocked for so long; then the kernel lifts the block by itself. */
  blockMinutes: z._default(MinutesSchema, 15),
});

/** The marks of a checked policy. Only for CPU is there a default: of the others nobody but the operator knows the size. */
export function readMarks({ load, highMark, lowMark }: z.infer<typeof SheddingSchema>): {
  readonly highMark: number;
  readonly lowMark: number;
} {
  // Nothing is ever shed where a mark is missing that the check would have refused.
  const [high, low] = load === 'cpu' ? [90, 70] : [Number.MAX_SAFE_INTEGER, 0];
  return { highMark: highMark ?? high, lowMark: lowMark ?? low };
}

/** How much may be cut within a window before a person is asked. */
export const BudgetsSchema = z.strictObject({
  /** Windows follow one another on the clock, counted from midnight UTC of 1970-01-01. */
  windowMinutes: z._default(z.int().check(z.minimum(5), z.maximum(1440)), 60),
  /** Servers cut within one window, each counted once. */
  servers: z._default(z.int().check(z.minimum(0), z.maximum(10_000)), 100),
  /** Share of one service's servers cut within one window. Left out: a service has no budget of its own. */
  servicePercent: z.optional(PercentSchema),
});

/** How long a person is waited for, and what happens when nobody answers. */
export const ApprovalsSchema = z.strictObject({
  timeoutMinutes: z._default(z.int().check(z.minimum(1), z.maximum(1440)), 30),
  /** `leave` cuts nothing without an answer; `cut` goes on as if it had been approved. */
  onTimeout: z._default(z.enum(['leave', 'cut']), 'leave'),
  /** When a person who has not answered is asked again; left out: after half the time. */
  remindAfterMinutes: z.optional(z.int().check(z.minimum(1), z.maximum(1440))),
});
export type Approvals = z.infer<typeof ApprovalsSchema>;

/** By which means the servers of one incident are cut from the network. */
export const FleetSchema = z.strictObject({
  /**
   * `interfaces` moves each interface to quarantine. `subnets` closes a subnet as a whole where nobody else lives in it,
   * and moves interfaces elsewhere. `fastest` closes subnets only where EC2's token bucket would make the interfaces wait.
   */
  networkMeans: z._default(z.enum(['interfaces', 'subnets', 'fastest']), 'interfaces'),
});

/** After how long a cut is undone by itself, by its scope; left out: only a person undoes it. */
export const ExpirySchema = z.strictObject({
  serverMinutes: z.optional(MinutesSchema),
  portMinutes: z.optional(MinutesSchema),
  peerMinutes: z.optional(MinutesSchema),
});
