import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { readChildEnd, toChildInput, toSubmission } from '../../asl/child-execution.ts';
import { StateFailure } from '../../asl/failure.ts';
import { toJson } from '../../asl/json.ts';
import type { Json, JsonObject } from '../../asl/json.ts';
import type { TaskRequest } from '../../asl/run.ts';
import { readArguments } from './task-arguments.ts';
import { callerOf, renamed } from './task-failure.ts';
import type { ServiceTaskHandler, ServiceTaskRequest } from './task-request.ts';

/** Calls an operation of a service of the lab and returns its answer. */
export type CallService = (service: string, operation: string, input: unknown, caller: string) => Promise<unknown>;

const resource = 'arn:aws:states:::states:startExecution';
/** Step Functions asks for the end again when it is refused; a lab that always refuses must not hang. */
const mostDescriptions = 10;

const argumentsSchema = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.optional(z.string()),
  Input: z.optional(z.custom<Json>()),
});
type Arguments = z.output<typeof argumentsSchema>;

/** Handlers that start an execution of another machine: to leave it alone, or to wait for its end. */
export function createExecutionHandlers(call: CallService): Readonly<Record<string, ServiceTaskHandler>> {
  const start: ServiceTaskHandler = async (request) =>
    await startChild(call, request, readArguments(argumentsSchema, request));
  const startAndWait: ServiceTaskHandler = async (request) => await runChild(call, request);
  return {
    [resource]: start,
    [`${resource}.waitForTaskToken`]: start,
    [`${resource}.sync`]: startAndWait,
    [`${resource}.sync:2`]: startAndWait,
  };
}

/** Starts the execution in the name of the machine; its refusal is an error of the task. */
async function startChild(call: CallService, request: TaskRequest, given: Arguments): Promise<JsonObject> {
  const input = {
    stateMachineArn: given.StateMachineArn,
    ...(given.Name !== undefined && { name: given.Name }),
    input: toChildInput(given.Input),
  };
  return toSubmission(await ask(call, request, 'StartExecution', input), randomUUID(), new Date());
}

/** Starts the execution and waits for it. A task that is given up stops what it waits for. */
async function runChild(call: CallService, request: ServiceTaskRequest): Promise<JsonObject> {
  const given = readArguments(argumentsSchema, request);
  // The service names it too when the machine does not, so that the name is known before it runs.
  const named = { ...given, Name: given.Name ?? randomUUID() };
  const submission = await request.nested.shareTime(
    given.StateMachineArn,
    named.Name,
    async () => await startChild(call, request, named),
  );
  request.submitted(submission);
  const { ExecutionArn: executionArn } = submission as { readonly ExecutionArn: string };
  if ((await request.nested.whenEnded(executionArn)) === 'given-up') {
    await stopChild(call, request, executionArn);
    request.signal.throwIfAborted();
  }
  return readChildEnd(await describeChild(call, request, executionArn), request.resource);
}

async function describeChild(call: CallService, request: TaskRequest, executionArn: string): Promise<JsonObject> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask(call, request, 'DescribeExecution', { executionArn });
    } catch (error) {
      if (!(error instanceof StateFailure) || attempt === mostDescriptions) throw error;
    }
  }
}

/** As on AWS no more than an attempt: an execution the role may not stop runs on, and the task has its failure already. */
async function stopChild(call: CallService, request: TaskRequest, executionArn: string): Promise<void> {
  const { Execution } = request.context as { readonly Execution: { readonly Id: string } };
  const cause = `The Task state in AWS Step Functions execution [${Execution.Id}] which was managing this resource was aborted`;
  await call('states', 'StopExecution', { executionArn, cause }, callerOf(request));
}

async function ask(call: CallService, request: TaskRequest, operation: string, input: object): Promise<JsonObject> {
  const answer = await renamed(
    'StepFunctions',
    async () => await call('states', operation, input, callerOf(request)),
    ({ message, status }, code) =>
      `${message} (Service: AWSStepFunctions; Status Code: ${status}; Error Code: ${code}; Request ID: ${randomUUID()}; Proxy: null)`,
  );
  // The service's own answers are JSON; without what is undefined in them.
  return toJson(answer) as JsonObject;
}
