import { releaseTime, releaseTimeParameters, releaseTimeScript } from '../../documents/release-time.ts';
import { common, describeDocument } from './describe-document.ts';

describeDocument({
  name: 'release-time',
  content: releaseTime,
  parameters: releaseTimeParameters,
  script: releaseTimeScript,
  valid: { incident: 'a', changed: '', deadlineSeconds: '60' },
  hostile: { ...common.hostile, changed: ['YES', 'true', 'y', 'yes ', 'no\n'] },
  good: { ...common.good, changed: ['', 'yes', 'no'] },
});
