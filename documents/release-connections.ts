import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { digestPattern } from './parameter-patterns.ts';

/** Parameters of `release-connections`. */
export const releaseConnectionsParameters = {
  incident: incidentParameter('Incident id whose block is lifted'),
  expectedDigest: {
    description: 'tableDigest of the verdict that set the block; empty: what the cut noted on the host',
    allowedPattern: digestPattern,
    minChars: 0,
    maxChars: 64,
    default: '',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const releaseConnectionsScript = readScript('linux/release-connections.sh');

/** The same for Windows; not run on Windows. */
export const releaseConnectionsWindowsScript = readScript('windows/release-connections.ps1');

/** SSM document content: lifts one incident's block when it is still the block that was set. */
export const releaseConnections = commandDocument({
  description: 'Lifts the block of one incident: released, already-released, or drifted and left as it is',
  parameters: releaseConnectionsParameters,
  script: releaseConnectionsScript,
  windowsScript: releaseConnectionsWindowsScript,
  timeoutSeconds: 125,
  stepName: 'releaseConnections',
});
