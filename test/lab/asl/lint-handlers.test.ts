import { describe, expect, it } from 'vitest';

import { lintHouseRules } from '../../../lab/asl/lint.ts';
import { change, startState } from './build-clean.ts';

const rulesOf = (path: string, value: unknown): string[] => lintHouseRules(change(path, value)).map(({ rule }) => rule);

describe('lintHandlers', () => {
  it.each<[string, string, unknown, string]>([
    [
      'an error after States.TaskFailed, which stands for it',
      'States/Assess/Retry',
      [{ ErrorEquals: ['States.TaskFailed'] }, { ErrorEquals: ['Lambda.TooManyRequestsException'] }],
      'dead-handler',
    ],
    [
      'a missed heartbeat after States.Timeout, as which it is reported',
      'States/Assess/Catch',
      [
        { ErrorEquals: ['States.Timeout'], Next: 'Failed' },
        { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Failed' },
      ],
      'dead-handler',
    ],
    ['one error twice in an entry', 'States/Assess/Retry', [{ ErrorEquals: ['E', 'E'] }], 'dead-handler'],
    [
      'States.Runtime, which nothing takes',
      'States/Assess/Retry',
      [{ ErrorEquals: ['States.Runtime'] }],
      'dead-handler',
    ],
    ['an error of a child execution', `${startState}/Retry`, [{ ErrorEquals: ['Lambda.Unknown'] }], 'dead-handler'],
  ])('finds %s', (_name, path, value, rule) => {
    expect(rulesOf(path, value)).toContain(rule);
  });

  it.each<[string, string, unknown]>([
    [
      'handlers from the narrow to the wide',
      'States/Assess/Retry',
      [
        { ErrorEquals: ['States.HeartbeatTimeout'] },
        { ErrorEquals: ['States.Timeout'] },
        { ErrorEquals: ['Lambda.TooManyRequestsException'] },
        { ErrorEquals: ['States.TaskFailed'] },
        { ErrorEquals: ['States.DataLimitExceeded'] },
        { ErrorEquals: ['States.ALL'] },
      ],
    ],
    ['the failure of a child by its one name', `${startState}/Retry`, [{ ErrorEquals: ['States.TaskFailed'] }]],
  ])('accepts %s', (_name, path, value) => {
    expect(rulesOf(path, value)).toEqual([]);
  });
});
