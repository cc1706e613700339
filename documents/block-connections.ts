import { maxListCharacters } from '../lambdas/shared/host-address.ts';
import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import {
  agentParameter,
  deadlineParameter,
  goldenParameter,
  incidentParameter,
  ttlParameter,
} from './common-parameters.ts';
import { cidrListPattern, portListPattern } from './parameter-patterns.ts';
import { windowsBlockParameters } from './windows/block-parameters.ts';

/** Parameters of `block-connections`; lists are separated by single blanks. */
export const blockConnectionsParameters = {
  incident: incidentParameter('Incident id; each incident has its own nft table, a second run refreshes it'),
  peers: {
    description: 'Addresses or CIDRs to block',
    allowedPattern: cidrListPattern,
    minChars: 0,
    maxChars: maxListCharacters,
    default: '',
  },
  ports: {
    description: 'Local TCP ports to block; what stands in both lists adds up',
    allowedPattern: portListPattern,
    minChars: 0,
    maxChars: 600,
    default: '',
  },
  golden: { ...goldenParameter, description: 'Golden channels, in@CIDR@PORT or out@CIDR@PORT: never blocked' },
  agent: agentParameter,
  ttlSeconds: ttlParameter,
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const blockConnectionsScript = readScript('linux/block-connections.sh');

/** SSM document content: blocks and kills nothing; release-connections lifts it. Its stdout is one JSON verdict. */
export const blockConnections = commandDocument({
  description: 'Blocks peers and local ports, golden channels spared, and leaves open sockets to a later kill',
  parameters: blockConnectionsParameters,
  script: blockConnectionsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'blockConnections',
});

/** As `blockConnectionsParameters`, so that one set of values serves both, with what the firewall of Windows needs on top. */
export const blockConnectionsOnWindowsParameters = {
  ...blockConnectionsParameters,
  ...windowsBlockParameters,
} as const satisfies CommandParameters;

/** The script for Windows as the agent gets it; not run on Windows. */
export const blockConnectionsOnWindowsScript = readScript('windows/block-connections.ps1');

/**
 * SSM document content: the same for Windows, by rules of its firewall. A document of its own: both
 * halves in one, with the values of their parameters, would be more than the 64 KB a document may have.
 */
export const blockConnectionsOnWindows = commandDocument({
  description:
    'Blocks peers and local ports of a Windows host, golden channels spared, and leaves open sockets to a later kill',
  parameters: blockConnectionsOnWindowsParameters,
  windowsScript: blockConnectionsOnWindowsScript,
  timeoutSeconds: 125,
  stepName: 'blockConnections',
});
