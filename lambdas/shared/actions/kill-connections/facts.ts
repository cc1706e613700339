import type { Action } from '../action.ts';
import { hostWorkPermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const killConnectionsFacts = {
  id: 'kill-connections',
  summary: 'Cuts on the host: blocks in a table of its own, destroys the sockets, lists again; golden channels live on',
  saves: 'That the host had no table of this incident; the list of cut sockets stays on the host, its digest here',
  undoes: 'Takes the table away where it still is the one that was set; peers may come back, cut sockets stay cut',
  notRun: 'on Windows; that script was parsed, and its C# compiled and run under Mono',
  sharesTargets: false,
  permissions: hostWorkPermissions,
} as const satisfies Partial<Action>;
