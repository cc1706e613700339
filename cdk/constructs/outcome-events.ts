import type { OutcomeType } from '../../lambdas/shared/contracts/outcome-event.ts';

/** The detail types of the events that the fuse publishes on its bus. */
export const outcomeEvents = {
  incidentClosed: 'Incident closed',
  incidentFailed: 'Incident failed',
  restoreClosed: 'Restore closed',
  approvalWanted: 'Approval wanted',
  approvalStillWanted: 'Approval still wanted',
} as const satisfies Record<string, OutcomeType>;
