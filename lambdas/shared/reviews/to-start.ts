import type * as z from 'zod/mini';
import { toIncidentId } from '../incident-id.ts';
import { parseManual, type Home, type ManualStartSchema } from '../signals/parse-manual.ts';
import type { PlannedLock } from './plan-locks.ts';
import type { ReviewOpening } from './review.ts';

type ManualStart = z.infer<typeof ManualStartSchema>;

/** A start of the flowchart for a review, and the incident it will open. */
export interface LockStart {
  readonly incidentId: string;
  readonly input: ManualStart;
}

/** The same plan makes the same start, and so the same incident: two watches that plan it lock once. Pure. */
export function toStart(review: ReviewOpening, plan: PlannedLock, home: Home): LockStart {
  const input: ManualStart = {
    fuse: 'trip',
    kind: 'border-review',
    requestedBy: review.owner,
    reason: `"${review.name}", ${review.reason}`,
    servers: [...plan.servers],
    peers: [...plan.peers],
    requestId: `review:${review.name}:${plan.attempt}`,
    ...(plan.takesLists && { border: review.border }),
  };
  const parsed = parseManual(input, home);
  if (parsed.kind === 'ignored') throw new TypeError(`Start for review "${review.name}" is none: ${parsed.reason}`);
  return { incidentId: toIncidentId(parsed.signal), input };
}
