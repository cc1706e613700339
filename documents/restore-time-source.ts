import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import {
  addressPattern,
  optionalAddressPattern,
  optionalYesNoPattern,
  processIdentityPattern,
} from './parameter-patterns.ts';

/** Parameters of `restore-time-source`: what the verdict of the switch said; empty values come from the note on the host. */
export const restoreTimeSourceParameters = {
  incident: incidentParameter('Incident id whose switch is undone'),
  source: {
    description: 'Address of the time source that the switch added',
    allowedPattern: addressPattern,
    minChars: 7,
    maxChars: 39,
  },
  failedSource: {
    description: 'Address of the source that the switch took offline; empty: none',
    allowedPattern: optionalAddressPattern,
    minChars: 0,
    maxChars: 39,
    default: '',
  },
  added: {
    description: 'yes: the switch added the source, it was not there before',
    allowedPattern: optionalYesNoPattern,
    minChars: 0,
    maxChars: 3,
    default: '',
  },
  takenOffline: {
    description: 'yes: the switch took the failed source offline, it was online before',
    allowedPattern: optionalYesNoPattern,
    minChars: 0,
    maxChars: 3,
    default: '',
  },
  daemon: {
    description: 'daemon of the verdict: the chronyd that was told',
    allowedPattern: processIdentityPattern,
    minChars: 0,
    maxChars: 31,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const restoreTimeSourceScript = readScript('linux/restore-time-source.sh');

/** SSM document content: puts the former source online and takes ours away, if they are still as the switch left them. */
export const restoreTimeSource = commandDocument({
  description: 'Puts the time sources of one switch back: undone, already-undone, or drifted and left as it is',
  parameters: restoreTimeSourceParameters,
  script: restoreTimeSourceScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'restoreTimeSource',
});
