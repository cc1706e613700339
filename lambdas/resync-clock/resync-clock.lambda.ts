import { resyncClock } from '../shared/actions/resync-clock/resync-clock.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Resync clock". A second run measures again and steps only what is still over the limit. */
export const handler = hostActionHandler('resync-clock', resyncClock);
