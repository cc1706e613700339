import { holdTime, holdTimeParameters, holdTimeScript } from '../../documents/hold-time.ts';
import { addressValues, common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'hold-time',
  content: holdTime,
  parameters: holdTimeParameters,
  script: holdTimeScript,
  valid: { incident: 'a', sources: '10.0.0.1', backup: 'holdover', limitMs: '1', deadlineSeconds: '90' },
  hostile: {
    ...common.hostile,
    sources: ['', 'PHC01', '10.0.0.1,10.0.0.2', '10.0.0.1  GPS', ' GPS', 'GPS ', 'pool.ntp.org', 'A B C D E F G H I'],
    backup: [
      '',
      'holdover ',
      'server:',
      'server:host',
      'clock:',
      'clock:PHC01',
      'PHC0',
      'clock:PH-0',
      'server:10.0.0.1/24',
    ],
    limitMs: ['', '0', '0.000', '-1', '1e3', '100000', '0.0001'],
  },
  good: {
    ...common.good,
    sources: [...addressValues.good, 'GPS', '10.0.0.1 10.0.0.2', 'GPS BDS 10.0.0.1', 'A B C D E F G H'],
    backup: ['holdover', 'server:10.0.0.9', 'server:fd00::9', 'clock:PHC0', 'clock:G'],
    limitMs: ['1', '0.001', '0.05', '99999.999'],
  },
  malformed: { sources: [...addressValues.malformed, '127.0.0.1', 'GPS 127.0.0.1'], backup: ['server:127.0.0.1'] },
});
