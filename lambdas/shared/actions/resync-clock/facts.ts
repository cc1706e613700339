import type { Action } from '../action.ts';
import { irreversiblePermissions } from '../host-work/permissions.ts';

/** What docs and CDK read of the action; no client is needed for it. */
export const resyncClockFacts = {
  id: 'resync-clock',
  summary:
    'Measures the clock, steps it, reads it back under the limit for a while, writes the hardware clock from it (`hwclock --systohc`: the other direction, `--hctosys`, would bring the error back right after the step)',
  saves: 'The offset before the step and the source it was measured against',
  undoes: 'Nothing: setting a clock wrong again would be no undo',
  notRun:
    'on Windows; on Linux it was measured and switched with a real chronyd, the step itself and the hardware clock on stand-ins',
  sharesTargets: false,
  permissions: irreversiblePermissions,
} as const satisfies Partial<Action>;
