import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { heldLoginListPattern } from './parameter-patterns.ts';

/** Parameters of `release-sessions`. */
export const releaseSessionsParameters = {
  incident: incidentParameter('Incident id whose held logins are let go'),
  engine: {
    description: 'Database engine whose logins were held',
    allowedPattern: '^(postgresql|mariadb|mysql)$',
    minChars: 5,
    maxChars: 10,
  },
  logins: {
    description: 'loginsHeld of the verdict that held them; empty: what the hold noted on the host',
    allowedPattern: heldLoginListPattern,
    minChars: 0,
    maxChars: 1024,
    default: '',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const releaseSessionsScript = readScript('linux/release-sessions.sh');

/**
 * SSM document content: gives held logins their former limit or lock back, where they still are as they were set. Run
 * against PostgreSQL 15 and MariaDB 10.11; for MySQL not run against the real engine.
 */
export const releaseSessions = commandDocument({
  description: 'Lets held database logins go: undone, already undone, or drifted and left as they are',
  parameters: releaseSessionsParameters,
  script: releaseSessionsScript,
  timeoutSeconds: 125,
  stepName: 'releaseSessions',
});
