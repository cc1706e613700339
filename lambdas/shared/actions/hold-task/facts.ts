import type { Action } from '../action.ts';
import { hostWorkPermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const holdTaskFacts = {
  id: 'hold-task',
  summary: "Saves the scheduled tasks of the server's profile, then keeps them from running",
  saves: 'The whole task on the host, with its digest, before it is held',
  undoes: 'Lets exactly these tasks run again, from what was saved; a task that somebody changed is left as it is',
  notRun: 'on Windows; on Linux it is tested beside a stand-in of systemctl',
  sharesTargets: false,
  permissions: hostWorkPermissions,
} as const satisfies Partial<Action>;
