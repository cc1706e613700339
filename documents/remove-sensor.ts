import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { digestPattern } from './parameter-patterns.ts';

/** Parameters of `remove-sensor`. */
export const removeSensorParameters = {
  incident: incidentParameter('Id under which the run is noted on the host'),
  expectedDigest: {
    description: 'sensorDigest of the verdict that installed it; empty: what the installation noted on the host',
    allowedPattern: digestPattern,
    minChars: 0,
    maxChars: 64,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const removeSensorScript = readScript('linux/remove-sensor.sh');

/** The same for Windows; not run on Windows. */
export const removeSensorWindowsScript = readScript('windows/remove-sensor.ps1');

/** SSM document content: stops the timer and removes the files of the sensor, if they are still what was installed. */
export const removeSensor = commandDocument({
  description: 'Removes the sensor of this host: removed, already-removed, or drifted and left as it is',
  parameters: removeSensorParameters,
  script: removeSensorScript,
  windowsScript: removeSensorWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'removeSensor',
});
