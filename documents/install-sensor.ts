import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import {
  addressPattern,
  cidrListPattern,
  metricsEndpointPattern,
  nightHoursPattern,
  portListPattern,
  ttlPattern,
} from './parameter-patterns.ts';

/** Parameters of `install-sensor`; lists are separated by single blanks. */
export const installSensorParameters = {
  incident: incidentParameter('Id of the installation; the state before it is noted under it on the host'),
  source: {
    description: 'Address of the time source to measure against',
    allowedPattern: addressPattern,
    minChars: 7,
    maxChars: 39,
    default: '169.254.169.123',
  },
  homeCidrs: {
    description: 'Addresses or CIDRs whose logins are expected at any hour; empty: none are',
    allowedPattern: cidrListPattern,
    minChars: 0,
    maxChars: 2048,
    default: '',
  },
  nightHours: {
    description: 'Local time, from and until, in which a login from elsewhere counts',
    allowedPattern: nightHoursPattern,
    minChars: 11,
    maxChars: 11,
    default: '22:00-05:00',
  },
  ports: {
    description: 'Local TCP ports whose connections are watched',
    allowedPattern: portListPattern,
    minChars: 1,
    maxChars: 600,
    default: '80 443',
  },
  zombieSeconds: {
    description: 'A connection that got nothing for so long and waits for its peer is a zombie',
    allowedPattern: '^[1-9][0-9]{0,3}$',
    minChars: 1,
    maxChars: 4,
    default: '60',
  },
  receiveOnlySeconds: {
    description: 'One that got nothing for so long is a zombie even when it waits for nothing; 0: never',
    allowedPattern: ttlPattern,
    minChars: 1,
    maxChars: 6,
    default: '0',
  },
  endpoint: {
    description: 'Endpoint of CloudWatch; empty: the public one of the region',
    allowedPattern: metricsEndpointPattern,
    minChars: 0,
    maxChars: 200,
    default: '',
  },
  deadlineSeconds: deadlineParameter('60'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const installSensorScript = readScript('linux/install-sensor.sh');

/** The same for Windows; not run on Windows. */
export const installSensorWindowsScript = readScript('windows/install-sensor.ps1');

/**
 * SSM document content: installs the sensor, starts its timer and lets it publish once; its stdout is one JSON verdict.
 * The host's role needs `cloudwatch:PutMetricData` for the namespace `ConnectionFuse/Host` and nothing else. Publishing
 * was run against a stand-in that checks the signature, not run against the real engine; neither was systemd.
 */
export const installSensor = commandDocument({
  description: 'Installs the sensor of this host as a timer that publishes its metrics every 60 seconds',
  parameters: installSensorParameters,
  script: installSensorScript,
  windowsScript: installSensorWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'installSensor',
});
