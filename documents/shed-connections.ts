import { maxListCharacters } from '../lambdas/shared/host-address.ts';
import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { agentParameter, goldenParameter, incidentParameter } from './common-parameters.ts';
import {
  classListPattern,
  deadlinePattern,
  loadKindPattern,
  markPattern,
  percentPattern,
  roundsPattern,
  shedTtlPattern,
  silencePattern,
} from './parameter-patterns.ts';

/** What is shed: priority classes and what must live on. */
const targets = {
  incident: incidentParameter('Incident id; each incident has its own nft table'),
  classes: {
    description:
      'Priority classes, lowest first: NAME@port:N, NAME@peer:CIDR, NAME@process:COMMAND, NAME@cgroup:PATH; the first entry that fits counts, the highest class is never shed',
    allowedPattern: classListPattern,
    minChars: 1,
    maxChars: maxListCharacters,
  },
  golden: goldenParameter,
  agent: agentParameter,
} as const satisfies CommandParameters;

/** Parameters of `shed-connections`; lists are separated by single blanks. */
export const shedConnectionsParameters = {
  ...targets,
  load: {
    description: 'cpu: percent over a second; connections: how many the classes hold; bytes: their bytes a second',
    allowedPattern: loadKindPattern,
    minChars: 3,
    maxChars: 11,
  },
  highMark: {
    description: 'Nothing is shed unless the load is above it; at most 100 for cpu',
    allowedPattern: markPattern,
    minChars: 1,
    maxChars: 12,
  },
  lowMark: {
    description: 'Shedding ends when the load is down to it; at most highMark',
    allowedPattern: markPattern,
    minChars: 1,
    maxChars: 12,
  },
  maxRounds: {
    description: 'How often connections are cut and the load is measured again, 1 to 5',
    allowedPattern: roundsPattern,
    minChars: 1,
    maxChars: 1,
    default: '3',
  },
  maxPercentPerRound: {
    description: 'How many of the connections that belong to a class one round may cut, in percent',
    allowedPattern: percentPattern,
    minChars: 1,
    maxChars: 3,
    default: '30',
  },
  silentSeconds: {
    description: 'Zombies go first: nothing was heard of the peer for longer and what it was sent stays unanswered',
    allowedPattern: silencePattern,
    minChars: 1,
    maxChars: 4,
    default: '10',
  },
  ttlSeconds: {
    description: 'After so many seconds the kernel lets new connections of the shed classes in again by itself',
    allowedPattern: shedTtlPattern,
    minChars: 1,
    maxChars: 5,
    default: '900',
  },
  deadlineSeconds: {
    description: 'The script gives up after so many seconds and says so; each look at the load takes one',
    allowedPattern: deadlinePattern,
    minChars: 1,
    maxChars: 3,
    default: '30',
  },
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const shedConnectionsScript = readScript('linux/shed-connections.sh');

/**
 * SSM document content: sheds connections of an overloaded host by priority until its load is down to the low mark; its
 * stdout is one JSON verdict. `release-connections` lets new connections in again earlier. Connections of containers
 * with a network of their own are neither counted nor shed.
 */
export const shedConnections = commandDocument({
  description: 'Sheds connections by priority class, lowest first, golden channels spared, until the load is down',
  parameters: shedConnectionsParameters,
  script: shedConnectionsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'shedConnections',
});
