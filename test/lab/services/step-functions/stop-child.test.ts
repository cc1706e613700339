import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { ExecutionRecord } from '../../../../lab/services/step-functions/executions.ts';
import { caught, childOf, deployPair, typesOf, wait } from './build-pair.ts';
import { startBench, startChild } from './build-service.ts';
import type { Bench } from './build-service.ts';

let bench: Bench;
afterEach(async () => await bench.stop());

async function deploy(...given: Parameters<typeof deployPair>): Promise<string> {
  const pair = await deployPair(...given);
  bench = pair.bench;
  return pair.parent;
}

describe('a task that is given up', () => {
  const stopped = (parent: ExecutionRecord): object => ({
    status: 'ABORTED',
    error: undefined,
    cause: `The Task state in AWS Step Functions execution [${parent.arn}] which was managing this resource was aborted`,
  });

  it('stops the child by its TimeoutSeconds', async () => {
    const parent = await deploy(
      { child: { W: wait(61) }, fields: { TimeoutSeconds: 60, Catch: caught } },
      { skipsWaits: true },
    );

    const execution = await bench.run(parent);

    expect(execution.path).toEqual(['Nest', 'By time-out']);
    expect(typesOf(execution)).toContain('TaskTimedOut');
    expect(childOf(bench)).toMatchObject(stopped(execution));
    expect(bench.operations()).toEqual(['StartExecution', 'StopExecution']);
  });

  it('lets a child live that ends in time', async () => {
    const parent = await deploy(
      { child: { W: wait(59) }, fields: { TimeoutSeconds: 60, Catch: caught } },
      { skipsWaits: true },
    );

    const { path } = await bench.run(parent);

    expect([path, childOf(bench).status]).toEqual([['Nest'], 'SUCCEEDED']);
  });

  it('stops the child with the time limit of the whole parent', async () => {
    const parent = await deploy({ child: { W: wait(61) }, head: { TimeoutSeconds: 60 } }, { skipsWaits: true });

    const execution = await bench.run(parent);

    expect(execution).toMatchObject({ status: 'TIMED_OUT', error: undefined });
    expect(childOf(bench)).toMatchObject(stopped(execution));
  });

  it('stops the child when the parent is stopped, and that child its own', async () => {
    bench = await startBench();
    const nest = (StateMachineArn: string): Record<string, object> => ({
      Nest: { Type: 'Task', Resource: `${startChild}.sync`, Arguments: { StateMachineArn, Input: {} }, End: true },
    });
    const grandchild = bench.addMachine('grandchild', { W: wait(3600) });
    const parent = bench.addMachine('parent', nest(bench.addMachine('child', nest(grandchild))));
    const running = bench.run(parent);
    while (bench.service.executions.length < 3) await new Promise((resolve) => setImmediate(resolve));

    const executionArn = bench.service.executions[0]?.arn;
    await bench.client.send(new StopExecutionCommand({ executionArn }));
    await running;

    expect(bench.service.executions.map(({ machine, status }) => `${machine.name} ${status}`)).toEqual([
      'parent ABORTED',
      'child ABORTED',
      'grandchild ABORTED',
    ]);
  });

  it('stops the child when a sibling fails', async () => {
    bench = await startBench({ skipsWaits: true });
    const StateMachineArn = bench.addMachine('child', { W: wait(61) });
    const branches = [
      {
        Nest: { Type: 'Task', Resource: `${startChild}.sync:2`, Arguments: { StateMachineArn, Input: {} }, End: true },
      },
      { Soon: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } },
    ];
    const parent = bench.addMachine('parent', {
      P: {
        Type: 'Parallel',
        Branches: branches.map((States) => ({ StartAt: Object.keys(States)[0], States })),
        End: true,
      },
    });

    const execution = await bench.run(parent);

    expect(typesOf(execution).slice(-3)).toEqual(['TaskStateAborted', 'ParallelStateFailed', 'ExecutionFailed']);
    expect(childOf(bench)).toMatchObject(stopped(execution));
  });

  it('stops a child whose start it did not live to see', async () => {
    const parent = await deploy({ child: { W: wait(3600) }, fields: { TimeoutSeconds: 1 } });
    bench.gateway.setIntercept(({ operation }) => (operation === 'StartExecution' ? { delayMs: 1100 } : undefined));

    const execution = await bench.run(parent);

    expect([execution.error, typesOf(execution).includes('TaskSubmitted')]).toEqual(['States.Timeout', false]);
    await bench.service.whenIdle();
    while (bench.service.executions.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(await bench.service.whenDone(childOf(bench).arn)).toMatchObject(stopped(execution));
  });

  it('leaves the child running when it may not stop it', async () => {
    const parent = await deploy(
      { child: { W: wait(61) }, fields: { TimeoutSeconds: 60, Catch: caught } },
      { skipsWaits: true },
    );
    const error = { code: 'AccessDeniedException', message: 'no', status: 400 };
    bench.gateway.setIntercept(({ operation }) => (operation === 'StopExecution' ? { error } : undefined));

    const { path } = await bench.run(parent);

    expect([path, childOf(bench).status]).toEqual([['Nest', 'By time-out'], 'SUCCEEDED']);
  });
});
