import type { Action } from '../action.ts';
import { hostWorkPermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const stopServiceFacts = {
  id: 'stop-service',
  summary: "Stops the services of the server's profile and reads back that their processes are gone",
  saves: 'Which of them were active, noted on the host before the first stop and recorded here with its verdict',
  undoes: 'Starts exactly those that were active before; one that runs already, or is gone, is left as it is',
  notRun: 'on Windows; on Linux it is tested beside a stand-in of systemctl with real processes',
  sharesTargets: false,
  permissions: hostWorkPermissions,
} as const satisfies Partial<Action>;
