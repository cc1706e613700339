import { randomBytes } from 'node:crypto';

import { StateFailure } from './failure.ts';
import type { ErrorOutput } from './failure.ts';
import { payloadBytes, MAX_PAYLOAD_BYTES, toJson } from './json.ts';
import type { Json } from './json.ts';

/** Refusal of a SendTask call; `name` is the exception the service answers with. */
export class TaskTokenError extends Error {
  override readonly name: 'TaskDoesNotExist' | 'TaskTimedOut' | 'InvalidToken' | 'InvalidOutput';

  constructor(name: TaskTokenError['name'], token: string, reason: string) {
    super(`Could not report on the task with token "${token}": ${reason}`);
    this.name = name;
  }
}

/** A task that waits for its token. */
export interface WaitingTask {
  readonly executionId: string;
  readonly state: string;
  readonly succeed: (output: Json) => void;
  readonly fail: (failure: StateFailure) => void;
  readonly beat: () => void;
}

/** A token that was handed out and has not come back, and the task that waits for it. */
export interface OpenToken {
  readonly token: string;
  readonly executionId: string;
  readonly state: string;
}

// As long as those of the service, and with every character of Base64: a receiver that cannot carry one cannot carry theirs.
const TOKEN_BYTES = 472;
const TOKEN_HEAD = 'AQCEAAAAKgAAAAMA';
const TOKEN_FORM = /^AQCEAAAAKgAAAAMA[A-Za-z0-9+/]{630}==$/;

/** The tokens handed out by one or several executions, and the calls that bring them back. */
export class TaskTokens {
  readonly #waiting = new Map<string, WaitingTask>();
  readonly #closed = new Set<string>();

  /** Tokens that are still waited for, oldest first. */
  get openTokens(): readonly OpenToken[] {
    return [...this.#waiting].map(([token, { executionId, state }]) => ({ token, executionId, state }));
  }

  /** Hands out a new token for a task. */
  open(task: WaitingTask): string {
    const token = `${TOKEN_HEAD}${randomBytes(TOKEN_BYTES).toString('base64')}`;
    this.#waiting.set(token, task);
    return token;
  }

  /** Ends a token's life: later calls with it are refused with TaskTimedOut. */
  close(token: string): void {
    if (this.#waiting.delete(token)) this.#closed.add(token);
  }

  /** Lets the waiting task succeed with `output`. */
  sendTaskSuccess(token: string, output: unknown): void {
    const task = this.#take(token);
    const json = toJson(output);
    if (json === undefined || payloadBytes(json) > MAX_PAYLOAD_BYTES) {
      throw new TaskTokenError('InvalidOutput', token, `wants JSON of at most ${MAX_PAYLOAD_BYTES} bytes as output`);
    }
    this.close(token);
    task.succeed(json);
  }

  /** Lets the waiting task fail. */
  sendTaskFailure(token: string, output: ErrorOutput = {}): void {
    const task = this.#take(token);
    this.close(token);
    task.fail(new StateFailure(output));
  }

  /** Restarts the heartbeat clock of the waiting task; its timeout runs on. */
  sendTaskHeartbeat(token: string): void {
    this.#take(token).beat();
  }

  #take(token: string): WaitingTask {
    // Expired and answered tokens are told apart from those of others and from made-up ones, as in the service.
    const task = this.#waiting.get(token);
    if (task !== undefined) return task;
    if (this.#closed.has(token)) throw new TaskTokenError('TaskTimedOut', token, 'it is no longer waiting');
    if (TOKEN_FORM.test(token)) {
      throw new TaskTokenError('TaskDoesNotExist', token, 'no execution handed this token out');
    }
    throw new TaskTokenError('InvalidToken', token, 'it is not a task token');
  }
}
