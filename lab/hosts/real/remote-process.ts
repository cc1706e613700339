import type { ChildProcess } from 'node:child_process';
import { HostWorldError } from '../host-errors.ts';

/** Functions that one process offers to the one that started it: one argument, one promised answer. */
export type Methods<Names extends string = string> = Readonly<Record<Names, (argument: never) => Promise<unknown>>>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Calls the methods of a child process over its message channel. */
export class RemoteProcess<Offered extends object> {
  readonly #child: ChildProcess;
  readonly #label: string;
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (reason: Error) => void }>();
  #nextId = 1;
  #ended: string | undefined;

  constructor(child: ChildProcess, label: string) {
    this.#child = child;
    this.#label = label;
    child.on('message', (message) => this.#settle(message as Answer));
    child.on('error', (cause) => this.#end(cause.message));
    child.on('exit', (code, signal) => this.#end(`ended with ${signal ?? code}`));
    child.on('disconnect', () => this.#end('closed its channel'));
    // A world that is forgotten must not keep its maker alive; a call under way must (see `call`).
    child.unref();
    child.channel?.unref();
  }

  /** Calls a method; rejects when it throws, or when the process ends first. */
  call<Name extends keyof Offered & string>(
    method: Name,
    ...argument: Offered[Name] extends () => unknown
      ? []
      : Offered[Name] extends (argument: infer Argument) => unknown
        ? [Argument]
        : []
  ): Promise<Offered[Name] extends (argument: never) => Promise<infer Result> ? Result : never> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#ended !== undefined) {
      reject(new HostWorldError(`Cannot call "${method}" of ${this.#label}: it ${this.#ended}`));
    } else {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#child.channel?.ref();
      this.#child.send({ id, method, argument: argument[0] } satisfies Call, (cause) => {
        if (cause) this.#settle({ id, error: cause.message });
      });
    }
    return promise as ReturnType<typeof this.call<Name>>;
  }

  /** Closes the channel, which ends the process, and waits for its end; kills it when it does not obey. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('exit', () => resolve());
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await promise;
    clearTimeout(impatience);
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#child.channel?.unref();
    if (answer.error === undefined) waiting?.resolve(answer.result);
    else waiting?.reject(new HostWorldError(answer.error));
  }

  #end(how: string): void {
    this.#ended ??= how;
    for (const [id] of this.#waiting) this.#settle({ id, error: `Lost ${this.#label}: it ${how}` });
  }
}

/** Answers the calls of the process that started this one; ends with it. */
export function serveCalls(methods: Methods): void {
  // The starter may be killed without a word: then nothing of the world may stay behind.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => void answerCall(methods, message as Call));
}

async function answerCall(methods: Methods, call: Call): Promise<void> {
  let answer: Answer;
  try {
    const method = methods[call.method];
    if (method === undefined) throw new HostWorldError(`Cannot call "${call.method}": there is no such method`);
    answer = { id: call.id, result: await method(call.argument as never) };
  } catch (cause) {
    answer = { id: call.id, error: cause instanceof Error ? cause.message : String(cause) };
  }
  if (process.connected) process.send?.(answer);
}
