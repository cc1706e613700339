/** Source and detail types of what the fuse publishes on its bus: subscribers match on them. */
export const outcomeSource = 'connection-fuse';
export type OutcomeType =
  | 'Incident closed'
  | 'Incident failed'
  | 'Restore closed'
  | 'Approval wanted'
  | 'Approval still wanted';

/** How urgently people must hear of it; subscribers match on it. A lifeline always comes first. */
export type Severity = 'lifeline' | 'failure' | 'notice';
