import * as z from 'zod/mini';
import type { TaskHandler, TaskRequest } from '../../asl/run.ts';
import type { Outcome } from '../../lambda-runtime/function-process.ts';
import { ServiceError } from '../wire/service-error.ts';
import { parseInput } from '../wire/service.ts';

/** The services a task can reach; each call is recorded under the machine's ARN. */
export interface TaskServices {
  readonly invokeFunction: (functionName: string, payload: string, caller: string) => Promise<Outcome>;
  /** Calls an operation of another service of the lab and returns its answer. */
  readonly call: (service: string, operation: string, input: unknown, caller: string) => Promise<unknown>;
}

const invokeSchema = z.strictObject({ FunctionName: z.string(), Payload: z.optional(z.unknown()) });

/** Handlers for the optimised integrations the lab knows; a resource that is not here cannot be deployed. */
export function createTaskHandlers(services: TaskServices): Readonly<Record<string, TaskHandler>> {
  const invoke: TaskHandler = async (request) => await invokeFunction(services, request);
  const sendMessage: TaskHandler = async (request) => await callService(services, request, 'sqs', 'SendMessage', 'SQS');
  const publish: TaskHandler = async (request) => await callService(services, request, 'sns', 'Publish', 'SNS');
  return {
    ...withToken('arn:aws:states:::lambda:invoke', invoke),
    ...withToken('arn:aws:states:::sqs:sendMessage', sendMessage),
    ...withToken('arn:aws:states:::sns:publish', publish),
    ...withToken('arn:aws:states:::events:putEvents', async (request) => await putEvents(services, request)),
  };
}

/** Both patterns of an integration: answer at once, or wait for the token the arguments carry. */
function withToken(resource: string, handler: TaskHandler): Readonly<Record<string, TaskHandler>> {
  return { [resource]: handler, [`${resource}.waitForTaskToken`]: handler };
}

/** The error of the function becomes the error of the task, by its own name: catchers match it. */
async function invokeFunction(services: TaskServices, request: TaskRequest): Promise<unknown> {
  const where = { service: 'Step Functions', operation: request.resource };
  const { FunctionName, Payload = {} } = parseInput(invokeSchema, request.arguments, where);
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

/** Service errors reach a catcher as `Service.CodeException`; the suffix is there once. */
async function renamed<Result>(prefix: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const code = error.code.replace(/^.*#/, '');
    throw toTaskError(`${prefix}.${code.endsWith('Exception') ? code : `${code}Exception`}`, error.message);
  }
}

function toTaskError(name: string, cause: string): Error {
  return Object.assign(new Error(cause), { name });
}

/** A machine calls in its own name; its role is found by its ARN. */
function callerOf({ context }: TaskRequest): string {
  return (context.StateMachine as { readonly Id: string }).Id;
}
