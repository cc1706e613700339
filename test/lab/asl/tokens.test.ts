import { describe, expect, it } from 'vitest';

import { sleep } from '../../../lab/asl/clock.ts';
import type { HistoryEvent } from '../../../lab/asl/history.ts';
import { VirtualClock, runMachine, startMachine } from '../../../lab/asl/interpreter.ts';
import type { RunningExecution } from '../../../lab/asl/interpreter.ts';
import type { TaskHandler, TaskRequest } from '../../../lab/asl/run.ts';
import { TaskTokenError, TaskTokens } from '../../../lab/asl/tokens.ts';
import type { WaitingTask } from '../../../lab/asl/tokens.ts';
import { CALLBACK, INVOKE, buildMachine, buildTask, failWith, script, silent } from './build-machine.ts';
import type { Definition } from './build-machine.ts';

const end = { Type: 'Pass', End: true };
const ignore = (): void => undefined;
const nobody: WaitingTask = { executionId: 'e', state: 'S', succeed: ignore, fail: ignore, beat: ignore };

/** The token in the message that went out. */
function sentToken(history: readonly HistoryEvent[]): string {
  const sent = history.find(({ type }) => type === 'TaskScheduled')?.details.parameters;
  return (sent as { MessageBody: { token: string } } | undefined)?.MessageBody.token ?? '';
}

describe('task tokens', () => {
  const Arguments = { QueueUrl: 'q', MessageBody: { token: '{% $states.context.Task.Token %}' } };

  /** Starts a machine that waits for its token; `act` is called with it once the message is out, 3 seconds later. */
  function startWaiting(fields: Definition, act: (running: RunningExecution, token: string) => void): RunningExecution {
    const clock = new VirtualClock();
    const handler: TaskHandler = async ({ taskToken = '', arguments: given }) => {
      expect(given).toEqual({ QueueUrl: 'q', MessageBody: { token: taskToken } });
      clock.schedule(3000, () => act(running, taskToken));
      return { MessageId: 'm' };
    };
    const definition = buildMachine({ T: buildTask({ Resource: CALLBACK, Arguments, ...fields }), Caught: end });
    const running: RunningExecution = startMachine(definition, {}, { clock, handlers: { [CALLBACK]: handler } });
    return running;
  }

  it('waits for success and has its output as result', async () => {
    const running = startWaiting({}, ({ sendTaskSuccess }, token) => sendTaskSuccess(token, { approved: true }));

    const execution = await running.result;

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: { approved: true } });
    expect(execution.history.map(({ type }) => type).slice(2, 6)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
    ]);
  });

  it.each([
    ['with an error', { error: 'Denied', cause: 'by hand' }, { Error: 'Denied', Cause: 'by hand' }],
    ['without one, which AWS shows as null', {}, { Error: null, Cause: null }],
  ])('can be failed %s', async (_name, output, expected) => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];
    const running = startWaiting({ Catch }, ({ sendTaskFailure }, token) => sendTaskFailure(token, output));

    await expect(running.result).resolves.toMatchObject({ output: expected });
  });

  it('is kept alive by heartbeats', async () => {
    const running = startWaiting({ HeartbeatSeconds: 4 }, ({ sendTaskHeartbeat }, token) => sendTaskHeartbeat(token));

    const execution = await running.result;

    // 3 seconds to the heartbeat, 4 more without another one.
    expect(execution.error).toBe('States.Timeout');
    expect(execution.history.at(-1)?.timestamp).toBe('2026-01-01T00:00:07Z');
  });

  it('times out when the token never comes back, and refuses it afterwards', async () => {
    const tokens: string[] = [];
    const running = startWaiting({ TimeoutSeconds: 2 }, () => undefined);
    const execution = await running.result;
    tokens.push(sentToken(execution.history));

    expect(execution.error).toBe('States.Timeout');
    expect(() => running.sendTaskSuccess(tokens[0] ?? '', {})).toThrow(TaskTokenError);
    expect(() => running.sendTaskHeartbeat(tokens[0] ?? '')).toThrow('it is no longer waiting');
  });

  it.each<[string, (running: RunningExecution, token: string) => void, string]>([
    ['a token that is none', ({ sendTaskSuccess }) => sendTaskSuccess('made up', {}), 'InvalidToken'],
    [
      'a token of somebody else',
      ({ sendTaskHeartbeat }) => sendTaskHeartbeat(new TaskTokens().open(nobody)),
      'TaskDoesNotExist',
    ],
    ['an output that is not JSON', ({ sendTaskSuccess }, token) => sendTaskSuccess(token, undefined), 'InvalidOutput'],
    [
      'a second answer',
      ({ sendTaskSuccess }, token) => {
        sendTaskSuccess(token, 1);
        sendTaskSuccess(token, 2);
      },
      'TaskTimedOut',
    ],
  ])('refuses %s', async (_name, act, name) => {
    const refused: unknown[] = [];
    const running = startWaiting({ TimeoutSeconds: 60 }, (machine, token) => {
      try {
        act(machine, token);
      } catch (error) {
        refused.push(error);
      }
    });

    await running.result;

    expect(refused).toMatchObject([{ name }]);
  });

  it('takes an answer that arrives before the call has returned', async () => {
    const definition = buildMachine({ T: buildTask({ Resource: CALLBACK, Arguments }) });
    const handlers = {
      [CALLBACK]: async ({ taskToken = '' }: TaskRequest): Promise<unknown> => {
        running.sendTaskSuccess(taskToken, 'early');
        return { MessageId: 'm' };
      },
    };
    const running: RunningExecution = startMachine(definition, {}, { handlers });

    const execution = await running.result;

    expect(execution.output).toBe('early');
    expect(execution.history.map(({ type }) => type)).not.toContain('TaskSubmitted');
  });

  it('fails when the call itself fails', async () => {
    const definition = buildMachine({ T: buildTask({ Resource: CALLBACK, Arguments }) });
    const handlers = { [CALLBACK]: async () => Promise.reject(failWith('SQS.QueueDoesNotExistException')) };

    await expect(runMachine(definition, {}, { handlers })).resolves.toMatchObject({
      error: 'SQS.QueueDoesNotExistException',
    });
  });

  it('gets a new token for every attempt', async () => {
    const calls: TaskRequest[] = [];
    const fields = {
      Resource: CALLBACK,
      Arguments,
      TimeoutSeconds: 1,
      Retry: [{ ErrorEquals: ['States.Timeout'], MaxAttempts: 1 }],
    };
    const handlers = { [CALLBACK]: script([{}], calls)[INVOKE] ?? silent };

    await runMachine(buildMachine({ T: buildTask(fields) }), {}, { handlers, clock: new VirtualClock() });

    expect(new Set(calls.map(({ taskToken }) => taskToken)).size).toBe(2);
  });

  it('refuses the token of an execution that was stopped', async () => {
    const refused: unknown[] = [];
    const running = startWaiting({}, ({ stop }) => stop());

    const { status } = await running.result;
    try {
      running.sendTaskSuccess(sentToken(running.history), {});
    } catch (error) {
      refused.push(error);
    }

    expect([status, refused]).toMatchObject(['ABORTED', [{ name: 'TaskTimedOut' }]]);
  });

  it('is not recorded as submitted when the call comes back after the time limit', async () => {
    const clock = new VirtualClock();
    const late: TaskHandler = async () => {
      await sleep(clock, 5);
      return { MessageId: 'm' };
    };
    const fields = {
      Resource: CALLBACK,
      Arguments,
      TimeoutSeconds: 2,
      End: undefined,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'W' }],
      Next: 'W',
    };
    const definition = buildMachine({ T: buildTask(fields), W: { Type: 'Wait', Seconds: 60, End: true } });

    const { history } = await runMachine(definition, {}, { clock, handlers: { [CALLBACK]: late } });

    expect(history.map(({ type }) => type)).not.toContain('TaskSubmitted');
  });
});

describe('TaskTokens', () => {
  it('hands out tokens as long as those of the service, with all characters of Base64', () => {
    const tokens = new TaskTokens();

    const [one, other] = [tokens.open(nobody), tokens.open(nobody)];

    expect(one).not.toBe(other);
    expect(one).toMatch(/^[A-Za-z0-9+/]{600,2040}==$/);
    expect(`${one}${other}`).toMatch(/[+/]/);
  });

  it('lists what is waited for, oldest first, and forgets what came back', () => {
    const tokens = new TaskTokens();
    const [first, second, third] = ['A', 'B', 'C'].map((state) => tokens.open({ ...nobody, state }));

    tokens.sendTaskFailure(second ?? '');

    expect(tokens.openTokens).toEqual([
      { token: first, executionId: 'e', state: 'A' },
      { token: third, executionId: 'e', state: 'C' },
    ]);
  });
});
