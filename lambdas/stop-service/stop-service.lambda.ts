import { stopService } from '../shared/actions/stop-service/stop-service.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Stop service". A second run finds the services stopped and says what they were before the first. */
export const handler = hostActionHandler('stop-service', stopService);
