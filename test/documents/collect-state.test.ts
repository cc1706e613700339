import { collectState, collectStateParameters, collectStateScript } from '../../documents/collect-state.ts';
import { describeDocument } from './describe-document.ts';
import { goodValues, hostileValues } from './parameter-values.ts';

describeDocument({
  name: 'collect-state',
  content: collectState,
  parameters: collectStateParameters,
  script: collectStateScript,
  valid: { incident: 'a', deadlineSeconds: '20' },
  good: {
    incident: goodValues['incident'] ?? [],
    deadlineSeconds: goodValues['deadlineSeconds'] ?? [],
  },
  hostile: {
    incident: hostileValues['incident'] ?? [],
    deadlineSeconds: hostileValues['deadlineSeconds'] ?? [],
  },
});
