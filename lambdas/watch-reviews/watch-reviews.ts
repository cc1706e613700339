import type { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod/mini';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import { describeError } from '../shared/clients/aws-errors.ts';
import { MessageInvalidError } from '../shared/errors.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { reviewDetailType, reviewSource } from '../shared/reviews/review-event.ts';
import type { ReviewRegister } from '../shared/reviews/review-register.ts';
import type { Review } from '../shared/reviews/review.ts';
import { EnvelopeSchema } from '../shared/signals/envelope.ts';
import { isInstanceId } from '../shared/signals/instance-ids.ts';
import type { Home } from '../shared/signals/parse-manual.ts';
import { ReviewNotWatchedError } from './errors.ts';
import type { Candidates } from './find-servers.ts';
import { lockReview } from './lock-review.ts';
import { nameForeignPeers } from './name-foreign-peers.ts';
import { recordEvent } from './record-event.ts';
import type { Machines } from './start-machines.ts';
import { unlockReview } from './unlock-review.ts';

/** What EventBridge sends: an event of a review, the clock's, a server's that runs now, or a finding. */
export const WatchEventSchema = z.extend(EnvelopeSchema, { id: z.string().check(z.minLength(1)) });
export type WatchEvent = z.infer<typeof WatchEventSchema>;

/** What a watch works with. */
export interface WatchTools {
  readonly policy: Policy;
  readonly home: Omit<Home, 'receivedAt'>;
  readonly register: ReviewRegister;
  readonly audit: Pick<AuditTable, 'readIncident' | 'listCuts' | 'readMode' | 'putApart'>;
  readonly ec2: EC2Client;
  readonly machines: Machines;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

/** What a watch did. */
export interface WatchSeen {
  /** Names of the reviews it looked after. */
  readonly reviews: readonly string[];
  readonly locksStarted: number;
  readonly unlocksStarted: number;
}

/** Reviews to look after, and the servers to look for. */
interface Round {
  readonly reviews: readonly Review[];
  readonly candidates: Candidates;
}

/**
 * Looks after the compliance reviews: locks what came into scope, and unlocks when a review is closed or over. One
 * review in trouble does not stop the others; at the end ReviewNotWatchedError names those in trouble.
 */
export async function watchReviews(event: WatchEvent, tools: WatchTools): Promise<WatchSeen> {
  const { reviews, candidates } = await findRound(event, tools);
  let [locksStarted, unlocksStarted] = [0, 0];
  const faults: unknown[] = [];
  // One after the other: each reads what the one before started.
  for (const review of reviews) {
    try {
      const open = await closeWhenOver(review, tools);
      if (open.closing === null) locksStarted += await lockReview(open, candidates, tools);
      else unlocksStarted += await unlockReview(open, tools);
    } catch (error) {
      faults.push(
        new ReviewNotWatchedError(`Review "${review.opening.name}": ${describeError(error)}`, { cause: error }),
      );
    }
  }
  if (faults.length > 0) {
    throw new ReviewNotWatchedError(faults.map((fault) => (fault as Error).message).join('; '), { cause: faults[0] });
  }
  return { reviews: reviews.map(({ opening }) => opening.name), locksStarted, unlocksStarted };
}

async function findRound(event: WatchEvent, tools: WatchTools): Promise<Round> {
  const { source, 'detail-type': detailType, detail } = event;
  if (source === reviewSource && detailType === reviewDetailType) {
    return { reviews: [await recordEvent(detail, event.id, tools)], candidates: 'all' };
  }
  const known = (await tools.register.list()).filter(({ unlockedAt }) => unlockedAt === null);
  if (source === 'aws.events') return { reviews: known, candidates: 'all' };
  const open = known.filter(({ closing }) => closing === null);
  if (source === 'aws.guardduty') {
    return { reviews: open.length === 0 ? [] : await nameForeignPeers(detail, open, tools), candidates: 'all' };
  }
  if (source === 'aws.ec2') return { reviews: open, candidates: [readStarted(detail)] };
  throw new MessageInvalidError(`Event is not valid: source: must be one of a watch, got "${source}" (${detailType})`);
}

const StartedSchema = z.object({
  'instance-id': z.string().check(z.refine(isInstanceId, 'must be an instance id')),
  state: z.literal('running'),
});

function readStarted(detail: unknown): string {
  const parsed = z.safeParse(StartedSchema, detail);
  if (parsed.success) return parsed.data['instance-id'];
  throw new MessageInvalidError('Event is not valid: detail: must name an instance that runs now');
}

/** A review ends by itself at its time, recorded as every other end. */
async function closeWhenOver(review: Review, { register, now }: WatchTools): Promise<Review> {
  const { opening, closing } = review;
  const at = now();
  if (closing !== null || at < opening.until) return review;
  const over = { by: 'connection-fuse', reason: `Its time was over at ${opening.until}`, at, eventId: null };
  await register.close(opening.name, over);
  // Somebody may have been faster.
  return (await register.find(opening.name)) ?? { ...review, closing: over };
}
