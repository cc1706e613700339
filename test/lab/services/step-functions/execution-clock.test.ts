import { SendTaskHeartbeatCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '../../../../lab/services/step-functions/executions.ts';
import { ask, recorded } from './build-ask.ts';
import { childOf, pass, wait } from './build-pair.ts';
import { invoke, startBench, startChild } from './build-service.ts';
import type { Bench } from './build-service.ts';

let bench: Bench;
afterEach(async () => await bench.stop());

const late = {
  TimeoutSeconds: 900,
  Catch: [
    { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Silent' },
    { ErrorEquals: ['States.Timeout'], Next: 'Late' },
  ],
};
const ends = { Silent: pass, Late: pass };
const skip = async (seconds: number): Promise<void> => await bench.service.skipTime(seconds * 1000);
const answer = async (output: unknown): Promise<void> => {
  const taskToken = bench.service.openTokens[0]?.token;
  await bench.client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
  await bench.service.whenIdle();
};

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));
const beside = (...branches: Record<string, object>[]): Record<string, object> => ({
  P: {
    Type: 'Parallel',
    Branches: branches.map((States) => ({ StartAt: Object.keys(States)[0], States })),
    End: true,
  },
});

describe.each([
  ['that skips waits', true],
  ['in real time', false],
])('time %s', (_name, skipsWaits) => {
  it('stands still while somebody is asked, and goes on with the answer', async () => {
    bench = await startBench({ skipsWaits });
    const execution = await bench.run(bench.addMachine('parent', { Ask: ask(late), ...ends }));
    expect([execution.status, bench.service.openTokens.length]).toEqual(['RUNNING', 1]);

    await answer({ approved: true });

    expect(execution).toMatchObject({ status: 'SUCCEEDED', output: '{"approved":true}', path: ['Ask'] });
  });

  it('runs out when as much of it is skipped', async () => {
    bench = await startBench({ skipsWaits });
    const execution = await bench.run(bench.addMachine('parent', { Ask: ask(late), ...ends }));

    await skip(890);
    expect(execution.status).toBe('RUNNING');
    await skip(10);

    expect(execution).toMatchObject({ status: 'SUCCEEDED', path: ['Ask', 'Late'] });
    expect(execution.history.slice(2, 6).map(({ type }) => type)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskTimedOut',
    ]);
  });

  it('is skipped only once nothing moves any more', async () => {
    bench = await startBench({ skipsWaits });
    void bench.run(bench.addMachine('parent', { Ask: ask(late), ...ends }));

    await skip(900);

    expect(recorded(bench).path).toEqual(['Ask', 'Late']);
  });

  it('ends by a missed heartbeat, which each heartbeat puts off', async () => {
    bench = await startBench({ skipsWaits });
    const asking = ask({ ...late, HeartbeatSeconds: 60 });
    const execution = await bench.run(bench.addMachine('parent', { Ask: asking, ...ends }));

    await skip(50);
    await bench.client.send(new SendTaskHeartbeatCommand({ taskToken: bench.service.openTokens[0]?.token }));
    await skip(50);
    expect(execution.status).toBe('RUNNING');
    await skip(10);

    expect([execution.path, execution.history.filter(({ type }) => type === 'TaskTimedOut')]).toMatchObject([
      ['Ask', 'Silent'],
      [{ details: { error: 'States.Timeout' } }],
    ]);
  });

  it('is one for a parent and the child it waits for', async () => {
    bench = await startBench({ skipsWaits });
    const StateMachineArn = bench.addMachine('child', { Ask: ask() });
    const nest = {
      Type: 'Task',
      Resource: `${startChild}.sync:2`,
      Arguments: { StateMachineArn, Input: {} },
      End: true,
    };
    const parent = bench.addMachine('parent', { Nest: { ...nest, ...late }, ...ends });

    const [given, left] = [await bench.run(parent), await bench.run(parent)];
    await answer({ approved: true });
    expect([given.status, left.status]).toEqual(['SUCCEEDED', 'RUNNING']);
    await skip(900);

    expect(left.path).toEqual(['Nest', 'Late']);
    const [first, second] = bench.service.executions.filter(({ machine }) => machine.name === 'child');
    expect([first?.status, second?.status, bench.service.openTokens]).toEqual(['SUCCEEDED', 'ABORTED', []]);
  });

  it('goes on while something works beside the question', async () => {
    const worked = Promise.withResolvers<void>();
    bench = await startBench({
      skipsWaits,
      invokeFunction: async (functionName, payload) => {
        if (functionName === 'work') await worked.promise;
        return { kind: 'succeeded', payload };
      },
    });
    const work = { Type: 'Task', Resource: invoke, Arguments: { FunctionName: 'work' }, TimeoutSeconds: 60, End: true };
    const parent = bench.addMachine('parent', beside({ Ask: ask(late), ...ends }, { Work: work }));
    const seen: string[] = [];

    const running = bench.run(parent).then(() => seen.push('idle'));
    while (bench.invocations.length < 2) await turn();
    for (let turns = 0; turns < 10; turns += 1) await turn();
    seen.push('worked');
    worked.resolve();
    await running;

    expect([seen, recorded(bench).status, bench.service.openTokens.length]).toEqual([['worked', 'idle'], 'RUNNING', 1]);
  });

  it('does not wait for an execution that is only started', async () => {
    bench = await startBench({ skipsWaits });
    const StateMachineArn = bench.addMachine('child', { Ask: ask({ TimeoutSeconds: 900 }) });
    const start = { Type: 'Task', Resource: startChild, Arguments: { StateMachineArn, Input: {} }, End: true };

    const execution = await bench.run(bench.addMachine('parent', { Start: start }));

    expect([execution.status, childOf(bench).status]).toEqual(['SUCCEEDED', 'RUNNING']);
    await skip(900);
    expect(childOf(bench)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });
});

describe('time that skips waits', () => {
  const secondsOf = (execution: ExecutionRecord, state: string): number[] => {
    const start = Date.parse(execution.history[0]?.timestamp ?? '');
    return execution.history
      .filter(({ type, details }) => type.endsWith('StateExited') && details.name === state)
      .map(({ timestamp }) => (Date.parse(timestamp) - start) / 1000);
  };

  it('lets waits beside the question pass, up to the first limit', async () => {
    bench = await startBench({ skipsWaits: true });
    const states = beside(
      { Ask: ask({ TimeoutSeconds: 900 }) },
      { Soon: { Type: 'Wait', Seconds: 60, Next: 'Later' }, Later: wait(3600) },
    );

    const execution = await bench.run(bench.addMachine('parent', states));
    expect([secondsOf(execution, 'Soon'), secondsOf(execution, 'Later')]).toEqual([[60], []]);
    await answer('yes');

    expect([execution.output, secondsOf(execution, 'Later')]).toEqual(['["yes",{}]', [3660]]);
  });

  it('keeps the limit of the whole machine', async () => {
    bench = await startBench({ skipsWaits: true });
    const parent = bench.addMachine('parent', { Ask: ask() }, { TimeoutSeconds: 300 });
    const execution = await bench.run(parent);
    expect(execution.status).toBe('RUNNING');

    await skip(300);

    expect(recorded(bench)).toMatchObject({ status: 'TIMED_OUT', error: undefined });
    expect(Number(execution.stoppedAt) - Number(execution.startedAt)).toBe(300_000);
  });
});
