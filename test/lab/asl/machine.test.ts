import { describe, expect, it } from 'vitest';

import { InvalidDefinitionError, inspectDefinition, loadMachine } from '../../../lab/asl/machine.ts';
import { buildMachine, buildTask, buildWorkflow } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const pass = { Type: 'Pass', End: true };

function stateA(fields: Definition): Definition {
  return buildMachine({ A: fields, B: pass });
}

function withRetry(...entries: Definition[]): Definition {
  return buildMachine({ A: buildTask({ Retry: entries }) });
}

describe('loadMachine', () => {
  it('accepts every field the interpreter honours', () => {
    const task = buildTask({
      Comment: 'c',
      QueryLanguage: 'JSONata',
      TimeoutSeconds: '{% $t %}',
      HeartbeatSeconds: 1,
      Retry: [
        { Comment: 'c', ErrorEquals: ['E'], IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1, MaxDelaySeconds: 9 },
      ],
      Catch: [{ Comment: 'c', ErrorEquals: ['States.ALL'], Next: 'C', Assign: { e: 1 }, Output: 'caught' }],
      Assign: { x: '{% $states.result.Payload %}' },
      Output: 'done',
      Next: 'C',
      End: undefined,
    });
    const choice = { Type: 'Choice', Choices: [{ Condition: true, Next: 'W', Assign: {}, Output: 1 }], Default: 'W' };
    const wait = { Type: 'Wait', Timestamp: '2026-01-01T00:00:00Z', Next: 'P' };
    const parallel = { Type: 'Parallel', Branches: [buildWorkflow({ I: pass })], Arguments: {}, Next: 'M' };
    const processor = { ProcessorConfig: { Mode: 'INLINE' }, ...buildWorkflow({ J: pass }) };
    const map = { Type: 'Map', Items: [1], ItemSelector: {}, MaxConcurrency: 0, ItemProcessor: processor, Next: 'F' };
    const fail = { Type: 'Fail', Error: '{% "E" %}', Cause: 'c' };
    const definition = buildMachine(
      { A: task, C: choice, W: wait, P: parallel, M: map, F: fail },
      { Comment: 'c', Version: '1.0', TimeoutSeconds: 9 },
    );

    expect(inspectDefinition(definition).problems).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no definition', 'text', 'expected object'],
    [
      'a missing QueryLanguage, which means JSONPath',
      { StartAt: 'A', States: { A: pass } },
      'JSONPath is not supported here',
    ],
    [
      'a machine in JSONPath',
      buildMachine({ A: pass }, { QueryLanguage: 'JSONPath' }),
      'JSONPath is not supported here',
    ],
    ['a state in JSONPath', stateA({ ...pass, QueryLanguage: 'JSONPath' }), 'States.A.QueryLanguage: wants "JSONata"'],
    ['a field of JSONPath', stateA({ ...pass, ResultPath: '$.x' }), 'has the JSONPath field "ResultPath"'],
    ['Parameters', stateA({ ...buildTask(), Parameters: {} }), 'has the JSONPath field "Parameters"'],
    ['an unknown type', stateA({ Type: 'Tusk' }), 'wants a Type of Pass, Task'],
    ['an unknown field', stateA({ ...pass, Ouput: 1 }), 'has the unknown field "Ouput"'],
    ['Credentials', stateA(buildTask({ Credentials: {} })), 'has the unknown field "Credentials"'],
    [
      'a distributed Map',
      stateA({
        Type: 'Map',
        ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...buildWorkflow({ I: pass }) },
        End: true,
      }),
      'INLINE',
    ],
    ['a Task without Arguments', stateA({ Type: 'Task', Resource: 'arn:x', End: true }), 'States.A.Arguments'],
    ['an expression as Resource', stateA(buildTask({ Resource: '{% $r %}' })), 'wants a constant ARN'],
    ['Assign in Succeed', stateA({ Type: 'Succeed', Assign: { x: 1 } }), 'has the unknown field "Assign"'],
    ['Output in Fail', stateA({ Type: 'Fail', Output: 1 }), 'has the unknown field "Output"'],
    ['Retry in Pass', stateA({ ...pass, Retry: [] }), 'has the unknown field "Retry"'],
    ['Next and End', stateA({ ...pass, Next: 'B' }), 'A: wants exactly one of Next and End'],
    ['neither Next nor End', stateA({ Type: 'Pass' }), 'A: wants exactly one of Next and End'],
    ['Next to nowhere', stateA({ Type: 'Pass', Next: 'C' }), 'A/Next: names no state of its workflow: "C"'],
    ['StartAt nowhere', { ...buildMachine({ A: pass }), StartAt: 'Z' }, 'StartAt: names no state of its workflow: "Z"'],
    ['a rule to nowhere', stateA({ Type: 'Choice', Choices: [{ Condition: true, Next: 'C' }] }), 'A/Choices[0]/Next'],
    [
      'a branch that leaves its scope',
      stateA({ Type: 'Parallel', Branches: [buildWorkflow({ I: { Type: 'Pass', Next: 'B' } })], End: true }),
      'I/Next: names no state',
    ],
    [
      'an empty branch',
      stateA({ Type: 'Parallel', Branches: [{ StartAt: 'I', States: {} }], End: true }),
      'StartAt: names no state of its workflow: "I"',
    ],
    [
      'one name for two states',
      stateA({ Type: 'Parallel', Branches: [buildWorkflow({ B: pass })], End: true }),
      'B: is the name of two states',
    ],
    ['no choice rules', stateA({ Type: 'Choice', Choices: [], Default: 'B' }), 'States.A.Choices'],
    [
      'a condition that is plain text',
      stateA({ Type: 'Choice', Choices: [{ Condition: 'yes', Next: 'B' }] }),
      'wants a JSONata expression',
    ],
    [
      'a choice rule of JSONPath',
      stateA({ Type: 'Choice', Choices: [{ Variable: '$.a', Condition: true, Next: 'B' }] }),
      'JSONPath field "Variable"',
    ],
    ['a Wait without a time', stateA({ Type: 'Wait', End: true }), 'wants exactly one of Seconds and Timestamp'],
    [
      'a Wait with two times',
      stateA({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true }),
      'wants exactly one',
    ],
    [
      'an impossible time',
      stateA({ Type: 'Wait', Timestamp: '2026-02-30T00:00:00Z', End: true }),
      'wants an RFC 3339 time',
    ],
    ['a negative wait', stateA({ Type: 'Wait', Seconds: -1, End: true }), 'States.A.Seconds'],
    ['a time limit of zero', stateA(buildTask({ TimeoutSeconds: 0 })), 'States.A.TimeoutSeconds'],
    [
      'a heartbeat as long as the time limit',
      stateA(buildTask({ TimeoutSeconds: 5, HeartbeatSeconds: 5 })),
      'wants less than TimeoutSeconds "5"',
    ],
    [
      'a half-open expression',
      stateA({ ...pass, Output: { a: ['{% $x'] } }),
      'A/Output/a[0]: opens or closes an expression without doing both',
    ],
    ['a half-closed expression', stateA({ ...pass, Output: '$x %}' }), 'A/Output: opens or closes'],
    ['a syntax error', stateA({ ...pass, Output: '{% $x + %}' }), 'A/Output: is not a JSONata expression ("$x +")'],
    ['an operator of a later JSONata', stateA({ ...pass, Output: '{% $x ?? 1 %}' }), 'is not a JSONata expression'],
    ['$eval', stateA({ ...pass, Output: '{% $eval("1") %}' }), 'calls $eval'],
    ['$eval handed on', stateA({ ...pass, Output: '{% "1" ~> $eval %}' }), 'calls $eval'],
    [
      '$states.result where there is none',
      stateA({ ...pass, Output: '{% $states.result %}' }),
      'reads $states.result, which does not exist in this field',
    ],
    [
      '$states.result in Arguments',
      stateA(buildTask({ Arguments: { a: '{% $states.result.x %}' } })),
      'A/Arguments/a: reads $states.result',
    ],
    [
      '$states.errorOutput outside Catch',
      stateA(buildTask({ Output: '{% $states.errorOutput %}' })),
      'reads $states.errorOutput',
    ],
    [
      '$states.result inside Catch',
      stateA(buildTask({ Catch: [{ ErrorEquals: ['E'], Next: 'B', Output: '{% $states.result %}' }] })),
      'A/Catch[0]/Output: reads $states.result',
    ],
    [
      'assigning states',
      stateA({ ...pass, Assign: { states: 1 } }),
      'A/Assign: assigns the reserved variable "states"',
    ],
    ['assigning a part of a variable', stateA({ ...pass, Assign: { 'x.y': 1 } }), 'is not a variable name'],
    [
      'a variable name of 81 characters',
      stateA({ ...pass, Assign: { ['x'.repeat(81)]: 1 } }),
      'is not a variable name',
    ],
    [
      'States.ALL beside another error',
      withRetry({ ErrorEquals: ['States.ALL', 'E'] }),
      'A/Retry[0]: names States.ALL beside other errors',
    ],
    [
      'States.ALL before the end',
      withRetry({ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }),
      'A/Retry[0]: names States.ALL before the end',
    ],
    ['an empty ErrorEquals', withRetry({ ErrorEquals: [] }), 'ErrorEquals'],
    ['an unknown jitter', withRetry({ ErrorEquals: ['E'], JitterStrategy: 'HALF' }), 'JitterStrategy'],
    ['a shrinking backoff', withRetry({ ErrorEquals: ['E'], BackoffRate: 0.5 }), 'BackoffRate'],
    ['a delay limit over a year', withRetry({ ErrorEquals: ['E'], MaxDelaySeconds: 31_622_401 }), 'MaxDelaySeconds'],
    [
      'a misspelt retrier field',
      withRetry({ ErrorEquals: ['E'], MaxAttempt: 1 }),
      'has the unknown field "MaxAttempt"',
    ],
  ])('refuses %s', (_name, definition, message) => {
    expect(() => loadMachine(definition)).toThrow(InvalidDefinitionError);
    expect(() => loadMachine(definition)).toThrow(message);
  });

  it.each([
    ['the state itself', { ...pass, Assign: { outer: 2 } }],
    ['a catcher', buildTask({ Catch: [{ ErrorEquals: ['E'], Next: 'J', Assign: { outer: 2 } }] })],
    ['a rule', { Type: 'Choice', Choices: [{ Condition: true, Next: 'J', Assign: { outer: 2 } }] }],
  ])('refuses an inner workflow whose %s assigns an outer variable, however deep', (_name, inner) => {
    const innermost = { Type: 'Parallel', Branches: [buildWorkflow({ I: inner, J: pass })], End: true };
    const parallel = { Type: 'Parallel', Branches: [buildWorkflow({ M: innermost })], End: true };
    const definition = buildMachine({ A: { Type: 'Pass', Assign: { outer: 1 }, Next: 'P' }, P: parallel });

    expect(inspectDefinition(definition).problems).toEqual([
      { where: 'I/Assign', message: 'assigns "outer", which belongs to the workflow around it' },
    ]);
  });

  it('lets two branches use one name, each its own', () => {
    const branch = (name: string): Definition => buildWorkflow({ [name]: { ...pass, Assign: { mine: 1 } } });
    const definition = buildMachine({ A: { Type: 'Parallel', Branches: [branch('I'), branch('J')], End: true } });

    expect(inspectDefinition(definition).problems).toEqual([]);
  });

  it('reports every problem at once', () => {
    const definition = stateA({ Type: 'Pass', Next: 'C', Output: '{% $x + %}', Assign: { states: '{% ' } });

    expect(inspectDefinition(definition).problems).toHaveLength(4);
  });
});

describe('inspectDefinition', () => {
  // The faults of each would exhaust the stack.
  it('refuses a definition of more values than any machine has, without looking at them', () => {
    const definition = withRetry(...Array.from({ length: 100_000 }, () => ({})));

    expect(inspectDefinition(definition)).toEqual({
      problems: [{ where: 'machine', message: 'must hold at most 10000 values, got more' }],
    });
  });
});
