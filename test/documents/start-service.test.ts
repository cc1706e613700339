import { startService, startServiceParameters, startServiceScript } from '../../documents/start-service.ts';
import { describeDocument } from './describe-document.ts';
import { hostileNames } from './hostile-names.ts';
import { goodValues, hostileValues } from './parameter-values.ts';

describeDocument({
  name: 'start-service',
  content: startService,
  parameters: startServiceParameters,
  script: startServiceScript,
  valid: { incident: 'a', services: '', deadlineSeconds: '60' },
  good: {
    incident: goodValues['incident'] ?? [],
    deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
    services: ['', 'engine', 'a b c d e', 'feed@eu-1.service'],
  },
  hostile: {
    incident: hostileValues['incident'] ?? [],
    deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
    services: [...hostileNames, 'a b c d e f', 'a'.repeat(109), `${'a '.repeat(300)}a`, 'a'.repeat(65_536)],
  },
  malformed: { services: ['sshd', 'amazon-ssm-agent', 'engine systemd-logind', 'engine@'] },
});
