import * as z from 'zod/mini';
import { ServerIdSchema, SignalSchema } from './signal.ts';

export const profiles = ['trading', 'medical', 'logistics', 'surveillance', 'general'] as const;
export const lifelineKinds = ['clearing', 'life-support', 'grid-dispatch'] as const;

/** The flowchart's questions, in its order; `spreads` is golden rule R1, `underReview` R3. */
export const questions = ['lifeline', 'spreads', 'coreBusiness', 'securityRisk', 'underReview', 'overloaded'] as const;
export type Question = (typeof questions)[number];

export const AnswersSchema = z.strictObject({
  lifeline: z.boolean(),
  spreads: z.boolean(),
  coreBusiness: z.boolean(),
  securityRisk: z.boolean(),
  underReview: z.boolean(),
  overloaded: z.boolean(),
});
export type Answers = z.infer<typeof AnswersSchema>;

/** One sentence for every answer: what it rests on. */
export const EvidenceSchema = z.strictObject({
  lifeline: z.string(),
  spreads: z.string(),
  coreBusiness: z.string(),
  securityRisk: z.string(),
  underReview: z.string(),
  overloaded: z.string(),
});
export type Evidence = z.infer<typeof EvidenceSchema>;

/** How much of a server is cut: all of it, some peers (addresses or CIDRs), or some local TCP ports. */
export const CutSchema = z.discriminatedUnion('scope', [
  z.strictObject({ scope: z.literal('server') }),
  z.strictObject({
    scope: z.literal('peers'),
    peers: z.array(z.string()),
    /** Where the peers stand, when only the server itself knows them: then `peers` is empty. */
    from: z.optional(z.literal('night-logins')),
  }),
  z.strictObject({ scope: z.literal('ports'), ports: z.array(z.number()) }),
]);
export type Cut = z.infer<typeof CutSchema>;

/** Why a person must agree before a cohort is cut, and what happens when nobody answers in time. */
export const ApprovalSchema = z.strictObject({
  reason: z.string(),
  timeoutSeconds: z.int().check(z.minimum(60), z.maximum(86_400)),
  /** When a person who has not answered is asked again; before the time is over. */
  remindAfterSeconds: z.int().check(z.minimum(30), z.maximum(86_340)),
  onTimeout: z.enum(['leave', 'cut']),
});
export type Approval = z.infer<typeof ApprovalSchema>;

/** The servers of one incident that share answers and cut; they pass the flowchart together. */
export const CohortSchema = z.strictObject({
  /** `c1`, `c2` …; later attempts count on from 1000 each. */
  id: z.string().check(z.regex(/^c[0-9]{1,7}$/)),
  /** Empty when the incident concerns no server (an IAM user, a bucket) or none that could be looked up. */
  servers: z.array(ServerIdSchema),
  profile: z.enum(profiles),
  service: z.nullable(z.string()),
  /** What kinds of lifeline the servers are; all of them where a tag names no known kind, none where they are no lifeline. */
  lifelineKinds: z.array(z.enum(lifelineKinds)),
  answers: AnswersSchema,
  evidence: EvidenceSchema,
  cut: CutSchema,
  /** True when a red line is cut in the shape of its profile (specification, section 2) instead of being isolated. */
  byProfile: z.boolean(),
  /** Set when a person must agree before the cut; null when it starts at once. */
  approval: z.nullable(ApprovalSchema),
  /**
   * How a person is asked when core business turns out to have no healthy standby though the threat asks for a cut; null
   * where the policy cuts then, and where no fail-over is due.
   */
  withoutStandby: z.nullable(ApprovalSchema),
  /** When the cut is to be undone by itself, ISO 8601 in UTC; null when only a person undoes it. */
  expiresAt: z.nullable(z.string()),
  /** Names of the policy's golden channels that these servers hold. */
  goldenChannels: z.array(z.string()),
  /**
   * Groups the servers' interfaces carried when they were assessed. A hint that lets the cut read their rules in the
   * same breath as the interfaces; what counts is re-read.
   */
  securityGroupHints: z.array(z.string()),
  /** The subnets of these interfaces, a hint like the groups; only where the policy may close whole subnets. */
  subnetHints: z.optional(z.array(z.string())),
  /** Set when a person has to take over, with the reason. */
  handOver: z.nullable(z.string()),
});
export type Cohort = z.infer<typeof CohortSchema>;

/** What follows the incident through the state machine. */
export const IncidentSchema = z.strictObject({
  /** `inc-` and 20 hex digits of the hash of the event's own identity. */
  id: z.string().check(z.regex(/^inc-[0-9a-f]{20}$/)),
  signal: SignalSchema,
  /** When the event reached the state machine: the three seconds count from here. */
  receivedAt: z.string(),
  executionId: z.string(),
});
export type Incident = z.infer<typeof IncidentSchema>;

export const assessmentOutcomes = ['incident', 'ignored', 'repeated'] as const;

/** What `assess` answers. `ignored` and `repeated` come with no cohorts, so the flowchart has nothing to do. */
export const AssessmentSchema = z.strictObject({
  outcome: z.enum(assessmentOutcomes),
  reason: z.string(),
  incident: z.nullable(IncidentSchema),
  cohorts: z.array(CohortSchema),
});
export type Assessment = z.infer<typeof AssessmentSchema>;
