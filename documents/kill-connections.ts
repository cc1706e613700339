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
import {
  choicePattern,
  cidrListPattern,
  peersFromPattern,
  portListPattern,
  shedTtlPattern,
  silencePattern,
} from './parameter-patterns.ts';
import { windowsBlockParameters } from './windows/block-parameters.ts';

/** Parameters of `kill-connections`; lists are separated by single blanks. */
export const killConnectionsParameters = {
  incident: incidentParameter('Incident id; each incident has its own nft table, a second run refreshes it'),
  scope: {
    description:
      'server: everything but golden channels and the agent; peers: those addresses; ports: those local ports',
    allowedPattern: '^(server|peers|ports)$',
    minChars: 5,
    maxChars: 6,
  },
  peers: {
    description: 'Addresses or CIDRs to cut, for scope peers only',
    allowedPattern: cidrListPattern,
    minChars: 0,
    maxChars: maxListCharacters,
    default: '',
  },
  peersFrom: {
    description:
      'night-logins: scope peers takes them from what the sensor noted on the host, home and golden ones spared',
    allowedPattern: peersFromPattern,
    minChars: 0,
    maxChars: 12,
    default: '',
  },
  sinceSeconds: {
    description: 'Of what the sensor noted, only what is not older counts',
    allowedPattern: shedTtlPattern,
    minChars: 1,
    maxChars: 5,
    default: '900',
  },
  homeCidrs: {
    description: 'Addresses or CIDRs that are no strangers, whatever the sensor noted',
    allowedPattern: cidrListPattern,
    minChars: 0,
    maxChars: 2048,
    default: '',
  },
  ports: {
    description: 'Local TCP ports to cut, for scope ports only',
    allowedPattern: portListPattern,
    minChars: 0,
    maxChars: 600,
    default: '',
  },
  only: {
    description: 'zombies: of the ports in scope only sockets whose peer is gone, and only their peers stay blocked',
    allowedPattern: choicePattern,
    minChars: 3,
    maxChars: 7,
    default: 'all',
  },
  silentSeconds: {
    description: 'A peer is gone when nothing was heard of it for longer and what it was sent stays unanswered',
    allowedPattern: silencePattern,
    minChars: 1,
    maxChars: 4,
    default: '10',
  },
  golden: goldenParameter,
  agent: agentParameter,
  ttlSeconds: ttlParameter,
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const killConnectionsScript = readScript('linux/kill-connections.sh');

/** SSM document content: blocks, kills and lists again; its stdout is one JSON verdict. */
export const killConnections = commandDocument({
  description: 'Cuts TCP connections and keeps them cut, golden channels spared: list, block, kill, list again',
  parameters: killConnectionsParameters,
  script: killConnectionsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'killConnections',
});

/** As `killConnectionsParameters`, so that one set of values serves both, with what the firewall of Windows needs on top. */
export const killConnectionsOnWindowsParameters = {
  ...killConnectionsParameters,
  ...windowsBlockParameters,
} as const satisfies CommandParameters;

/** The script for Windows as the agent gets it; not run on Windows. */
export const killConnectionsOnWindowsScript = readScript('windows/kill-connections.ps1');

/**
 * SSM document content: the same for Windows, where only IPv4 connections can be ended. A document of its own: both
 * halves in one, with the values of their parameters, would be more than the 64 KB a document may have.
 */
export const killConnectionsOnWindows = commandDocument({
  description:
    'Cuts TCP connections of a Windows host and keeps them cut, golden channels spared: list, block, kill, list again',
  parameters: killConnectionsOnWindowsParameters,
  windowsScript: killConnectionsOnWindowsScript,
  timeoutSeconds: 125,
  stepName: 'killConnections',
});
