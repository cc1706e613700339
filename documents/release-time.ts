import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { optionalYesNoPattern } from './parameter-patterns.ts';

/** Parameters of `release-time`: what is put back stands in the note on the host. */
export const releaseTimeParameters = {
  incident: incidentParameter('Incident id whose switch is undone'),
  changed: {
    description: 'no: the verdict says that nothing was changed, so a missing note is no fault',
    allowedPattern: optionalYesNoPattern,
    minChars: 0,
    maxChars: 3,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const releaseTimeScript = readScript('linux/release-time.sh');

/** SSM document content: puts the sources of a lifeline back, if they are still as `hold-time` left them. */
export const releaseTime = commandDocument({
  description: 'Puts the time sources of a lifeline back: undone, already-undone, or drifted and left as it is',
  parameters: releaseTimeParameters,
  script: releaseTimeScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'releaseTime',
});
