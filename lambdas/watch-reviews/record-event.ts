import { isSameJson, sha256Hex, toCanonicalJson } from '../shared/canonical-json.ts';
import { auditKeys } from '../shared/clients/audit-keys.ts';
import type { AuditTable } from '../shared/clients/audit-table.ts';
import { SignalRejectedError } from '../shared/errors.ts';
import type { Policy } from '../shared/policy/policy-schema.ts';
import { putSealedApart } from '../shared/put-closing.ts';
import {
  ReviewEventSchema,
  type CloseReview,
  type OpenReview,
  type ReviewEvent,
} from '../shared/reviews/review-event.ts';
import type { Review, ReviewOpening } from '../shared/reviews/review.ts';
import type { ReviewRegister } from '../shared/reviews/review-register.ts';
import { parsePart, rejectEvent } from '../shared/signals/reject.ts';

export interface RecordTools {
  readonly policy: Policy;
  readonly register: Pick<ReviewRegister, 'find' | 'open' | 'close'>;
  readonly audit: Pick<AuditTable, 'putApart'>;
  /** ISO 8601 in UTC. */
  readonly now: () => string;
}

/**
 * Opens or closes a review and returns it as it stands. The second delivery of an event changes nothing. Whatever is
 * none of ours is recorded and thrown as SignalRejectedError: a review that nobody could open must not look open.
 */
export async function recordEvent(detail: unknown, eventId: string, tools: RecordTools): Promise<Review> {
  try {
    const event = parsePart(ReviewEventSchema, detail, 'Compliance review');
    return await apply(event, eventId, tools);
  } catch (error) {
    if (error instanceof SignalRejectedError) await recordRejection(error, detail, eventId, tools);
    throw error;
  }
}

async function apply(event: ReviewEvent, eventId: string, tools: RecordTools): Promise<Review> {
  switch (event.operation) {
    case 'open':
      return open(event, eventId, tools);
    case 'close':
      return close(event, eventId, tools);
    default:
      return event satisfies never;
  }
}

async function open(event: OpenReview, eventId: string, { policy, register, now }: RecordTools): Promise<Review> {
  const { operation: _operation, ...content } = event;
  const at = now();
  const opening: ReviewOpening = { ...content, until: new Date(event.until).toISOString(), at, eventId };
  const known = await register.find(event.name);
  if (known !== null) return requireSame(known, opening);
  const borders = policy.borders.map(({ name }) => name);
  if (!borders.includes(event.border)) {
    rejectEvent('border', `must be one of the policy's: ${borders.join(', ') || 'it has none'}`, event.border);
  }
  if (opening.until <= at) rejectEvent('until', 'must lie ahead', event.until);
  if ((await register.open(opening)) === 'written') return { opening, closing: null, unlockedAt: null };
  // Another one was faster; it counts.
  const standing = await register.find(event.name);
  return standing === null ? { opening, closing: null, unlockedAt: null } : requireSame(standing, opening);
}

/** The same again is a repeat, even where it was asked for twice; anything else wants a name of its own. */
function requireSame(known: Review, asked: ReviewOpening): Review {
  const { at: _at, eventId, ...terms } = known.opening;
  const { at: _asked, eventId: askedId, ...wanted } = asked;
  if (eventId === askedId) return known;
  if (known.closing !== null) rejectEvent('name', 'must be a new one: this review is closed', asked.name);
  if (!isSameJson(terms, wanted)) {
    rejectEvent('name', 'must be a new one: a review with other terms is open under it', asked.name);
  }
  return known;
}

async function close(event: CloseReview, eventId: string, { register, now }: RecordTools): Promise<Review> {
  const { name, by, reason } = event;
  const known = await register.find(name);
  if (known === null) return rejectEvent('name', 'must be a review that was opened', name);
  if (known.closing === null) await register.close(name, { by, reason, at: now(), eventId });
  const closed = await register.find(name);
  if (closed?.closing?.eventId !== eventId) rejectEvent('name', 'must be an open review: it is closed already', name);
  return closed ?? known;
}

async function recordRejection(
  error: SignalRejectedError,
  event: unknown,
  eventId: string,
  { audit, now }: RecordTools,
): Promise<void> {
  const pk = auditKeys.rejected(sha256Hex(toCanonicalJson(event ?? null)));
  const failure = { error: error.name, cause: error.message };
  const content = { outcome: 'failed', summary: error.message, failure, event: event ?? null, at: now() };
  await putSealedApart(audit, pk, auditKeys.failedExecution(eventId), content);
}
