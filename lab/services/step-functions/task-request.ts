import type { TaskRequest } from '../../asl/run.ts';

/** What a task that starts executions needs beside the calls themselves. */
export interface NestedExecutions {
  /** Runs `start`; the execution of this machine and name that starts in it shares the time of the task that waits for it. */
  shareTime<Result>(stateMachineArn: string, name: string, start: () => Promise<Result>): Promise<Result>;
  /** Waits for an execution's end, or until the task is given up. */
  whenEnded(executionArn: string): Promise<'ended' | 'given-up'>;
}

/** What handlers get in the service, where executions can wait for each other. */
export interface ServiceTaskRequest extends TaskRequest {
  readonly nested: NestedExecutions;
}

/** Does the work of one resource, as a TaskHandler does. */
export type ServiceTaskHandler = (request: ServiceTaskRequest) => Promise<unknown>;
