import { createServer, request as sendRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FillGap } from './moto-gaps.ts';

/** A call that went to an endpoint, in the order of arrival. */
export interface CallSeen {
  readonly service: string;
  readonly operation: string;
  readonly text: string;
}

/** A reverse proxy that writes down what passes: who looks from outside can say what the functions did not do. */
export interface Recorder {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens before an endpoint and appends every call to `calls`; `answerSelf` may answer in the endpoint's place. */
export async function startRecorder(
  service: string,
  upstream: string,
  calls: CallSeen[],
  answerSelf?: FillGap,
): Promise<Recorder> {
  const server = createServer((incoming, answer) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const operation = readOperation(incoming, body);
      calls.push({ service, operation, text: body.toString() });
      void answerCall(operation, body, answer, answerSelf, () => pass(upstream, incoming, body, answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answerCall(
  operation: string,
  body: Buffer,
  answer: ServerResponse,
  answerSelf: FillGap | undefined,
  passOn: () => void,
): Promise<void> {
  try {
    const own = await answerSelf?.(operation, body.toString());
    if (own === undefined) passOn();
    else answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(own));
  } catch (error) {
    answer.writeHead(500).end(String(error));
  }
}

function pass(upstream: string, incoming: IncomingMessage, body: Buffer, answer: ServerResponse): void {
  const { host } = new URL(upstream);
  const outgoing = sendRequest(
    new URL(incoming.url ?? '/', upstream),
    { method: incoming.method, headers: { ...incoming.headers, host } },
    (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    },
  );
  outgoing.once('error', (error) => answer.writeHead(502).end(String(error)));
  outgoing.end(body);
}

/** JSON protocols name the operation in a header, the query protocols in the body. */
function readOperation({ headers }: IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? '';
  return new URLSearchParams(body.toString()).get('Action') ?? '';
}
