import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { anyServiceListPattern, maxUnitListCharacters } from './parameter-patterns.ts';

/** Parameters of `stop-service`; lists are separated by single blanks. */
export const stopServiceParameters = {
  incident: incidentParameter('Incident id; what was active before is noted under it on the host'),
  services: {
    description: 'Services to stop, with or without .service; never the agent, sshd, the clock, systemd or D-Bus',
    allowedPattern: anyServiceListPattern,
    minChars: 1,
    maxChars: maxUnitListCharacters,
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const stopServiceScript = readScript('linux/stop-service.sh');

/** The same for Windows; not run on Windows. */
export const stopServiceWindowsScript = readScript('windows/stop-service.ps1');

/**
 * SSM document content: stops services and reads back that their processes are gone; its stdout is one JSON verdict. On
 * Linux it was run by hand against systemd 252; its tests run against a stand-in of systemctl with real processes.
 */
export const stopService = commandDocument({
  description: 'Stops services and reads back that they are inactive and their processes gone',
  parameters: stopServiceParameters,
  script: stopServiceScript,
  windowsScript: stopServiceWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'stopService',
});
