import {
  switchTimeSource,
  switchTimeSourceParameters,
  switchTimeSourceScript,
} from '../../documents/switch-time-source.ts';
import { addressValues, common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'switch-time-source',
  content: switchTimeSource,
  parameters: switchTimeSourceParameters,
  script: switchTimeSourceScript,
  valid: { incident: 'a', source: '10.0.0.1', failedSource: '', deadlineSeconds: '60' },
  hostile: { ...common.hostile, source: ['', ...addressValues.hostile], failedSource: addressValues.hostile },
  good: { ...common.good, source: addressValues.good, failedSource: ['', ...addressValues.good] },
  malformed: { source: addressValues.malformed, failedSource: addressValues.malformed },
});
