import { removeSensor, removeSensorParameters, removeSensorScript } from '../../documents/remove-sensor.ts';
import { common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'remove-sensor',
  content: removeSensor,
  parameters: removeSensorParameters,
  script: removeSensorScript,
  valid: { incident: 'setup', expectedDigest: '', deadlineSeconds: '60' },
  hostile: {
    ...common.hostile,
    expectedDigest: ['a', 'g'.repeat(64), 'A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), `${'a'.repeat(64)}\n`],
  },
  good: { ...common.good, expectedDigest: ['', 'a0'.repeat(32)] },
});
