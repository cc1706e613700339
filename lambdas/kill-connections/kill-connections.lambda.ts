import { killConnections } from '../shared/actions/kill-connections/kill-connections.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Kill connections": the host cut. A second run refreshes its own block; what was cut stays cut. */
export const handler = hostActionHandler('kill-connections', killConnections);
