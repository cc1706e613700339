import * as z from 'zod/mini';
import { TaskTokenError } from '../../asl/tokens.ts';
import type { TaskTokens } from '../../asl/tokens.ts';
import { ServiceError } from '../wire/service-error.ts';
import { defineOperation } from '../wire/service.ts';
import type { Operation } from '../wire/service.ts';

/** What a caller may say about a failure; the limits are the API's. */
export const failureFields = {
  error: z.optional(z.string().check(z.maxLength(256))),
  cause: z.optional(z.string().check(z.maxLength(32_768))),
};

/** The three calls that bring a token back, or keep its task waiting. */
export function defineTokenCalls(tokens: TaskTokens): Readonly<Record<string, Operation>> {
  const taskToken = z.string().check(z.minLength(1), z.maxLength(2048));
  return {
    SendTaskSuccess: defineOperation(z.strictObject({ taskToken, output: z.string() }), (input) =>
      answerToken(() => tokens.sendTaskSuccess(input.taskToken, parseOutput(input.output))),
    ),
    SendTaskFailure: defineOperation(z.strictObject({ taskToken, ...failureFields }), (input) =>
      answerToken(() => tokens.sendTaskFailure(input.taskToken, { error: input.error, cause: input.cause })),
    ),
    SendTaskHeartbeat: defineOperation(z.strictObject({ taskToken }), (input) =>
      answerToken(() => tokens.sendTaskHeartbeat(input.taskToken)),
    ),
  };
}

function parseOutput(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ServiceError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
  }
}

/** In the service's words, which people search for; the wording of TaskDoesNotExist and of an oversized output is a guess. */
const messages: Readonly<Record<TaskTokenError['name'], string>> = {
  InvalidToken: "Invalid Token: 'Invalid token'",
  TaskTimedOut: "Task Timed Out: 'Provided task does not exist anymore'",
  TaskDoesNotExist: "Task Does Not Exist: 'Provided task does not exist'",
  InvalidOutput: "Invalid Output: 'The output is over 262144 bytes'",
};

function answerToken(send: () => void): unknown {
  try {
    send();
    return {};
  } catch (error) {
    if (error instanceof TaskTokenError) throw new ServiceError(error.name, messages[error.name]);
    throw error;
  }
}
