import {
  restoreTimeSource,
  restoreTimeSourceParameters,
  restoreTimeSourceScript,
} from '../../documents/restore-time-source.ts';
import { addressValues, common, describeDocument } from './describe-document.ts';

const yesNo = { hostile: ['YES', 'true', 'y', 'yes ', 'no\n'], good: ['', 'yes', 'no'] };

describeDocument({
  name: 'restore-time-source',
  content: restoreTimeSource,
  parameters: restoreTimeSourceParameters,
  script: restoreTimeSourceScript,
  valid: {
    incident: 'a',
    source: '10.0.0.1',
    failedSource: '',
    added: '',
    takenOffline: '',
    daemon: '',
    deadlineSeconds: '60',
  },
  hostile: {
    ...common.hostile,
    source: ['', ...addressValues.hostile],
    failedSource: addressValues.hostile,
    added: yesNo.hostile,
    takenOffline: yesNo.hostile,
    daemon: ['1', '-1', '0-1', '01-1', '1-', '1-1 ', '12345678901-1', `1-${'1'.repeat(21)}`],
  },
  good: {
    ...common.good,
    source: addressValues.good,
    failedSource: ['', ...addressValues.good],
    added: yesNo.good,
    takenOffline: yesNo.good,
    daemon: ['', '85-1296307', '4194304-0'],
  },
  malformed: { source: addressValues.malformed, failedSource: addressValues.malformed },
});
