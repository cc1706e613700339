import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { addressPattern, optionalAddressPattern } from './parameter-patterns.ts';

/** Parameters of `switch-time-source`. */
export const switchTimeSourceParameters = {
  incident: incidentParameter('Incident id; the former sources are noted under it on the host'),
  source: {
    description: 'Address of the time source to add',
    allowedPattern: addressPattern,
    minChars: 7,
    maxChars: 39,
  },
  failedSource: {
    description: 'Address of the source to take offline once the new one answers; empty: none',
    allowedPattern: optionalAddressPattern,
    minChars: 0,
    maxChars: 39,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const switchTimeSourceScript = readScript('linux/switch-time-source.sh');

/** SSM document content: adds a source, takes the failed one offline and reads back which is selected. Nothing is written to the
 * configuration: a restart of chronyd undoes it too. */
export const switchTimeSource = commandDocument({
  description: 'Adds a time source to the running chronyd and takes the failed one offline once the new one answers',
  parameters: switchTimeSourceParameters,
  script: switchTimeSourceScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'switchTimeSource',
});
