import { stopService, stopServiceParameters, stopServiceScript } from '../../documents/stop-service.ts';
import { describeDocument } from './describe-document.ts';
import { hostileNames } from './hostile-names.ts';
import { goodValues, hostileValues } from './parameter-values.ts';

const protectedServices = [
  'amazon-ssm-agent',
  'amazon-ssm-agent.service',
  'engine amazon-ssm-agent-canary',
  'snap.amazon-ssm-agent.amazon-ssm-agent',
  'ssh',
  'sshd.service',
  'sshd@1',
  'systemd-journald',
  'systemd-timesyncd.service',
  'dbus',
  'dbus-broker.service',
  'chronyd',
  'chrony',
  'ntp',
  'ntpd',
  'ntpsec.service',
  'NetworkManager',
  'nftables',
  'user@0',
  // A template without an instance is no service at all.
  'engine@',
  'engine@.service',
];

describeDocument({
  name: 'stop-service',
  content: stopService,
  parameters: stopServiceParameters,
  script: stopServiceScript,
  valid: { incident: 'a', services: 'engine', deadlineSeconds: '20' },
  good: {
    incident: goodValues['incident'] ?? [],
    deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
    services: [
      'engine',
      'engine.service',
      'a b c d e',
      'feed@eu-1.service a_b:c.d',
      'a'.repeat(100),
      Array.from({ length: 5 }, (_, n) => `${n}${'a'.repeat(99)}.service`).join(' '),
      'engine engine',
    ],
  },
  hostile: {
    incident: hostileValues['incident'] ?? [],
    deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
    services: ['', ...hostileNames, 'a b c d e f', 'a'.repeat(109), `${'a '.repeat(300)}a`, 'a'.repeat(65_536)],
  },
  malformed: { services: protectedServices },
});
