import { holdTask } from '../shared/actions/hold-task/hold-task.ts';
import { hostActionHandler } from '../shared/middleware/host-action-handler.ts';

/** Runs as state "Hold task". A second run finds the tasks held and leaves what was saved as it is. */
export const handler = hostActionHandler('hold-task', holdTask);
