import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskTokens, runMachine } from '../../../../lab/asl/interpreter.ts';
import { startGateway } from '../../../../lab/services/gateway.ts';
import type { Gateway } from '../../../../lab/services/gateway.ts';
import { StepFunctionsService } from '../../../../lab/services/step-functions/step-functions-service.ts';
import { createTaskHandlers } from '../../../../lab/services/step-functions/task-handlers.ts';
import type { TaskServices } from '../../../../lab/services/step-functions/task-handlers.ts';
import { ServiceError } from '../../../../lab/services/wire/service-error.ts';
import { toClientConfig } from '../client-config.ts';

const arn = 'arn:aws:states:us-east-1:123456789012:stateMachine:respond';
const invoke = 'arn:aws:states:::lambda:invoke';
const task = (Resource: string, Arguments: object): object => ({
  QueryLanguage: 'JSONata',
  StartAt: 'Only',
  States: { Only: { Type: 'Task', Resource, Arguments, End: true } },
});
const echo = task(invoke, { FunctionName: 'echo', Payload: '{% $states.input %}' });
const waiting = task(`${invoke}.waitForTaskToken`, {
  FunctionName: 'ask',
  Payload: { token: '{% $states.context.Task.Token %}' },
});

describe('Step Functions', () => {
  let service: StepFunctionsService;
  let gateway: Gateway;
  let client: SFNClient;
  let invocations: { readonly functionName: string; readonly payload: unknown; readonly caller: string }[];
  let invokeFunction: TaskServices['invokeFunction'];
  let call: TaskServices['call'];
  let statuses: string[];

  beforeEach(async () => {
    [invocations, statuses] = [[], []];
    invokeFunction = async (_, payload) => await Promise.resolve({ kind: 'succeeded', payload });
    call = async () => await Promise.resolve({});
    service = new StepFunctionsService({
      runMachine,
      tokens: new TaskTokens(),
      handlers: createTaskHandlers({
        invokeFunction: async (functionName, payload, caller) => {
          invocations.push({ functionName, payload: JSON.parse(payload) as unknown, caller });
          return await invokeFunction(functionName, payload, caller);
        },
        call: async (...request) => await call(...request),
      }),
      onStatusChange: ({ status }) => void statuses.push(status),
    });
    service.addStateMachine({ name: 'respond', arn, roleArn: 'arn:role', definition: echo });
    gateway = await startGateway([service]);
    client = new SFNClient(toClientConfig({ url: gateway.url, region: 'us-east-1' }));
  });
  afterEach(async () => {
    await service.stop();
    await gateway.stop();
  });

  const start = async (input: object = {}) => {
    const { executionArn = '' } = await client.send(new StartExecutionCommand({ stateMachineArn: arn, ...input }));
    return executionArn;
  };
  const describeExecution = async (executionArn: string) => {
    await service.whenDone(executionArn);
    return await client.send(new DescribeExecutionCommand({ executionArn }));
  };
  const redeploy = (definition: object): void =>
    service.addStateMachine({ name: 'respond', arn, roleArn: 'arn:role', definition });

  it('runs a machine to its end and tells when it started and ended', async () => {
    const executionArn = await start({ name: 'one', input: '{"a":1}' });

    expect(await describeExecution(executionArn)).toMatchObject({
      executionArn: 'arn:aws:states:us-east-1:123456789012:execution:respond:one',
      status: 'SUCCEEDED',
      input: '{"a":1}',
      output: '{"ExecutedVersion":"$LATEST","Payload":{"a":1},"StatusCode":200}',
      startDate: expect.any(Date),
      stopDate: expect.any(Date),
    });
    expect(invocations).toEqual([{ functionName: 'echo', payload: { a: 1 }, caller: arn }]);
    expect(statuses).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  it('answers a repeat of a running execution as before, and refuses its name for another input', async () => {
    invokeFunction = async () => await new Promise(() => undefined);
    const first = await start({ name: 'same', input: '{"a":1}' });

    expect(await start({ name: 'same', input: '{"a":1}' })).toBe(first);
    await expect(start({ name: 'same', input: '{"a":2}' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    expect(service.executions).toHaveLength(1);
  });

  it('refuses the name of a closed execution, even for the same input', async () => {
    await describeExecution(await start({ name: 'same' }));

    await expect(start({ name: 'same' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  });

  it.each([
    ['an unknown machine', { stateMachineArn: `${arn}x` }, 'StateMachineDoesNotExist'],
    ['a name with a blank', { name: 'a b' }, 'InvalidName'],
    ['a name with a control character', { name: 'a\u0007b' }, 'InvalidName'],
    ['a name of 81 characters', { name: 'x'.repeat(81) }, 'InvalidName'],
    ['an input that is no JSON', { input: '{' }, 'InvalidExecutionInput'],
    ['an input over 256 KiB', { input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput'],
    ['a trace header', { traceHeader: 'Root=1' }, 'UnsupportedOperation'],
  ])('refuses to start with %s', async (_, input, name) => {
    await expect(start(input)).rejects.toMatchObject({ name });
    expect(service.executions).toEqual([]);
  });

  it.each([
    [
      'a function that threw, by the name of its error',
      async () =>
        await Promise.resolve({
          kind: 'failed' as const,
          error: { errorType: 'LifelineError', errorMessage: 'no', trace: ['at x'] },
        }),
      { error: 'LifelineError', cause: '{"errorMessage":"no","errorType":"LifelineError","trace":["at x"]}' },
    ],
    [
      'a throttled function',
      async () => await Promise.reject(new ServiceError('TooManyRequestsException', 'Rate Exceeded.', 429)),
      { error: 'Lambda.TooManyRequestsException', cause: 'Rate Exceeded.' },
    ],
  ])('fails with %s', async (_, failing, failure) => {
    invokeFunction = failing;

    expect(await describeExecution(await start())).toMatchObject({ status: 'FAILED', ...failure });
  });

  it('fails a task whose event was refused', async () => {
    redeploy(task('arn:aws:states:::events:putEvents', { Entries: [{ Source: 'aws.x', Detail: { a: 1 } }] }));
    const requests: unknown[] = [];
    call = async (...request) => {
      requests.push(request);
      return await Promise.resolve({
        FailedEntryCount: 1,
        Entries: [{ ErrorCode: 'NotAuthorizedForSourceException' }],
      });
    };

    expect(await describeExecution(await start())).toMatchObject({
      status: 'FAILED',
      error: 'EventBridge.FailedEntry',
    });
    expect(requests).toEqual([['events', 'PutEvents', { Entries: [{ Source: 'aws.x', Detail: '{"a":1}' }] }, arn]]);
  });

  it('sends a structure as the text of a message', async () => {
    redeploy(task('arn:aws:states:::sqs:sendMessage', { QueueUrl: 'q', MessageBody: { a: 1 } }));
    const requests: unknown[] = [];
    call = async (...request) => {
      requests.push(request);
      return await Promise.resolve({ MessageId: 'm' });
    };

    expect(await describeExecution(await start())).toMatchObject({ status: 'SUCCEEDED', output: '{"MessageId":"m"}' });
    expect(requests).toEqual([['sqs', 'SendMessage', { QueueUrl: 'q', MessageBody: '{"a":1}' }, arn]]);
  });

  const askAndWait = async (): Promise<{ readonly executionArn: string; readonly taskToken: string }> => {
    redeploy(waiting);
    const executionArn = await start();
    while (invocations.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const [asked] = invocations as readonly { readonly payload: { readonly token: string } }[];
    return { executionArn, taskToken: asked?.payload.token ?? '' };
  };

  it('goes on with what comes back with a token', async () => {
    const { executionArn, taskToken } = await askAndWait();
    await client.send(new SendTaskHeartbeatCommand({ taskToken }));

    await client.send(new SendTaskSuccessCommand({ taskToken, output: '{"approved":true}' }));

    expect(await describeExecution(executionArn)).toMatchObject({ status: 'SUCCEEDED', output: '{"approved":true}' });
    const again = client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
    await expect(again).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  it('fails with what comes back with a token', async () => {
    const { executionArn, taskToken } = await askAndWait();

    await client.send(new SendTaskFailureCommand({ taskToken, error: 'Refused', cause: 'by a person' }));

    expect(await describeExecution(executionArn)).toMatchObject({
      status: 'FAILED',
      error: 'Refused',
      cause: 'by a person',
    });
  });

  it('stops an execution with error and cause', async () => {
    const { executionArn } = await askAndWait();

    await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'enough' }));

    expect(await describeExecution(executionArn)).toMatchObject({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'enough',
    });
  });

  it('gives the history in pages, forwards and backwards', async () => {
    const executionArn = await start();
    await service.whenDone(executionArn);

    const first = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 2 }));
    const rest = await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken: first.nextToken }));
    const backwards = await client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true }));

    const forwards = [...(first.events ?? []), ...(rest.events ?? [])];
    expect(first.events).toHaveLength(2);
    expect(forwards.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(backwards.events?.map(({ id }) => id)).toEqual(forwards.map(({ id }) => id).toReversed());
  });

  it('lists executions newest first, by status', async () => {
    await describeExecution(await start({ name: 'one' }));
    await describeExecution(await start({ name: 'two' }));

    const all = await client.send(new ListExecutionsCommand({ stateMachineArn: arn }));
    const failed = await client.send(new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: 'FAILED' }));

    expect(all.executions?.map(({ name }) => name)).toEqual(['two', 'one']);
    expect(failed.executions).toEqual([]);
  });

  it('refuses a machine its interpreter would not run', () => {
    expect(() => redeploy({ QueryLanguage: 'JSONata', StartAt: 'Nowhere', States: {} })).toThrow(
      'Could not load the state machine',
    );
  });
});
