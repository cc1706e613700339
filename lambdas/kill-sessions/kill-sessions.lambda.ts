import { killSessions } from '../shared/actions/kill-sessions/kill-sessions.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Kill sessions". A second run ends only sessions that match and were opened since. */
export const handler = hostActionHandler('kill-sessions', killSessions);
