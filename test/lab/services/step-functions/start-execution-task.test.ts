import { DescribeExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { ALLOWED_RESOURCES } from '../../../../lab/asl/lint-task.ts';
import { createTaskHandlers } from '../../../../lab/services/step-functions/task-handlers.ts';
import { caught, childOf, deployPair, pass, typesOf, wait, work } from './build-pair.ts';
import type { Pair } from './build-pair.ts';
import { startBench } from './build-service.ts';
import type { Bench, BenchProps } from './build-service.ts';

let bench: Bench;
afterEach(async () => await bench.stop());

async function deploy(...given: Parameters<typeof deployPair>): Promise<string> {
  const pair = await deployPair(...given);
  bench = pair.bench;
  return pair.parent;
}

const read = (text: string | undefined): unknown => JSON.parse(text ?? 'null');

describe('startExecution.sync', () => {
  it('runs the child to its end and has its description as result, keys in order', async () => {
    const parent = await deploy({ child: { C: { ...pass, Output: { was: '{% $states.input.of %}' } } } });

    const { output, status } = await bench.run(parent, 1);

    const child = childOf(bench);
    expect([status, child.status, child.input]).toEqual(['SUCCEEDED', 'SUCCEEDED', '{"of":1}']);
    expect(output).toBe(
      JSON.stringify({
        ExecutionArn: child.arn,
        Input: { of: 1 },
        InputDetails: { Included: true },
        Name: child.name,
        Output: { was: 1 },
        OutputDetails: { Included: true },
        RedriveCount: 0,
        RedriveStatus: 'NOT_REDRIVABLE',
        RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        StartDate: child.startedAt.getTime(),
        StateMachineArn: child.machine.arn,
        Status: 'SUCCEEDED',
        StopDate: child.stoppedAt?.getTime(),
      }),
    );
  });

  it('leaves input and output as text without the 2', async () => {
    const parent = await deploy({ child: { C: { ...pass, Output: { ok: true } } }, mode: '.sync' });

    const { output } = await bench.run(parent, 1);

    expect(read(output)).toMatchObject({ Input: '{"of":1}', Output: '{"ok":true}' });
  });

  it('makes the calls of the service in the name of the parent, and records the start as submitted', async () => {
    const parent = await deploy({ child: { C: pass } });

    const execution = await bench.run(parent);

    const { arn, startedAt } = childOf(bench);
    expect(bench.gateway.calls.filter(({ caller }) => caller === parent)).toMatchObject([
      {
        operation: 'StartExecution',
        input: { stateMachineArn: parent.replace('parent', 'child'), input: '{"of":{}}' },
      },
      { operation: 'DescribeExecution', input: { executionArn: arn } },
    ]);
    expect(typesOf(execution).slice(2, 6)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded']);
    expect(execution.history[4]?.details).toMatchObject({
      resource: 'startExecution.sync:2',
      output: { ExecutionArn: arn, StartDate: startedAt.getTime(), SdkHttpMetadata: { HttpStatusCode: 200 } },
    });
  });

  it('passes the association with the parent on as it is given', async () => {
    const Input = { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: '{% $states.context.Execution.Id %}' };
    const parent = await deploy({ child: { C: pass }, given: { Input } });

    const { arn } = await bench.run(parent);

    expect(read(childOf(bench).output)).toEqual({ AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: arn });
  });

  it.each<[string, Pair, BenchProps, object]>([
    [
      'an error of its own',
      { child: { F: { Type: 'Fail', Error: 'Boom', Cause: 'why' } } },
      {},
      { Error: 'Boom', Cause: 'why', Status: 'FAILED' },
    ],
    [
      'a time-out of one of its tasks',
      { child: { W: { ...work, TimeoutSeconds: 1 } } },
      { invokeFunction: async () => await new Promise(() => undefined) },
      { Error: 'States.Timeout', Status: 'FAILED' },
    ],
    [
      'a time-out of its own, which has no error',
      { child: { W: wait(60) }, childHead: { TimeoutSeconds: 30 } },
      { skipsWaits: true },
      { Status: 'TIMED_OUT' },
    ],
  ])('fails with States.TaskFailed when the child ends by %s', async (_name, pair, props, end) => {
    const parent = await deploy({ ...pair, fields: { Catch: caught } }, props);

    const { path, output } = await bench.run(parent);

    const { Error: error, Cause: cause } = read(output) as { Error: string; Cause: string };
    const { Input, InputDetails, RedriveCount, RedriveStatus, ...told } = read(cause) as Record<string, unknown>;
    expect([path, error]).toEqual([['Nest', 'As failed'], 'States.TaskFailed']);
    expect([Input, InputDetails, RedriveCount, RedriveStatus]).toEqual([
      '{"of":{}}',
      { Included: true },
      0,
      'REDRIVABLE',
    ]);
    const { arn, name, machine, startedAt, stoppedAt } = childOf(bench);
    expect(told).toEqual({
      ExecutionArn: arn,
      Name: name,
      StateMachineArn: machine.arn,
      StartDate: startedAt.getTime(),
      StopDate: stoppedAt?.getTime(),
      ...end,
    });
  });

  it('fails with States.TaskFailed when somebody stops the child', async () => {
    const parent = await deploy({ child: { W: wait(3600) } });
    const running = bench.run(parent);
    while (bench.service.executions.length < 2) await new Promise((resolve) => setImmediate(resolve));

    const { arn } = childOf(bench);
    await bench.client.send(new StopExecutionCommand({ executionArn: arn, error: 'Operator', cause: 'enough' }));
    const { error, cause } = await running;

    expect(error).toBe('States.TaskFailed');
    expect(read(cause)).toMatchObject({ Error: 'Operator', Cause: 'enough', Status: 'ABORTED' });
    expect(childOf(bench).history.at(-1)?.details).toEqual({ error: 'Operator', cause: 'enough' });
  });
});

describe('startExecution', () => {
  it('goes on at once, and the child runs for itself', async () => {
    const parent = await deploy({ child: { F: { Type: 'Fail', Error: 'Boom' } }, mode: '' });

    const execution = await bench.run(parent);

    const { arn, startedAt, error } = childOf(bench);
    expect([execution.status, error]).toEqual(['SUCCEEDED', 'Boom']);
    expect(read(execution.output)).toMatchObject({
      ExecutionArn: arn,
      SdkHttpMetadata: { HttpStatusCode: 200 },
      SdkResponseMetadata: {},
      StartDate: startedAt.getTime(),
    });
    expect([typesOf(execution).includes('TaskSubmitted'), bench.operations()]).toEqual([false, ['StartExecution']]);
  });

  it('waits for whoever has the token where one is given to the child', async () => {
    const send = { Input: { token: '{% $states.context.Task.Token %}' } };
    const parent = await deploy({ child: { C: pass }, mode: '.waitForTaskToken', given: send });

    const execution = await bench.run(parent);

    const { token } = read(childOf(bench).input) as { token: string };
    expect([execution.status, bench.service.openTokens]).toEqual([
      'RUNNING',
      [{ token, executionId: execution.arn, state: 'Nest' }],
    ]);
  });

  it.each<[string, object, string, string]>([
    ['no Input', { Input: undefined }, '{}', '{}'],
    ['null as Input', { Input: null }, '{}', '{}'],
    ['a list as Input', { Input: [1] }, '[1]', '[1]'],
    ['text, which is taken as JSON', { Input: '{"a":1}' }, '{"a":1}', '{"a":1}'],
  ])('takes %s', async (_name, given, input, output) => {
    const parent = await deploy({ child: { C: pass }, given });

    await bench.run(parent);

    expect(childOf(bench)).toMatchObject({ input, output });
  });

  it.each<[string, string, object, string]>([
    ['text that is no JSON', '', { Input: 'text' }, 'StepFunctions.InvalidExecutionInputException'],
    ['a name with a blank', '.sync', { Name: 'a b' }, 'StepFunctions.InvalidNameException'],
    ['an unknown machine', '.sync:2', { StateMachineArn: 'arn:x' }, 'StepFunctions.StateMachineDoesNotExistException'],
  ])('fails on %s by the name of the refusal', async (_name, mode, given, error) => {
    const parent = await deploy({ child: { C: pass }, mode, given });

    const execution = await bench.run(parent);

    expect(execution.error).toBe(error);
    expect(execution.cause).toMatch(
      /\(Service: AWSStepFunctions; Status Code: 400; Error Code: \w+; Request ID: [\w-]+; Proxy: null\)$/,
    );
    expect(typesOf(execution)).toContain('TaskFailed');
  });

  it.each<[string, object, string]>([
    ['no machine', { StateMachineArn: undefined }, "[The field 'StateMachineArn' is required but was missing]"],
    ['a name that is no text', { Name: 5 }, "[The value for the field 'Name' must be a STRING]"],
    ['a field it does not know', { Nmae: 'x' }, "[The field 'Nmae' is not supported here]"],
  ])('fails for good on %s', async (_name, given, complaint) => {
    const fields = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'As failed' }] };
    const parent = await deploy({ child: { C: pass }, given, fields });

    const { path, error, cause } = await bench.run(parent);

    expect([path, error, cause?.includes(complaint)]).toEqual([['Nest'], 'States.Runtime', true]);
    expect(bench.operations()).toEqual([]);
  });

  it('is refused for a name that ran with another input, or that is closed', async () => {
    const parent = await deploy({ child: { C: pass }, given: { Name: 'same' } });
    await bench.run(parent, 1);

    const [other, again] = [await bench.run(parent, 2), await bench.run(parent, 1)];

    expect([other.error, again.error]).toEqual([
      'StepFunctions.ExecutionAlreadyExistsException',
      'StepFunctions.ExecutionAlreadyExistsException',
    ]);
    expect(bench.service.executions.filter(({ machine }) => machine.name === 'child')).toHaveLength(1);
  });

  it('waits for the one that runs already under this name with this input', async () => {
    const given = { Name: 'same', Input: {} };
    const pair = { child: { W: wait(1) }, given, fields: { TimeoutSeconds: 900 } };
    const parent = await deploy(pair, { skipsWaits: true });

    const both = await Promise.all([bench.run(parent, 1), bench.run(parent, 2)]);

    expect(both.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(bench.service.executions).toHaveLength(3);
  });

  it('asks again when the description of the end is refused', async () => {
    const parent = await deploy({ child: { C: pass } });
    const error = { code: 'ThrottlingException', message: 'Rate exceeded', status: 400 };
    let refusals = 2;
    bench.gateway.setIntercept(({ operation }) => {
      if (operation !== 'DescribeExecution' || refusals === 0) return undefined;
      refusals -= 1;
      return { error };
    });

    const { status } = await bench.run(parent);

    expect([status, bench.operations()]).toEqual([
      'SUCCEEDED',
      ['StartExecution', 'DescribeExecution', 'DescribeExecution', 'DescribeExecution'],
    ]);
  });

  it('gives the end up when it is always refused', async () => {
    const parent = await deploy({ child: { C: pass } });
    const error = { code: 'AccessDeniedException', message: 'no', status: 400 };
    bench.gateway.setIntercept(({ operation }) => (operation === 'DescribeExecution' ? { error } : undefined));

    const execution = await bench.run(parent);

    expect(execution.error).toBe('StepFunctions.AccessDeniedException');
  });
});

describe('the integrations a machine may use by the rules', () => {
  it('are all served, with and without a token', async () => {
    bench = await startBench();
    const fail = async (): Promise<never> => await Promise.reject(new Error('Not called'));
    const served = Object.keys(createTaskHandlers({ invokeFunction: fail, call: fail }));

    const wanted = Object.keys(ALLOWED_RESOURCES).flatMap((resource) =>
      resource.includes('.sync') ? [resource] : [resource, `${resource}.waitForTaskToken`],
    );

    expect(served.toSorted()).toEqual(wanted.toSorted());
  });
});

describe('DescribeExecution', () => {
  it.each<[string, Pair, object]>([
    ['SUCCEEDED', { child: { C: pass } }, { redriveStatus: 'NOT_REDRIVABLE' }],
    ['FAILED', { child: { F: { Type: 'Fail', Error: 'E' } } }, { redriveStatus: 'REDRIVABLE', error: 'E' }],
  ])('says of an execution that %s whether it can be redriven', async (status, pair, expected) => {
    const parent = await deploy({ ...pair, mode: '' });
    await bench.run(parent);

    const answer = await bench.client.send(new DescribeExecutionCommand({ executionArn: childOf(bench).arn }));

    expect(answer).toMatchObject({ status, ...expected });
  });
});
