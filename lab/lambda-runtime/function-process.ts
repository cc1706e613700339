import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildMessage, FunctionError, InvokeMessage } from './messages.ts';
import { OutputReader } from './output-reader.ts';

/** How a request ended. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: FunctionError };

/** One process of one function. */
export interface FunctionProcessProps {
  readonly taskRoot: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  /** Whether sleeps take no real time, see skip-waits.mjs. */
  readonly skipsWaits: boolean;
  readonly onLine: (stream: 'stdout' | 'stderr', requestId: string, text: string) => void;
}

/** Runs inside the child; it must not be bundled with anything. */
const bootstrapPath = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));

/** Lambda's limit for loading a function's code. */
const initTimeoutSeconds = 10;

/** One execution environment: a child process that serves one request after the other. */
export class FunctionProcess {
  readonly #props: FunctionProcessProps;
  readonly #child: ChildProcess;
  readonly #readers: readonly OutputReader[];
  readonly #exited: Promise<Outcome>;
  #onMessage: ((message: ChildMessage) => void) | undefined;
  #requestId = '';
  #isDead = false;
  #skippedMs = 0;

  constructor(props: FunctionProcessProps) {
    this.#props = props;
    // Neither flags nor environment of the lab itself may leak into the function.
    const options = { cwd: props.taskRoot, env: { ...props.environment }, execArgv: [], silent: true };
    this.#child = fork(bootstrapPath, props.skipsWaits ? ['--skip-waits'] : [], options);
    this.#child.on('message', (message) => {
      this.#skippedMs = (message as ChildMessage).skippedMs;
      this.#onMessage?.(message as ChildMessage);
    });
    this.#readers = (['stdout', 'stderr'] as const).flatMap((name) => {
      const stream = this.#child[name];
      return stream === null ? [] : [new OutputReader(stream, (text) => props.onLine(name, this.#requestId, text))];
    });
    this.#exited = this.#watchExit();
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** The token that the process signs its calls with, and no other process does. */
  get sessionToken(): string {
    return this.#props.environment['AWS_SESSION_TOKEN'] ?? '';
  }

  /** How much time the process skipped so far. */
  get skippedMs(): number {
    return this.#skippedMs;
  }

  /** Waits until the handler is loaded; a handler that cannot be loaded is an error and the end of the process. */
  async init(): Promise<FunctionError | undefined> {
    const outcome = await this.#exchange(initTimeoutSeconds, undefined);
    if (outcome.kind === 'succeeded') return undefined;
    await this.kill();
    return outcome.error;
  }

  async invoke(message: InvokeMessage): Promise<Outcome> {
    this.#requestId = message.requestId;
    return await this.#exchange(this.#props.timeoutSeconds, message);
  }

  async kill(): Promise<void> {
    this.#isDead = true;
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Sends a request, or nothing for the init phase, and waits for the answer, the process' end or the time-out. */
  async #exchange(timeoutSeconds: number, request: InvokeMessage | undefined): Promise<Outcome> {
    const { promise: answered, resolve } = Promise.withResolvers<Outcome>();
    this.#onMessage = (message) =>
      resolve(message.kind === 'timed-out' ? this.#timedOut(timeoutSeconds) : toOutcome(message));
    const marks = this.#readers.map(async (reader) => await reader.untilMark());
    const timer = setTimeout(() => resolve(this.#timedOut(timeoutSeconds)), timeoutSeconds * 1000);
    if (request !== undefined && this.#child.connected) this.#child.send(request);
    const outcome = await Promise.race([answered, this.#exited]);
    clearTimeout(timer);
    if (outcome.kind === 'failed' && outcome.error.errorType === timedOutType) await this.kill();
    await Promise.all(marks);
    return outcome;
  }

  #timedOut(seconds: number): Outcome {
    const errorMessage = `RequestId: ${this.#requestId} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
    return { kind: 'failed', error: { errorType: timedOutType, errorMessage, trace: [] } };
  }

  async #watchExit(): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#child.once('error', (error) => resolve(error.message));
    // `close` comes after the last output and the last message, `exit` may come before them.
    this.#child.once('close', (code, signal) => {
      resolve(signal === null ? `exit status ${code ?? 'unknown'}` : `signal: ${signal}`);
    });
    const reason = await promise;
    this.#isDead = true;
    const errorMessage = `RequestId: ${this.#requestId} Error: Runtime exited with error: ${reason}`;
    return { kind: 'failed', error: { errorType: 'Runtime.ExitError', errorMessage, trace: [] } };
  }
}

/** The name under which Lambda reports a time-out, and state machines catch it. */
const timedOutType = 'Sandbox.Timedout';

function toOutcome(message: Exclude<ChildMessage, { kind: 'timed-out' }>): Outcome {
  switch (message.kind) {
    case 'ready':
      return { kind: 'succeeded', payload: 'null' };
    case 'succeeded':
      return { kind: 'succeeded', payload: message.payload };
    case 'init-failed':
    case 'failed':
      return { kind: 'failed', error: message.error };
    default:
      throw new Error(`Could not read a message of a function's process: '${JSON.stringify(message satisfies never)}'`);
  }
}
