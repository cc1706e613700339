import type { ExecutionRecord } from '../../../../lab/services/step-functions/executions.ts';
import { invoke, startBench, startChild } from './build-service.ts';
import type { Bench, BenchProps } from './build-service.ts';

export const pass = { Type: 'Pass', End: true };
export const wait = (Seconds: number): object => ({ Type: 'Wait', Seconds, End: true });
export const work = {
  Type: 'Task',
  Resource: invoke,
  Arguments: { FunctionName: 'f', Payload: '{% $states.input %}' },
  End: true,
};

/** Catchers that show by which name they took an error; their states are part of every parent. */
export const caught = [
  { ErrorEquals: ['Boom'], Next: 'By name' },
  { ErrorEquals: ['States.Timeout'], Next: 'By time-out' },
  { ErrorEquals: ['States.TaskFailed'], Next: 'As failed' },
];
const catchers = { 'By name': pass, 'By time-out': pass, 'As failed': pass };

/** A parent that starts a child; every part but the child's states has a default. */
export interface Pair {
  readonly child: Readonly<Record<string, object>>;
  /** What follows `startExecution` in the resource. Default: `.sync:2`. */
  readonly mode?: string;
  readonly fields?: object;
  readonly given?: object;
  readonly head?: object;
  readonly childHead?: object;
}

/** Deploys both on a bench of their own. */
export async function deployPair(pair: Pair, props: BenchProps = {}): Promise<{ bench: Bench; parent: string }> {
  const bench = await startBench(props);
  const StateMachineArn = bench.addMachine('child', pair.child, pair.childHead);
  const task = {
    Type: 'Task',
    Resource: `${startChild}${pair.mode ?? '.sync:2'}`,
    Arguments: { StateMachineArn, Input: { of: '{% $states.input %}' }, ...pair.given },
    End: true,
    ...pair.fields,
  };
  return { bench, parent: bench.addMachine('parent', { Nest: task, ...catchers }, pair.head) };
}

/** The first execution of the child. */
export function childOf({ service }: Bench): ExecutionRecord {
  const found = service.executions.find(({ machine }) => machine.name === 'child');
  if (found === undefined) throw new Error('No child was started');
  return found;
}

export function typesOf({ history }: ExecutionRecord): string[] {
  return history.map(({ type }) => type);
}
