import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { awaitExecution } from '../observe.ts';
import type { Step } from './step.ts';

/** Makes a machine and answers its ARN. */
export interface MachineSeed {
  readonly create: (name: string, definition: string) => Promise<string>;
}

type States = Readonly<Record<string, object>>;

const machine = (StartAt: string, States: States) => ({ QueryLanguage: 'JSONata', StartAt, States });
const pass = (fields: object) => machine('A', { A: { Type: 'Pass', ...fields, End: true } });
const input = {
  name: 'ada',
  list: [
    { id: 'a', n: 1 },
    { id: 'b', n: 2 },
  ],
  flag: true,
};
const failing = { Type: 'Fail', Error: 'MyError', Cause: 'because' };

/** Definitions that touch what the flowcharts use, by what is asked of them. */
const definitions: Readonly<Record<string, object>> = {
  'an output of an expression': pass({ Output: "{% $states.input.name & '!' %}" }),
  'an output with expressions inside': pass({
    Output: { who: '{% $states.input.name %}', fixed: [1, '{% $states.input.flag %}'] },
  }),
  'a path over a list': pass({ Output: '{% $states.input.list.id %}' }),
  'a predicate': pass({ Output: "{% $states.input.list[id='b'].n %}" }),
  'a list of one by a predicate': pass({ Output: '{% [$states.input.list[n>1]] %}' }),
  $append: pass({ Output: '{% $append($states.input.list, [{ "id": "c" }]) %}' }),
  '$append of one to none': pass({ Output: '{% $append([], { "id": "c" }) %}' }),
  $exists: pass({ Output: '{% [$exists($states.input.name), $exists($states.input.nothing)] %}' }),
  $merge: pass({ Output: '{% $merge([{ "a": 1 }, { "b": 2 }]) %}' }),
  'a function over a list': pass({ Output: '{% $map($states.input.list, function($item) { $item.n * 2 }) %}' }),
  'a field that is not there': pass({ Output: '{% $states.input.nothing %}' }),
  'a comparison with null': pass({ Output: '{% $states.input.nothing = null %}' }),
  'an expression that fails': pass({ Output: '{% $number("x") %}' }),
  'a variable': machine('A', {
    A: { Type: 'Pass', Assign: { word: '{% $states.input.name %}' }, Output: 1, Next: 'B' },
    B: { Type: 'Pass', Output: '{% $word %}', End: true },
  }),
  'a variable that is read where it is set': machine('A', {
    A: { Type: 'Pass', Assign: { word: 'old' }, Next: 'B' },
    B: { Type: 'Pass', Assign: { word: 'new' }, Output: '{% $word %}', End: true },
  }),
  'a choice': machine('A', {
    A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.flag %}', Next: 'B' }], Default: 'C' },
    B: { Type: 'Pass', Output: 'yes', End: true },
    C: { Type: 'Pass', Output: 'no', End: true },
  }),
  'a choice that assigns': machine('A', {
    A: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input.flag %}', Assign: { way: 'b' }, Next: 'B' }],
      Default: 'B',
    },
    B: { Type: 'Pass', Output: '{% $way %}', End: true },
  }),
  'a choice on what is no boolean': machine('A', {
    A: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.name %}', Next: 'B' }], Default: 'B' },
    B: { Type: 'Succeed' },
  }),
  'a choice without default that nothing meets': machine('A', {
    A: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] },
    B: { Type: 'Succeed' },
  }),
  'a map': machine('A', {
    A: {
      Type: 'Map',
      Items: '{% $states.input.list %}',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'B',
        States: { B: { Type: 'Pass', Output: '{% $states.input.n %}', End: true } },
      },
      End: true,
    },
  }),
  'a map with a selector': machine('A', {
    A: {
      Type: 'Map',
      Items: '{% $states.input.list %}',
      ItemSelector: { item: '{% $states.context.Map.Item.Value.id %}', index: '{% $states.context.Map.Item.Index %}' },
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'B', States: { B: { Type: 'Pass', End: true } } },
      End: true,
    },
  }),
  'a map of nothing': machine('A', {
    A: {
      Type: 'Map',
      Items: '{% [] %}',
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'B', States: { B: { Type: 'Pass', End: true } } },
      End: true,
    },
  }),
  'a map whose item fails': machine('A', {
    A: {
      Type: 'Map',
      Items: '{% $states.input.list %}',
      ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'B', States: { B: failing } },
      Catch: [{ ErrorEquals: ['MyError'], Output: '{% $states.errorOutput.Error %}', Next: 'C' }],
      End: true,
    },
    C: { Type: 'Pass', End: true },
  }),
  'two branches': machine('A', {
    A: {
      Type: 'Parallel',
      Branches: ['x', 'y'].map((name) => ({
        StartAt: name,
        States: { [name]: { Type: 'Pass', Output: name, End: true } },
      })),
      End: true,
    },
  }),
  'a branch that fails, caught by its name': machine('A', {
    A: {
      Type: 'Parallel',
      Branches: [{ StartAt: 'B', States: { B: failing } }],
      Catch: [{ ErrorEquals: ['MyError'], Output: '{% $states.errorOutput %}', Next: 'C' }],
      End: true,
    },
    C: { Type: 'Pass', End: true },
  }),
  'a catch of everything that assigns': machine('A', {
    A: {
      Type: 'Parallel',
      Branches: [{ StartAt: 'B', States: { B: failing } }],
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { word: '{% $states.errorOutput.Error %}' }, Next: 'C' }],
      End: true,
    },
    C: { Type: 'Pass', Output: '{% $word %}', End: true },
  }),
  'a fail with expressions': machine('A', {
    A: { Type: 'Fail', Error: '{% $states.input.name %}', Cause: "{% 'because ' & $states.input.name %}" },
  }),
  'a succeed with an output': machine('A', { A: { Type: 'Succeed', Output: '{% $states.input.name %}' } }),
  'a wait of an expression': machine('A', { A: { Type: 'Wait', Seconds: '{% 1 - 1 %}', End: true } }),
  'what the context holds': pass({
    Output:
      '{% [$type($states.context.Execution.Id), $type($states.context.Execution.StartTime), $states.context.State.Name] %}',
  }),
};

export const machineSteps: readonly Step<MachineSeed>[] = [
  ...Object.entries(definitions).map(([name, definition], index) => ({
    name: `run ${name}`,
    run: async ({ stepFunctions }: { readonly stepFunctions: SFNClient }, { create }: MachineSeed) => {
      const arn = await create(`machine-${index}`, JSON.stringify(definition));
      const { executionArn = '' } = await stepFunctions.send(
        new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify(input) }),
      );
      const { status, output, error, cause } = await awaitExecution(stepFunctions, executionArn, 20);
      // What a failure of the interpreter says in words is its own; its name is contract.
      return status === 'SUCCEEDED'
        ? { status, output }
        : { status, error, cause: error?.startsWith('States.') === true ? '…' : cause };
    },
  })),
  {
    name: 'start a machine that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new StartExecutionCommand({ stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:none' }),
      ),
  },
  {
    name: 'start with an input that is no JSON',
    run: async ({ stepFunctions }, seed) => await start(stepFunctions, seed, 'one', { input: 'no JSON' }),
  },
  {
    name: 'start with a name that is not allowed',
    run: async ({ stepFunctions }, seed) => await start(stepFunctions, seed, 'two', { name: 'a b' }),
  },
  {
    name: 'start a name again that has ended',
    run: async ({ stepFunctions }, seed) => await startTwice(stepFunctions, seed, '{"a":1}', '{"a":1}'),
  },
  {
    name: 'start a name again with another input',
    run: async ({ stepFunctions }, seed) => await startTwice(stepFunctions, seed, '{"a":1}', '{"a":2}'),
  },
  {
    name: 'describe an execution that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new DescribeExecutionCommand({ executionArn: 'arn:aws:states:us-east-1:123456789012:execution:none:none' }),
      ),
  },
  {
    name: 'the history of an execution that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new GetExecutionHistoryCommand({ executionArn: 'arn:aws:states:us-east-1:123456789012:execution:none:none' }),
      ),
  },
  {
    name: 'stop an execution that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new StopExecutionCommand({ executionArn: 'arn:aws:states:us-east-1:123456789012:execution:none:none' }),
      ),
  },
  {
    name: 'answer a token that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new SendTaskSuccessCommand({ taskToken: 'AAAAKgAAAAIAAAAAAAAAAbadbadbad', output: '{}' }),
      ),
  },
  {
    name: 'answer a token with what is no JSON',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(
        new SendTaskSuccessCommand({ taskToken: 'AAAAKgAAAAIAAAAAAAAAAbadbadbad', output: 'no JSON' }),
      ),
  },
  {
    name: 'fail a token that is not there',
    run: async ({ stepFunctions }) =>
      await stepFunctions.send(new SendTaskFailureCommand({ taskToken: 'AAAAKgAAAAIAAAAAAAAAAbadbadbad' })),
  },
];

async function start(client: SFNClient, { create }: MachineSeed, name: string, more: object): Promise<unknown> {
  const stateMachineArn = await create(`started-${name}`, JSON.stringify(pass({})));
  const { executionArn = '' } = await client.send(new StartExecutionCommand({ stateMachineArn, ...more }));
  return (await awaitExecution(client, executionArn, 20)).status;
}

async function startTwice(client: SFNClient, { create }: MachineSeed, first: string, second: string): Promise<unknown> {
  const stateMachineArn = await create(`twice-${first === second ? 'same' : 'other'}`, JSON.stringify(pass({})));
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn, name: 'n', input: first }),
  );
  await awaitExecution(client, executionArn, 20);
  const again = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'n', input: second }));
  return again.executionArn === executionArn ? 'the same execution' : 'another execution';
}
