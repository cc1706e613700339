import { describe, expect, it } from 'vitest';

import { lintHouseRules } from '../../../lab/asl/lint.ts';
import { askState, change, startState } from './build-clean.ts';

const rulesOf = (path: string, value: unknown): string[] => lintHouseRules(change(path, value)).map(({ rule }) => rule);

describe('lintTask', () => {
  it.each<[string, string, unknown, string]>([
    ['a child without StateMachineArn', `${startState}/Arguments`, { Input: {} }, 'missing-argument'],
    ['a child without Input', `${startState}/Arguments`, { StateMachineArn: 'arn' }, 'missing-argument'],
    [
      'one name for all children',
      `${startState}/Arguments`,
      { StateMachineArn: 'arn', Input: {}, Name: 'same' },
      'child-name',
    ],
    ['a child without TimeoutSeconds', `${startState}/TimeoutSeconds`, undefined, 'task-timeout'],
    [
      'a token for a job that is waited for',
      `${startState}/Resource`,
      'arn:aws:states:::states:startExecution.sync:2.waitForTaskToken',
      'unknown-resource',
    ],
    [
      'a token where nothing waits for one',
      'States/Assess/Arguments',
      { FunctionName: 'f', Payload: '{% $states.context.Task.Token %}' },
      'unknown-states-field',
    ],
    [
      'a token in the time limit',
      `${askState}/TimeoutSeconds`,
      '{% $length($states.context.Task.Token) %}',
      'unknown-states-field',
    ],
  ])('finds %s', (_name, path, value, rule) => {
    expect(rulesOf(path, value)).toContain(rule);
  });

  it.each<[string, string, unknown]>([
    ['a child on its own', `${startState}/Resource`, 'arn:aws:states:::states:startExecution'],
    ['a child named by a variable', `${startState}/Arguments/Name`, '{% $answers.name %}'],
  ])('accepts %s', (_name, path, value) => {
    expect(rulesOf(path, value)).toEqual([]);
  });
});
