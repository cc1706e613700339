import { commandDocument, readScript } from './command-document.ts';
import type { CommandParameters } from './command-document.ts';
import { deadlineParameter, incidentParameter } from './common-parameters.ts';
import { anyTaskListPattern, maxUnitListCharacters } from './parameter-patterns.ts';

/** Parameters of `hold-task`; lists are separated by single blanks. */
export const holdTaskParameters = {
  incident: incidentParameter('Incident id; what the tasks were before is noted under it on the host'),
  tasks: {
    description:
      'Tasks to hold: timer:NAME of systemd, cron:NAME of /etc/cron.d, windows:NAME of the Windows scheduler',
    allowedPattern: anyTaskListPattern,
    minChars: 6,
    maxChars: maxUnitListCharacters,
  },
  manner: {
    description: 'disable or remove: the same on Linux; on Windows a task without a stored password is taken away',
    allowedPattern: '^(disable|remove)$',
    minChars: 6,
    maxChars: 7,
    default: 'disable',
  },
  deadlineSeconds: deadlineParameter('20'),
} as const satisfies CommandParameters;

/** The script as the agent gets it. */
export const holdTaskScript = readScript('linux/hold-task.sh');

/** The same for Windows; not run on Windows. */
export const holdTaskWindowsScript = readScript('windows/hold-task.ps1');

/**
 * SSM document content: holds scheduled tasks; its stdout is one JSON verdict. The hold outlives a restart of the host.
 * On Linux it was run by hand against systemd 252, a restart included, and against no cron daemon; its tests run
 * against a stand-in of systemctl. Crontabs of single users are not reached.
 */
export const holdTask = commandDocument({
  description: 'Keeps scheduled tasks from running, over restarts too, and ends what of them runs',
  parameters: holdTaskParameters,
  script: holdTaskScript,
  windowsScript: holdTaskWindowsScript,
  // Longer than the longest deadline: the script's own verdict tells more than the agent's kill.
  timeoutSeconds: 125,
  stepName: 'holdTask',
});
