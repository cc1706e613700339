import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskTokens } from '../../../../lab/asl/tokens.ts';
import { startBench } from './build-service.ts';
import type { Bench, BenchProps } from './build-service.ts';
import { ask, recorded } from './build-ask.ts';

const ignore = (): void => undefined;

describe('calls with a task token', () => {
  let bench: Bench;
  afterEach(async () => await bench.stop());

  const startAsking = async (props: BenchProps = {}): Promise<string> => {
    bench = await startBench(props);
    await bench.run(bench.addMachine('parent', { Ask: ask({ TimeoutSeconds: 900 }) }));
    return bench.service.openTokens[0]?.token ?? '';
  };
  const refusal = async (send: Promise<unknown>): Promise<unknown> =>
    await send.catch((error: Error) => `${error.name}: ${error.message}`);

  const another = (): string =>
    new TaskTokens().open({ executionId: 'e', state: 'S', succeed: ignore, fail: ignore, beat: ignore });

  it.each<[string, () => string, string]>([
    ['a token that is none', () => 'NoSuchTaskToken', "InvalidToken: Invalid Token: 'Invalid token'"],
    ['a token of somebody else', another, "TaskDoesNotExist: Task Does Not Exist: 'Provided task does not exist'"],
  ])('are refused for %s', async (_name, token, expected) => {
    await startAsking();
    const taskToken = token();

    const refusals = await Promise.all([
      refusal(bench.client.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }))),
      refusal(bench.client.send(new SendTaskFailureCommand({ taskToken }))),
      refusal(bench.client.send(new SendTaskHeartbeatCommand({ taskToken }))),
    ]);

    expect(refusals).toEqual([expected, expected, expected]);
  });

  it.each<[string, (taskToken: string) => Promise<unknown>]>([
    ['success', async (taskToken) => await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }))],
    ['failure', async (taskToken) => await bench.client.send(new SendTaskFailureCommand({ taskToken }))],
    ['a stop', async () => await bench.client.send(new StopExecutionCommand({ executionArn: recorded(bench).arn }))],
    ['a time-out', async () => await bench.service.skipTime(900_000)],
  ])('are refused after %s', async (_name, end) => {
    const taskToken = await startAsking();
    await end(taskToken);
    await bench.service.whenIdle();

    const answer = await refusal(bench.client.send(new SendTaskSuccessCommand({ taskToken, output: '2' })));

    expect(answer).toBe("TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'");
    expect(recorded(bench).status).not.toBe('RUNNING');
  });

  it.each<[string, (taskToken: string) => Promise<unknown>, RegExp]>([
    [
      'an output that is no JSON',
      async (taskToken) => await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: '{' })),
      /^InvalidOutput: Invalid Output: '/,
    ],
    [
      'an output over 256 KiB',
      async (taskToken) =>
        await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify('x'.repeat(262_143)) })),
      /^InvalidOutput: /,
    ],
    [
      'an error of 257 characters',
      async (taskToken) => await bench.client.send(new SendTaskFailureCommand({ taskToken, error: 'x'.repeat(257) })),
      /^ValidationException: /,
    ],
    [
      'a cause of 32769 characters',
      async (taskToken) =>
        await bench.client.send(new SendTaskFailureCommand({ taskToken, cause: 'x'.repeat(32_769) })),
      /^ValidationException: /,
    ],
    [
      'a token of 2049 characters',
      async () => await bench.client.send(new SendTaskHeartbeatCommand({ taskToken: 'x'.repeat(2049) })),
      /^ValidationException: /,
    ],
  ])('are refused for %s, and the task waits on', async (_name, send, expected) => {
    const taskToken = await startAsking();

    expect(await refusal(send(taskToken))).toMatch(expected);
    expect(bench.service.openTokens).toMatchObject([{ token: taskToken, state: 'Ask' }]);
  });
});

describe('a function that is to hand a token on', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await startBench({
      invokeFunction: async () =>
        await Promise.resolve({
          kind: 'failed',
          error: { errorType: 'AuditWriteError', errorMessage: 'm', trace: [] },
        }),
    });
  });
  afterEach(async () => await bench.stop());

  it('fails the state by its own error when it fails', async () => {
    const execution = await bench.run(bench.addMachine('parent', { Ask: ask() }));

    expect(execution).toMatchObject({
      error: 'AuditWriteError',
      cause: '{"errorMessage":"m","errorType":"AuditWriteError","trace":[]}',
    });
    expect(execution.history.map(({ type }) => type).slice(2)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskFailed',
      'ExecutionFailed',
    ]);
    expect(bench.service.openTokens).toEqual([]);
  });
});
