import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAnswer, toErrorAnswer } from './wire/answer.ts';
import type { WireAnswer } from './wire/answer.ts';
import { parseForm } from './wire/form.ts';
import { ServiceError } from './wire/service-error.ts';
import { LabTime, skippedHeader } from './lab-time.ts';
import type { AwsService, ServiceCall, Wire } from './wire/service.ts';

/** What a test may do to a call: slow it, fail it before it runs, or run it and lose the answer. */
export interface Fault {
  readonly delayMs?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly status: number };
  /** Takes the place of what the caller sent. */
  readonly input?: unknown;
  /** The call takes effect, but the connection ends before the answer. */
  readonly loseAnswer?: boolean;
  /** Runs once the call took effect and before it is answered, for instance to kill the caller; may throw an error to answer. */
  readonly afterwards?: () => Promise<void>;
}

/** Looks at a call before it runs; `undefined` lets it pass. */
export type Intercept = (call: ServiceCall) => Fault | undefined | Promise<Fault | undefined>;

/** The lab's single endpoint, and the one place where calls are recorded and faults injected. */
export interface Gateway {
  readonly url: string;
  readonly calls: readonly ServiceCall[];
  /** Replaces the fault hook; `undefined` takes it away. */
  setIntercept(intercept: Intercept | undefined): void;
  /** Runs a call between two services of the lab with the same record and faults as one on the wire. */
  perform<Result>(call: Omit<ServiceCall, 'at'>, run: (call: ServiceCall) => Promise<Result>): Promise<Result>;
  stop(): Promise<void>;
}

const unknownWire: Wire = { kind: 'json', targetPrefix: '', version: '1.1' };
/** The lab checks no signature, but as on AWS a call without credentials is refused. */
const credentialPattern = /Credential=([^/\s,]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/;
const maximumBodyBytes = 16 * 1024 * 1024;

/** Starts the endpoint on a free port of the loopback address. `time` is the time in its answers. Default: the system's. */
export async function startGateway(
  services: readonly AwsService[],
  intercept?: Intercept,
  time: LabTime = new LabTime(),
): Promise<Gateway> {
  const desk = new CallDesk(intercept);
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(time.see(request.headers[skippedHeader])).toUTCString());
    void serve(request, response, services, desk);
  });
  // The SDK keeps connections open; the default of 5 s would race with its next request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls: desk.calls,
    setIntercept: (next) => desk.setIntercept(next),
    perform: async (call, run) => await desk.perform(call, run),
    stop: async () => await stopServer(server),
  };
}

/** Records each call and does to it what the fault hook says, before and after it runs. */
class CallDesk {
  readonly calls: ServiceCall[] = [];
  #intercept: Intercept | undefined;

  constructor(intercept: Intercept | undefined) {
    this.#intercept = intercept;
  }

  setIntercept(intercept: Intercept | undefined): void {
    this.#intercept = intercept;
  }

  async perform<Result>(
    partial: Omit<ServiceCall, 'at'>,
    run: (call: ServiceCall) => Promise<Result>,
  ): Promise<Result> {
    const call: ServiceCall = { at: Date.now(), ...partial };
    this.calls.push(call);
    const fault = await this.#intercept?.(call);
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault?.error !== undefined) throw new ServiceError(fault.error.code, fault.error.message, fault.error.status);
    const result = await run(fault?.input === undefined ? call : { ...call, input: fault.input });
    await fault?.afterwards?.();
    if (fault?.loseAnswer === true) throw new LostAnswerError();
    return result;
  }
}

/** Tells the HTTP side to hang up instead of answering. */
class LostAnswerError extends Error {
  override readonly name = 'LostAnswerError';
  override readonly message = 'The answer was lost on purpose by the lab';
}

/** Answers one HTTP request; every error becomes an answer in the wire form of its service. */
async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  services: readonly AwsService[],
  desk: CallDesk,
): Promise<void> {
  const requestId = randomUUID();
  let wire = unknownWire;
  try {
    const body = await readBody(request);
    const service = findService(request, services);
    wire = service.wire;
    const partial = toCall(request, service, body);
    const result = await desk.perform(partial, async (call) => await service.run(call.operation, call.input, call));
    send(response, toAnswer(wire, partial.operation, result, requestId), requestId);
  } catch (error) {
    if (error instanceof LostAnswerError) response.destroy();
    else send(response, toErrorAnswer(wire, toServiceError(error), requestId), requestId);
  }
}

/** JSON services are told by the target header, the others by the scope of the signature. */
function findService(request: IncomingMessage, services: readonly AwsService[]): AwsService {
  const target = request.headers['x-amz-target'];
  const scope = credentialPattern.exec(request.headers.authorization ?? '')?.[2];
  const found = services.find(({ wire }) =>
    wire.kind === 'json'
      ? typeof target === 'string' && target.startsWith(`${wire.targetPrefix}.`)
      : target === undefined && wire.scope === scope,
  );
  if (found !== undefined) return found;
  const wanted =
    typeof target === 'string' ? target : `${scope ?? 'unsigned'} ${request.method ?? ''} ${request.url ?? ''}`;
  throw new ServiceError('UnsupportedOperation', `The lab has no service for '${wanted}'`);
}

/** Turns a request into the call that is recorded; without credentials there is nobody to record. */
function toCall(request: IncomingMessage, service: AwsService, body: string): Omit<ServiceCall, 'at'> {
  const caller = credentialPattern.exec(request.headers.authorization ?? '')?.[1];
  if (caller === undefined) {
    throw new ServiceError('MissingAuthenticationToken', 'The request carries no credentials', 403);
  }
  const token = request.headers['x-amz-security-token'];
  const from = { caller, ...(typeof token === 'string' && { session: token }) };
  if (service.wire.kind === 'rest-xml') {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://lab');
    return {
      service: service.name,
      ...service.wire.read({ method: request.method ?? '', path, query, body }),
      ...from,
    };
  }
  if (service.wire.kind !== 'json') {
    const { action, input } = parseForm(body);
    return { service: service.name, operation: action, input, ...from };
  }
  const operation = String(request.headers['x-amz-target']).slice(service.wire.targetPrefix.length + 1);
  return { service: service.name, operation, input: parseJson(body), ...from };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new ServiceError('SerializationException', 'The body of the request is not JSON');
  }
}

/** Our own mistakes answer 500 with their text, so that a lab bug is seen as one and not as a fault of the product. */
function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  return new ServiceError(
    'InternalFailure',
    `The lab failed: ${error instanceof Error ? error.stack : String(error)}`,
    500,
  );
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > maximumBodyBytes) throw new ServiceError('RequestEntityTooLarge', 'The request is over 16 MB', 413);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, answer: WireAnswer, requestId: string): void {
  response.writeHead(answer.status, {
    'content-type': answer.contentType,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': requestId,
  });
  response.end(answer.body);
}

async function stopServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
