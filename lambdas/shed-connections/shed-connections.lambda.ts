import { shedConnections } from '../shared/actions/shed-connections/shed-connections.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Shed connections". A second run sheds only while the load is still over the mark. */
export const handler = hostActionHandler('shed-connections', shedConnections);
