import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';

/** Parameters of `collect-state`; lists are separated by single blanks. */
export const collectStateParameters = {
  incident: incidentParameter('Incident id under which the full list is kept on the host'),
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const collectStateScript = readScript('linux/collect-state.sh');

/** The same for Windows; not run on Windows. */
export const collectStateWindowsScript = readScript('windows/collect-state.ps1');

/** SSM document content: reads the state of a host and tries on a connection of its own whether sockets can be killed. */
export const collectState = commandDocument({
  description: 'Reads sockets, load, clock, failed units, our nft tables and tools of a host; changes nothing of it',
  parameters: collectStateParameters,
  script: collectStateScript,
  windowsScript: collectStateWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'collectState',
});
