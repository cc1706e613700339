import type { Action } from '../action.ts';
import { hostWorkPermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const holdOpenFacts = {
  id: 'hold-open',
  summary:
    'Keeps lifelines alive and cuts nothing: asks their time sources, switches to the backup where they fail, reads back which source is selected and by how much the clock may be off',
  saves: 'Which sources were online and whether the backup was there, noted on the host before the first change',
  undoes:
    'Puts exactly these back; a source that another incident needs, or that somebody changed since, is left as it is',
  notRun:
    'with a PTP hardware clock and a hardware clock chip; it was run with a reference clock over a socket, and with a stand-in. There is no Windows half',
  sharesTargets: false,
  keepsAlive: true,
  permissions: hostWorkPermissions,
} as const satisfies Partial<Action>;
