import * as z from 'zod/mini';

/** What the state machine hands to `assess`: the event as it arrived, unchecked. */
export const AssessRequestSchema = z.strictObject({
  event: z.unknown(),
  /** When the event reached the state machine: the three seconds count from here. */
  receivedAt: z.string().check(z.minLength(1)),
  executionId: z.string().check(z.minLength(1)),
});
export type AssessRequest = z.infer<typeof AssessRequestSchema>;
