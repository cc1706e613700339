import type { Action } from '../action.ts';
import { hostWorkPermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const shedConnectionsFacts = {
  id: 'shed-connections',
  summary: 'Blocks admission, then ends connections by priority, lowest class first, until the load is under the mark',
  saves: 'That the host had no table of this incident; the list of cut sockets stays on the host, its digest here',
  undoes: 'Lifts the block before the kernel does it by itself; clients may come back, cut sockets stay cut',
  notRun: 'on Windows, for which there is no script; on Linux it was run on real sockets',
  sharesTargets: false,
  permissions: hostWorkPermissions,
} as const satisfies Partial<Action>;
