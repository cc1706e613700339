import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { addressPattern, limitMsPattern, stableSecondsPattern } from './parameter-patterns.ts';

/** Parameters of `resync-clock`. Offsets in its verdict are positive when this host's clock is behind. */
export const resyncClockParameters = {
  incident: incidentParameter('Incident id; the offset before the first step is noted under it on the host'),
  mode: {
    description: 'measure: changes nothing; step: puts the system clock right, then the hardware clock from it',
    allowedPattern: '^(measure|step)$',
    minChars: 4,
    maxChars: 7,
  },
  source: {
    description: 'Address of the time source to measure against',
    allowedPattern: addressPattern,
    minChars: 7,
    maxChars: 39,
    default: '169.254.169.123',
  },
  limitMs: {
    description: 'The offset, its uncertainty included, must be under so many milliseconds',
    allowedPattern: limitMsPattern,
    minChars: 1,
    maxChars: 9,
    default: '1',
  },
  stableSeconds: {
    description: 'After the step, readings over so many seconds must all stay under the limit',
    allowedPattern: stableSecondsPattern,
    minChars: 1,
    maxChars: 2,
    default: '10',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const resyncClockScript = readScript('linux/resync-clock.sh');

/** The same for Windows; not run on Windows. */
export const resyncClockWindowsScript = readScript('windows/resync-clock.ps1');

/**
 * SSM document content: measures, and in mode step puts the clock right and measures again; its stdout is one JSON
 * verdict. The measuring was run with chronyd 4.3; stepping a clock and writing a hardware clock were run on stand-ins
 * only, not run against the real engine.
 */
export const resyncClock = commandDocument({
  description: 'Measures the clock against one source; puts it right and proves it by measuring again',
  parameters: resyncClockParameters,
  script: resyncClockScript,
  windowsScript: resyncClockWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'resyncClock',
});
