import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { maxUnitListCharacters, optionalAnyServiceListPattern } from './parameter-patterns.ts';

/** Parameters of `start-service`; lists are separated by single blanks. */
export const startServiceParameters = {
  incident: incidentParameter('Incident id under which the services were stopped'),
  services: {
    description: 'Services that were active before; empty: those that the note on the host says were active',
    allowedPattern: optionalAnyServiceListPattern,
    minChars: 0,
    maxChars: maxUnitListCharacters,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const startServiceScript = readScript('linux/start-service.sh');

/** The same for Windows; not run on Windows. */
export const startServiceWindowsScript = readScript('windows/start-service.ps1');

/**
 * SSM document content: starts again what an incident stopped: started, already-started, drifted or failed for each. On
 * Linux it was run by hand against systemd 252; its tests run against a stand-in of systemctl with real processes.
 */
export const startService = commandDocument({
  description: 'Starts the services again that an incident stopped, unless somebody changed them meanwhile',
  parameters: startServiceParameters,
  script: startServiceScript,
  windowsScript: startServiceWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'startService',
});
