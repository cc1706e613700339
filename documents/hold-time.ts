import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { limitMsPattern, timeBackupPattern, timeSourceListPattern } from './parameter-patterns.ts';

/** Parameters of `hold-time`. */
export const holdTimeParameters = {
  incident: incidentParameter('Incident id; the former sources are noted under it on the host'),
  sources: {
    description: 'One to eight sources that keep the clock right: addresses, or ids of reference clocks',
    allowedPattern: timeSourceListPattern,
    minChars: 1,
    maxChars: 400,
  },
  backup: {
    description: 'What takes over when they fail: server:ADDRESS, clock:ID, or holdover on the own clock',
    allowedPattern: timeBackupPattern,
    minChars: 7,
    maxChars: 46,
  },
  limitMs: {
    description: 'Milliseconds by which the clock may be off, with up to three decimals',
    allowedPattern: limitMsPattern,
    minChars: 1,
    maxChars: 9,
  },
  deadlineSeconds: deadlineParameter('90'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const holdTimeScript = readScript('linux/hold-time.sh');

/** SSM document content: keeps a lifeline's clock right by its own sources or the backup. Cuts nothing, steps no clock, and writes
 * nothing to the configuration. */
export const holdTime = commandDocument({
  description: 'Asks the time sources of a lifeline and switches to the backup where they fail',
  parameters: holdTimeParameters,
  script: holdTimeScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'holdTime',
});
