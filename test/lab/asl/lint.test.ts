import { describe, expect, it } from 'vitest';

import { lintHouseRules, lintMachine } from '../../../lab/asl/lint.ts';
import { ask, askState, buildClean, change } from './build-clean.ts';
import type { Definition } from './build-machine.ts';

describe('lintMachine', () => {
  it('finds nothing in a clean machine', () => {
    expect(lintMachine(buildClean())).toEqual([]);
  });

  const state = (fields: Definition): Definition => ({ Type: 'Pass', Comment: 'reason', ...fields });

  it.each<[string, string, unknown, string]>([
    ['a machine without Comment', 'Comment', undefined, 'machine-comment'],
    ['a machine without TimeoutSeconds', 'TimeoutSeconds', undefined, 'machine-timeout'],
    ['a state without Comment', 'States/Observed/Comment', undefined, 'state-comment'],
    ['an inner state without Comment', `${askState}/Comment`, undefined, 'state-comment'],
    ['a Choice without Default', 'States/Is it core?/Default', undefined, 'choice-default'],
    ['a Task without TimeoutSeconds', 'States/Assess/TimeoutSeconds', undefined, 'task-timeout'],
    ['a Task without Retry', 'States/Assess/Retry', undefined, 'task-retry'],
    ['a Task with an empty Retry', 'States/Assess/Retry', [], 'task-retry'],
    ['a Task without Catch', 'States/Assess/Catch', undefined, 'task-catch'],
    ['an unknown resource', 'States/Assess/Resource', 'arn:aws:states:::lamda:invoke', 'unknown-resource'],
    [
      'a resource the product calls from functions',
      'States/Assess/Resource',
      'arn:aws:states:::aws-sdk:ec2:stopInstances',
      'unknown-resource',
    ],
    [
      'a callback where there is none',
      'States/Assess/Resource',
      'arn:aws:states:::dynamodb:putItem.waitForTaskToken',
      'unknown-resource',
    ],
    ['a call without FunctionName', 'States/Assess/Arguments', { Payload: {} }, 'missing-argument'],
    ['a call without Payload', 'States/Assess/Arguments', { FunctionName: 'f' }, 'missing-argument'],
    ['a message without body', `${askState}/Arguments`, { QueueUrl: 'q' }, 'missing-argument'],
    ['a token that is never sent', `${askState}/Arguments`, { ...ask, MessageBody: 'plain' }, 'token-not-sent'],
    [
      'States.ALL before the end',
      'States/Assess/Retry',
      [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }],
      'definition',
    ],
    [
      'States.ALL in company',
      'States/Assess/Catch',
      [{ ErrorEquals: ['States.ALL', 'E'], Next: 'Failed' }],
      'definition',
    ],
    [
      'an error two entries name',
      'States/Assess/Retry',
      [{ ErrorEquals: ['E'] }, { ErrorEquals: ['F', 'E'] }],
      'dead-handler',
    ],
    ['an unknown jitter', 'States/Assess/Retry/0/JitterStrategy', 'HALF', 'definition'],
    ['a misspelt field', 'States/Observed/Ouput', {}, 'definition'],
    ['JSONPath', 'States/Observed/OutputPath', '$.x', 'definition'],
    ['a syntax error', 'States/Observed/Output', { a: '{% $answers. %}' }, 'definition'],
    ['an unclosed expression', 'States/Observed/Output', { a: '{% $answers' }, 'definition'],
    ['assigning states', 'States/Assess/Assign', { states: 1, answers: 1 }, 'definition'],
    ['an inner Assign to an outer variable', 'States/Both/Branches/0/States/one/Assign', { answers: 1 }, 'definition'],
    ['a variable with the name of a function', 'States/Assess/Assign', { answers: 1, sum: 1 }, 'function-name'],
    ['one name for two states', 'States/one', state({ End: true }), 'definition'],
    ['a way to nowhere', 'States/Both/Next', 'Nowhere', 'definition'],
    ['an unreachable state', 'States/Alone', state({ Next: 'Observed' }), 'unreachable-state'],
    ['an unreachable pair', 'States/Ping', state({ Next: 'Ping' }), 'unreachable-state'],
    ['an unknown function', 'States/Observed/Output', { a: '{% $frobnicate($answers) %}' }, 'unknown-function'],
    [
      'an unknown function in a chain',
      'States/Observed/Output',
      { a: '{% $answers ~> $frobnicate %}' },
      'unknown-function',
    ],
    ['a variable nobody assigns', 'States/Observed/Output', { a: '{% $answer %}' }, 'undefined-variable'],
    [
      'a variable nobody assigns, even if asked about',
      'States/Observed/Output',
      { a: '{% $exists($answer) %}' },
      'undefined-variable',
    ],
    ['a variable of a branch, read outside', 'States/Each/Items', '{% $oneseen %}', 'undefined-variable'],
    [
      'a variable of another branch',
      'States/Both/Branches/1/States/two/Output',
      { a: '{% $oneseen %}' },
      'undefined-variable',
    ],
    [
      'a variable the state assigns itself',
      'States/Assess/Arguments/Payload',
      { a: '{% $answers %}' },
      'undefined-variable',
    ],
    ['a variable only one way assigns', 'States/Observed/Output', { a: '{% $standby %}' }, 'unassigned-variable'],
    [
      'a variable the failing way does not assign',
      'States/Failed/Cause',
      '{% $answers.reason %}',
      'undefined-variable',
    ],
    ['a field from nowhere', 'States/Observed/Output', { a: '{% answers %}' }, 'root-reference'],
    ['the root', 'States/Observed/Output', { a: '{% $$.answers %}' }, 'root-reference'],
    ['a misspelt field of $states', 'States/Observed/Output', { a: '{% $states.inptu %}' }, 'unknown-states-field'],
    ['$states as a whole', 'States/Observed/Output', { a: '{% $states %}' }, 'unknown-states-field'],
    [
      'a misspelt field of the context',
      'States/Observed/Output',
      { a: '{% $states.context.Execution.Nmae %}' },
      'unknown-states-field',
    ],
    [
      'a token outside Arguments',
      'States/Observed/Output',
      { a: '{% $states.context.Task.Token %}' },
      'unknown-states-field',
    ],
    [
      'an item outside ItemSelector',
      'States/Observed/Output',
      { a: '{% $states.context.Map.Item.Index %}' },
      'unknown-states-field',
    ],
    [
      'a retry count where nothing retries',
      'States/Observed/Output',
      { a: '{% $states.context.State.RetryCount %}' },
      'unknown-states-field',
    ],
  ])('finds %s', (_name, path, value, rule) => {
    const rules = lintHouseRules(change(path, value)).map((finding) => finding.rule);

    expect(rules).toContain(rule);
  });

  it.each<[string, string, unknown]>([
    [
      'a variable some way leaves unset, if the expression asks first',
      'States/Observed/Output',
      { a: '{% $exists($standby) ? $standby : null %}' },
    ],
    [
      'local names of an expression',
      'States/Observed/Output',
      { a: '{% ($y := 1; $map($answers, function($v) { $v + $y })) %}' },
    ],
    ['functions handed on', 'States/Observed/Output', { a: '{% $map($answers, $string) %}' }],
    ['Arguments as one expression', 'States/Assess/Arguments', '{% $states.input %}'],
    ['a loop', 'States/Start/Next', 'Is it core?'],
  ])('accepts %s', (_name, path, value) => {
    expect(lintHouseRules(change(path, value)).map(({ rule }) => rule)).toEqual([]);
  });

  it('adds what asl-validator finds: it refuses plain text as Output, which the service takes', () => {
    const rules = lintMachine(change('States/Observed/Output', 'text')).map((finding) => finding.rule);

    expect([...new Set(rules)]).toEqual(['validator']);
  });

  it('counts nested states towards the limit of 20', () => {
    const withStates = (count: number): Definition => {
      const definition = buildClean();
      const extra = Array.from({ length: count }, (_, index): [string, Definition] => [
        `X${index}`,
        state(index + 1 < count ? { Next: `X${index + 1}` } : { Next: 'Observed' }),
      ]);
      (definition.States['Start'] as Definition)['Next'] = 'X0';
      Object.assign(definition.States, Object.fromEntries(extra));
      return definition;
    };
    const rules = (count: number): string[] => lintHouseRules(withStates(count)).map(({ rule }) => rule);

    expect(rules(9)).toEqual([]);
    expect(rules(10)).toEqual(['state-count']);
  });

  it("takes a project's own list of resources", () => {
    const findings = lintHouseRules(buildClean(), {
      resources: {
        'arn:aws:states:::lambda:invoke': ['Qualifier'],
        'arn:aws:states:::states:startExecution.sync:2': [],
      },
    });

    expect(findings.map(({ rule }) => rule).toSorted()).toEqual(['missing-argument', 'unknown-resource']);
  });

  it.each([null, 'text', [], {}])('refuses %j', (definition) => {
    expect(lintHouseRules(definition)).not.toEqual([]);
  });
});
