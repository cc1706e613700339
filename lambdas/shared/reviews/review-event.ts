import * as z from 'zod/mini';
import { profiles } from '../contracts/incident.ts';
import { ServerIdSchema } from '../contracts/signal.ts';
import { NameSchema } from '../policy/policy-words.ts';

/** Source and detail type of the events by which reviews are opened and closed, on the fuse's own bus. */
export const reviewSource = 'connection-fuse.review';
export const reviewDetailType = 'Compliance Review';

const person = z.string().check(z.minLength(1), z.maxLength(200));
// It becomes part of the reasons of locks and restores, which take 1,000 characters.
const reason = z.string().check(z.minLength(1), z.maxLength(800));

/** Whom a review is about: one way of naming servers, so that a slip cannot widen it. */
export const ReviewScopeSchema = z
  .strictObject({
    service: z.optional(NameSchema),
    profile: z.optional(z.enum(profiles)),
    servers: z.optional(z.array(ServerIdSchema).check(z.minLength(1), z.maxLength(500))),
  })
  .check(z.refine((scope) => Object.keys(scope).length === 1, 'must be one of service, profile, servers'));
export type ReviewScope = z.infer<typeof ReviewScopeSchema>;

/** Opens a review. Its name is used once and for all: what is closed is never opened again under it. */
export const OpenReviewSchema = z.strictObject({
  operation: z.literal('open'),
  name: NameSchema,
  /** A border of the policy. */
  border: NameSchema,
  scope: ReviewScopeSchema,
  owner: person,
  reason,
  /** First moment at which the review is over, ISO 8601 with a zone. */
  until: z.string().check(
    z.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/),
    z.refine((text) => !Number.isNaN(Date.parse(text)), 'must be a time'),
  ),
});
export type OpenReview = z.infer<typeof OpenReviewSchema>;

/** Closes a review before its time. Who and why stand in the record. */
export const CloseReviewSchema = z.strictObject({
  operation: z.literal('close'),
  name: NameSchema,
  by: person,
  reason,
});
export type CloseReview = z.infer<typeof CloseReviewSchema>;

/** The detail of such an event. Our own, so unknown keys are refused. */
export const ReviewEventSchema = z.discriminatedUnion('operation', [OpenReviewSchema, CloseReviewSchema]);
export type ReviewEvent = z.infer<typeof ReviewEventSchema>;
