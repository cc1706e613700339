import { holdOpen } from '../shared/actions/hold-open/hold-open.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Hold open". A second run asks the sources again and finds the backup at work where the first switched. */
export const handler = hostActionHandler('hold-open', holdOpen);
