import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { maxUnitListCharacters, optionalAnyTaskListPattern } from './parameter-patterns.ts';

/** Parameters of `release-task`; lists are separated by single blanks. */
export const releaseTaskParameters = {
  incident: incidentParameter('Incident id under which the tasks were held'),
  tasks: {
    description: 'Tasks to release; empty: all that the note on the host says are held',
    allowedPattern: optionalAnyTaskListPattern,
    minChars: 0,
    maxChars: maxUnitListCharacters,
    default: '',
  },
  manner: {
    description: 'disable or remove, as it was held; the note on the host knows better',
    allowedPattern: '^(disable|remove)$',
    minChars: 6,
    maxChars: 7,
    default: 'disable',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const releaseTaskScript = readScript('linux/release-task.sh');

/** The same for Windows; not run on Windows. */
export const releaseTaskWindowsScript = readScript('windows/release-task.ps1');

/**
 * SSM document content: puts held tasks back exactly: released, already-released, drifted or failed for each. What ran
 * of a task when it was held is not run again. On Linux it was run by hand against systemd 252, and against no cron
 * daemon; its tests run against a stand-in of systemctl.
 */
export const releaseTask = commandDocument({
  description: 'Puts the tasks back that an incident held, unless somebody changed them meanwhile',
  parameters: releaseTaskParameters,
  script: releaseTaskScript,
  windowsScript: releaseTaskWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'releaseTask',
});
