import { STATES_ERRORS, StateFailure } from './failure.ts';
import { isJsonObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';

/** What StartExecution answered, as the task that called it shows it: names capitalised, dates in milliseconds, the SDK's own words beside. */
export function toSubmission(answer: JsonObject, requestId: string, at: Date): JsonObject {
  const headers = {
    'x-amzn-RequestId': requestId,
    connection: 'keep-alive',
    'Content-Length': String(Buffer.byteLength(JSON.stringify(answer))),
    Date: at.toUTCString(),
    'Content-Type': 'application/x-amz-json-1.0',
  };
  return sortKeys({
    ...toTold(answer),
    SdkHttpMetadata: {
      AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      HttpHeaders: headers,
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  });
}

/**
 * The result of a task that waited for an execution, from what DescribeExecution answers about its end. Any end but
 * success is States.TaskFailed, whatever the execution's own error was, with the whole description as cause.
 */
export function readChildEnd(description: JsonObject, resource: string): JsonObject {
  const told = toTold(description);
  // In a cause both payloads stay text, also under `.sync:2`.
  if (description['status'] !== 'SUCCEEDED') {
    throw new StateFailure({ error: STATES_ERRORS.taskFailed, cause: JSON.stringify(told) });
  }
  if (!resource.endsWith('.sync:2')) return told;
  return { ...told, Input: parsePayload(told['Input']), Output: parsePayload(told['Output']) };
}

/** The text StartExecution gets for an `Input` of Arguments; text is taken as it is, so that it has to be JSON. */
export function toChildInput(input: Json | undefined): string {
  if (input === undefined || input === null) return '{}';
  return typeof input === 'string' ? input : JSON.stringify(input);
}

/** Whether the service would redrive an execution, as DescribeExecution says it. Nothing here redrives any. */
export function describeRedrive(status: string): JsonObject {
  if (status !== 'RUNNING' && status !== 'SUCCEEDED') return { redriveStatus: 'REDRIVABLE' };
  const redriveStatusReason = `Execution is ${status} and cannot be redriven`;
  return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason };
}

const DATES = /Date$/;

function toTold(answer: JsonObject): JsonObject {
  return sortKeys(
    Object.fromEntries(
      Object.entries(answer).map(([key, value]) => {
        const told = isJsonObject(value) ? toTold(value) : value;
        // The API counts seconds, the service shows milliseconds.
        const isDate = DATES.test(key) && typeof told === 'number';
        return [`${key.charAt(0).toUpperCase()}${key.slice(1)}`, isDate ? Math.round(told * 1000) : told];
      }),
    ),
  );
}

/** Causes are text, so that the order of keys can be seen: it is the alphabet's. */
function sortKeys(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function parsePayload(text: Json | undefined): Json {
  return typeof text === 'string' ? (JSON.parse(text) as Json) : (text ?? null);
}
