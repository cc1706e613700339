import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { databaseEngineListPattern } from './parameter-patterns.ts';

/** Parameters of `detect-time-zones`. */
export const detectTimeZonesParameters = {
  incident: incidentParameter('Incident id under which the full list is kept on the host'),
  engines: {
    description: 'Database engines to ask, separated by single blanks; empty: every one that runs on this host',
    allowedPattern: databaseEngineListPattern,
    minChars: 0,
    maxChars: 60,
    default: '',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const detectTimeZonesScript = readScript('linux/detect-time-zones.sh');

/**
 * SSM document content: reads the time zones of a host, its processes and its database engines; its stdout is one JSON
 * verdict. Run against PostgreSQL 15 and MariaDB 10.11; for MySQL, Oracle and SQL Server not run against the real engine.
 */
export const detectTimeZones = commandDocument({
  description: 'Reads the time zones of a host, its processes and its database engines; changes nothing',
  parameters: detectTimeZonesParameters,
  script: detectTimeZonesScript,
  timeoutSeconds: 125,
  stepName: 'detectTimeZones',
});
