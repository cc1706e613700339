import { describe, expect, it } from 'vitest';

import { lintHouseRules, lintMachine } from '../../../lab/asl/lint.ts';
import { CALLBACK, INVOKE, buildWorkflow } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

/** A machine without a fault; every test changes one thing. */
function buildClean(): { States: Record<string, Definition> } & Definition {
  const task = (fields: Definition): Definition => ({
    Type: 'Task',
    Comment: 'reason',
    Resource: INVOKE,
    Arguments: { FunctionName: '${Fn}', Payload: { server: '{% $states.input.server %}' } },
    TimeoutSeconds: 10,
    Retry: [{ ErrorEquals: ['Lambda.TooManyRequestsException'], MaxAttempts: 2, JitterStrategy: 'FULL' }],
    Catch: [{ ErrorEquals: ['States.ALL'], Assign: { trouble: '{% $states.errorOutput %}' }, Next: 'Failed' }],
    ...fields,
  });
  const branch = (name: string): Definition =>
    buildWorkflow({
      [name]: {
        Type: 'Pass',
        Comment: 'reason',
        Assign: { [`${name} seen`.replace(' ', '')]: '{% $answers %}' },
        End: true,
      },
    });
  return {
    Comment: 'clean',
    QueryLanguage: 'JSONata',
    TimeoutSeconds: 100,
    StartAt: 'Assess',
    States: {
      Assess: task({ Assign: { answers: '{% $states.result.Payload %}' }, Next: 'Is it core?' }),
      'Is it core?': {
        Type: 'Choice',
        Comment: 'reason',
        Choices: [{ Condition: '{% $answers.core %}', Assign: { standby: '{% $answers.standby %}' }, Next: 'Both' }],
        Default: 'Observed',
      },
      Both: { Type: 'Parallel', Comment: 'reason', Branches: [branch('one'), branch('two')], Next: 'Each' },
      Each: {
        Type: 'Map',
        Comment: 'reason',
        Items: '{% $answers.servers %}',
        ItemSelector: { index: '{% $states.context.Map.Item.Index %}', standby: '{% $standby %}' },
        ItemProcessor: buildWorkflow({
          Ask: task({
            Resource: CALLBACK,
            Arguments: ask,
            Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Unasked' }],
            End: true,
          }),
          Unasked: { Type: 'Pass', Comment: 'reason', End: true },
        }),
        Next: 'Observed',
      },
      Observed: { Type: 'Succeed', Comment: 'reason', Output: { answers: '{% $answers %}' } },
      Failed: { Type: 'Fail', Comment: 'reason', Error: 'E', Cause: '{% $string($trouble) %}' },
    },
  };
}

const ask = { QueueUrl: '${Queue}', MessageBody: { token: '{% $states.context.Task.Token %}' } };

function change(path: string, value: unknown): Definition {
  const definition = buildClean();
  const keys = path.split('/');
  let holder: Definition = definition;
  for (const key of keys.slice(0, -1)) holder = holder[key] as Definition;
  const last = keys.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return definition;
}

const askState = 'States/Each/ItemProcessor/States/Ask';

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
    ['a loop', 'States/Each/Next', 'Is it core?'],
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
      (definition.States['Each'] as Definition)['Next'] = 'X0';
      Object.assign(definition.States, Object.fromEntries(extra));
      return definition;
    };
    const rules = (count: number): string[] => lintHouseRules(withStates(count)).map(({ rule }) => rule);

    expect(rules(10)).toEqual([]);
    expect(rules(11)).toEqual(['state-count']);
  });

  it("takes a project's own list of resources", () => {
    const findings = lintHouseRules(buildClean(), { resources: { 'arn:aws:states:::lambda:invoke': ['Qualifier'] } });

    expect(findings.map(({ rule }) => rule).toSorted()).toEqual(['missing-argument', 'unknown-resource']);
  });

  it.each([null, 'text', [], {}])('refuses %j', (definition) => {
    expect(lintHouseRules(definition)).not.toEqual([]);
  });
});
