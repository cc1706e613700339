import { holdTask, holdTaskParameters, holdTaskScript } from '../../documents/hold-task.ts';
import { describeDocument } from './describe-document.ts';
import { hostileNames } from './hostile-names.ts';
import { goodValues, hostileValues } from './parameter-values.ts';

describeDocument({
  name: 'hold-task',
  content: holdTask,
  parameters: holdTaskParameters,
  script: holdTaskScript,
  valid: { incident: 'a', tasks: 'timer:sync', manner: 'disable', deadlineSeconds: '20' },
  good: {
    incident: goodValues['incident'] ?? [],
    deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
    tasks: [
      'timer:sync',
      'timer:sync.timer cron:sync-data',
      'cron:_x.y-z',
      'timer:backup@daily',
      'cron:a cron:b cron:c cron:d cron:e',
    ],
    manner: ['disable', 'remove'],
  },
  hostile: {
    incident: hostileValues['incident'] ?? [],
    deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
    tasks: [
      '',
      ...hostileNames,
      ...hostileNames.map((name) => `timer:${name}`),
      ...hostileNames.map((name) => `cron:${name}`),
      'sync',
      'timer:',
      'cron:',
      'task:sync',
      'TIMER:sync',
      'timer: sync',
      'timer:cron:../x',
      'cron:a:b',
      'cron:a@b',
      'cron:.hidden',
      'cron:..',
      'cron:a cron:b cron:c cron:d cron:e cron:f',
      `timer:${'a'.repeat(107)}`,
      `cron:${'a'.repeat(101)}`,
      `cron:${'a'.repeat(65_536)}`,
    ],
    manner: ['', 'Disable', 'delete', 'disable ', 'remove\n', '$(id)'],
  },
  malformed: {
    tasks: ['timer:systemd-tmpfiles-clean', 'cron:a timer:chronyd', 'timer:backup@', 'timer:backup@.timer'],
  },
});
