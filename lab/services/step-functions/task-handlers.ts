import * as z from 'zod/mini';
import type { TaskRequest } from '../../asl/run.ts';
import type { Outcome } from '../../lambda-runtime/function-process.ts';
import { createExecutionHandlers } from './start-execution-task.ts';
import type { CallService } from './start-execution-task.ts';
import { readArguments } from './task-arguments.ts';
import { callerOf, renamed, toTaskError } from './task-failure.ts';
import type { ServiceTaskHandler } from './task-request.ts';

/** The services a task can reach; each call is recorded under the machine's ARN. */
export interface TaskServices {
  readonly invokeFunction: (functionName: string, payload: string, caller: string) => Promise<Outcome>;
  /** Calls an operation of another service of the lab and returns its answer. */
  readonly call: CallService;
}

const invokeSchema = z.strictObject({ FunctionName: z.string(), Payload: z.optional(z.unknown()) });

/** Handlers for the optimised integrations the lab knows; a resource that is not here cannot be deployed. */
export function createTaskHandlers(services: TaskServices): Readonly<Record<string, ServiceTaskHandler>> {
  const invoke: ServiceTaskHandler = async (request) => await invokeFunction(services, request);
  const sendMessage: ServiceTaskHandler = async (request) =>
    await callService(services, request, 'sqs', 'SendMessage', 'SQS');
  const publish: ServiceTaskHandler = async (request) => await callService(services, request, 'sns', 'Publish', 'SNS');
  return {
    ...withToken('arn:aws:states:::lambda:invoke', invoke),
    ...withToken('arn:aws:states:::sqs:sendMessage', sendMessage),
    ...withToken('arn:aws:states:::sns:publish', publish),
    ...withToken('arn:aws:states:::events:putEvents', async (request) => await putEvents(services, request)),
    ...createExecutionHandlers(services.call),
  };
}

/** Both patterns of an integration: answer at once, or wait for the token the arguments carry. */
function withToken(resource: string, handler: ServiceTaskHandler): Readonly<Record<string, ServiceTaskHandler>> {
  return { [resource]: handler, [`${resource}.waitForTaskToken`]: handler };
}

/** The error of the function becomes the error of the task, by its own name: catchers match it. */
async function invokeFunction(services: TaskServices, request: TaskRequest): Promise<unknown> {
  const { FunctionName, Payload = {} } = readArguments(invokeSchema, request);
  const outcome = await renamed('Lambda', async () =>
    services.invokeFunction(FunctionName, JSON.stringify(Payload), callerOf(request)),
  );
  if (outcome.kind === 'succeeded') {
    return { ExecutedVersion: '$LATEST', Payload: JSON.parse(outcome.payload) as unknown, StatusCode: 200 };
  }
  const { errorMessage, errorType, trace } = outcome.error;
  throw toTaskError(errorType, JSON.stringify({ errorMessage, errorType, trace }));
}

/** A message given as a structure travels as its JSON text. */
async function callService(
  services: TaskServices,
  request: TaskRequest,
  service: string,
  operation: string,
  errorPrefix: string,
): Promise<unknown> {
  const input = Object.fromEntries(
    Object.entries(request.arguments as Readonly<Record<string, unknown>>).map(([name, value]) => [
      name,
      (name === 'MessageBody' || name === 'Message') && typeof value !== 'string' ? JSON.stringify(value) : value,
    ]),
  );
  return await renamed(errorPrefix, async () => await services.call(service, operation, input, callerOf(request)));
}

async function putEvents(services: TaskServices, request: TaskRequest): Promise<unknown> {
  const { Entries, ...rest } = request.arguments as { readonly Entries?: readonly Readonly<Record<string, unknown>>[] };
  const entries = Entries?.map((entry) => ({
    ...entry,
    ...(typeof entry.Detail === 'object' && { Detail: JSON.stringify(entry.Detail) }),
  }));
  const answer = await renamed('EventBridge', async () =>
    services.call('events', 'PutEvents', { ...rest, Entries: entries }, callerOf(request)),
  );
  // The integration fails the task when one entry was refused.
  if ((answer as { readonly FailedEntryCount: number }).FailedEntryCount === 0) return answer;
  throw toTaskError('EventBridge.FailedEntry', JSON.stringify(answer));
}
