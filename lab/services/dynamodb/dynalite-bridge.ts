import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import { ServiceError } from '../wire/service-error.ts';

type Dynalite = (options: Readonly<Record<string, number>>) => Server;

// The package brings no types of its own.
const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite;

/** Runs an operation inside an embedded dynalite, without a socket of its own. */
export type CallDynalite = (operation: string, input: unknown) => Promise<unknown>;

/** Opens an empty store in memory. */
export function openDynalite(): CallDynalite {
  // Tables change state at once: waiting for ACTIVE is CloudFormation's business, and it has waited.
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return async (operation, input) => await emitRequest(server, operation, input);
}

/** Plays one HTTP exchange with dynalite's request listener; it needs just these few members of request and response. */
async function emitRequest(server: Server, operation: string, input: unknown): Promise<unknown> {
  const request = Object.assign(new EventEmitter(), { method: 'POST', url: '/', headers: toHeaders(operation) });
  const { promise, resolve } = Promise.withResolvers<{ readonly status: number; readonly body: string }>();
  const response = {
    statusCode: 200,
    setHeader: (): void => undefined,
    end: (body = '{}'): void => resolve({ status: response.statusCode, body }),
  };
  server.emit('request', request, response);
  request.emit('data', Buffer.from(JSON.stringify(input)));
  request.emit('end');
  const { status, body } = await promise;
  return readAnswer(operation, status, body);
}

function toHeaders(operation: string): Readonly<Record<string, string>> {
  return {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization: 'AWS4-HMAC-SHA256 Credential=lab, SignedHeaders=lab, Signature=lab',
  };
}

/** dynalite names an operation it does not have without a message; ours says whose gap that is. */
function readAnswer(operation: string, status: number, body: string): unknown {
  const answer = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (status < 400) return answer;
  const code = typeof answer.__type === 'string' ? answer.__type : 'InternalServerError';
  const text = answer.message ?? answer.Message;
  const message = typeof text === 'string' ? text : `The lab's DynamoDB does not implement '${operation}'`;
  throw new ServiceError(code, message, status);
}
