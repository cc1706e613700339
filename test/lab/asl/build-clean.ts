import { CALLBACK, INVOKE, buildWorkflow } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

/** A machine without a fault; every test changes one thing. */
export function buildClean(): { States: Record<string, Definition> } & Definition {
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
        Next: 'Start',
      },
      Start: task({
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: { StateMachineArn: '${Machine}', Name: '{% $states.context.Execution.Name %}', Input: {} },
        Retry: [{ ErrorEquals: ['StepFunctions.ThrottlingException'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Observed' }],
        Next: 'Observed',
      }),
      Observed: { Type: 'Succeed', Comment: 'reason', Output: { answers: '{% $answers %}' } },
      Failed: { Type: 'Fail', Comment: 'reason', Error: 'E', Cause: '{% $string($trouble) %}' },
    },
  };
}

export const ask = { QueueUrl: '${Queue}', MessageBody: { token: '{% $states.context.Task.Token %}' } };

/** The clean machine with one part replaced, or removed. */
export function change(path: string, value: unknown): Definition {
  const definition = buildClean();
  const keys = path.split('/');
  let holder: Definition = definition;
  for (const key of keys.slice(0, -1)) holder = holder[key] as Definition;
  const last = keys.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return definition;
}

export const askState = 'States/Each/ItemProcessor/States/Ask';
export const startState = 'States/Start';
