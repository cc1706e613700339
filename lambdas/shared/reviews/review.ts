import * as z from 'zod/mini';
import { ServerIdSchema } from '../contracts/signal.ts';
import { ReviewScopeSchema } from './review-event.ts';

/** A review as it was opened. Times are ISO 8601 in UTC. */
export const ReviewOpeningSchema = z.object({
  name: z.string(),
  border: z.string(),
  scope: ReviewScopeSchema,
  owner: z.string(),
  reason: z.string(),
  until: z.string(),
  at: z.string(),
  /** The event that opened it: its second delivery is no second opening. */
  eventId: z.string(),
});
export type ReviewOpening = z.infer<typeof ReviewOpeningSchema>;

/** How a review ended; `eventId` is null where its time was over. */
export const ReviewClosingSchema = z.object({
  by: z.string(),
  reason: z.string(),
  at: z.string(),
  eventId: z.nullable(z.string()),
});
export type ReviewClosing = z.infer<typeof ReviewClosingSchema>;

export interface Review {
  readonly opening: ReviewOpening;
  /** Null while it is open. */
  readonly closing: ReviewClosing | null;
  /** When it was seen that nothing of it is locked any more; null before. */
  readonly unlockedAt: string | null;
}

/** One start of the flowchart for a review, recorded before it is made. */
export const LockRecordSchema = z.object({
  incidentId: z.string(),
  servers: z.array(ServerIdSchema),
  /** Addresses and ranges beyond the border. */
  peers: z.array(z.string()),
  at: z.string(),
});
export type LockRecord = z.infer<typeof LockRecordSchema>;

/** An address beyond the border that a finding named by its country. */
export const NamedPeerSchema = z.object({
  address: z.string(),
  country: z.string(),
  server: z.string(),
  finding: z.string(),
  at: z.string(),
});
export type NamedPeer = z.infer<typeof NamedPeerSchema>;

/** One try to put back what a lock of a closed review changed. */
export const UnlockRecordSchema = z.object({ incidentId: z.string(), attempt: z.number(), at: z.string() });
export type UnlockRecord = z.infer<typeof UnlockRecordSchema>;
