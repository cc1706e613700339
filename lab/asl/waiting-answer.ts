import { refuseOversize } from './evaluate.ts';
import { STATES_ERRORS, StateFailure, StoppedError } from './failure.ts';
import { toJson } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { splitResource, waitsForToken } from './resources.ts';
import type { TaskRequest, Visit } from './run.ts';
import type { StateOf } from './schema.ts';
import { recordTask } from './task-events.ts';

/** A Task ready to be called. */
export interface TaskPlan {
  readonly arguments: Json;
  readonly context: JsonObject;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

/** The answer of one attempt, whichever comes first: the handler, the token, a timeout, a missed heartbeat, a stop. */
export class WaitingAnswer {
  readonly token: string | undefined;
  readonly #visit: Visit<StateOf<'Task'>>;
  readonly #answer = Promise.withResolvers<Json>();
  readonly #handlerStop = new AbortController();
  readonly #stop = (): void => this.#answer.reject(this.#visit.strand.signal.reason);
  #isOpen = true;
  #cancelTimeout = (): void => undefined;
  #cancelHeartbeat = (): void => undefined;
  #stopExpecting = (): void => undefined;
  #beat = (): void => undefined;

  constructor(visit: Visit<StateOf<'Task'>>) {
    this.#visit = visit;
    // Settled without a listener when Arguments cannot be evaluated.
    this.#answer.promise.catch(() => undefined);
    visit.strand.signal.addEventListener('abort', this.#stop, { once: true });
    if (!waitsForToken(visit.state.Resource)) return;
    this.token = visit.strand.run.tokens.open({
      executionId: visit.strand.run.facts.Execution.Id,
      state: visit.name,
      succeed: (output) => this.#settle(() => this.#answer.resolve(output)),
      fail: (failure) => this.#settle(() => this.#answer.reject(failure)),
      beat: () => this.#beat(),
    });
  }

  async ask(plan: TaskPlan): Promise<Json> {
    // Timers first: a handler that answers at once must still find its heartbeat running.
    this.#startTimers(plan);
    void this.#callHandler(plan);
    try {
      const result = await this.#answer.promise;
      refuseOversize(result, splitResource(this.#visit.state.Resource).resourceType);
      recordTask(this.#visit, 'TaskSucceeded', { output: result });
      return result;
    } catch (error) {
      this.#isOpen = false;
      this.#handlerStop.abort(error);
      // A stopped task is recorded by its state, as aborted.
      if (!(error instanceof StoppedError)) this.#recordFailure(error);
      throw error;
    }
  }

  close(): void {
    this.#isOpen = false;
    this.#visit.strand.signal.removeEventListener('abort', this.#stop);
    this.#cancelTimeout();
    this.#cancelHeartbeat();
    this.#stopExpecting();
    if (this.token !== undefined) this.#visit.strand.run.tokens.close(this.token);
  }

  /** The token came back: from this moment on the task waits for nobody, even if its call still runs. */
  #settle(answer: () => void): void {
    this.#isOpen = false;
    this.#stopExpecting();
    answer();
  }

  #startTimers({ timeoutSeconds, heartbeatSeconds }: TaskPlan): void {
    const { clock } = this.#visit.strand.run;
    const limit = (seconds: number, missedHeartbeat: boolean): (() => void) =>
      clock.schedule(seconds * 1000, () => this.#answer.reject(timeoutFailure(missedHeartbeat)), 'limit');
    if (timeoutSeconds !== undefined) this.#cancelTimeout = limit(timeoutSeconds, false);
    if (heartbeatSeconds === undefined) return;
    this.#beat = () => {
      this.#cancelHeartbeat();
      this.#cancelHeartbeat = limit(heartbeatSeconds, true);
    };
    this.#beat();
  }

  async #callHandler(plan: TaskPlan): Promise<void> {
    try {
      const output = await callHandler(this.#visit, this.#requestFor(plan));
      // With a token the answer of the call is only a receipt: the result comes with the token.
      if (this.token === undefined) this.#answer.resolve(output);
      else this.#submit(output);
    } catch (error) {
      this.#answer.reject(error);
    }
  }

  /** The job is handed over. One that has ended before, or was given up, leaves no trace of that. */
  #submit(output: Json): void {
    if (!this.#isOpen) return;
    recordTask(this.#visit, 'TaskSubmitted', { output });
    if (this.token !== undefined)
      this.#stopExpecting = this.#visit.strand.run.clock.expectAnswer?.() ?? (() => undefined);
  }

  #requestFor(plan: TaskPlan): TaskRequest {
    return {
      resource: this.#visit.state.Resource,
      arguments: plan.arguments,
      context: plan.context,
      ...(this.token === undefined ? {} : { taskToken: this.token }),
      signal: AbortSignal.any([this.#visit.strand.signal, this.#handlerStop.signal]),
      heartbeat: () => this.#beat(),
      submitted: (output) => this.#submit(output),
    };
  }

  #recordFailure(error: unknown): void {
    if (!(error instanceof StateFailure)) return;
    // A handler may report a States.Timeout of its own, of a child machine for instance; that is a failed task.
    const timedOut = error.error === STATES_ERRORS.timeout && error.cause === '';
    const cause = error.cause === '' ? undefined : error.cause;
    recordTask(this.#visit, timedOut ? 'TaskTimedOut' : 'TaskFailed', { error: error.error, cause });
  }
}

async function callHandler(visit: Visit<StateOf<'Task'>>, request: TaskRequest): Promise<Json> {
  // Looked up by resource, as the service does, never by the name of the state.
  const handler = visit.strand.run.handlers[request.resource];
  if (handler === undefined) throw handlerFault(`No handler for the resource "${request.resource}"`);
  let answer: unknown;
  try {
    answer = await handler(request);
  } catch (error) {
    if (error instanceof StateFailure) throw error;
    // Only errors have the name that Retry and Catch need.
    if (!(error instanceof Error)) throw handlerFault(`The handler threw "${String(error)}", which is not an error`);
    throw new StateFailure({ error: error.name, cause: error.message });
  }
  const json = toJson(answer);
  if (json === undefined)
    throw handlerFault(`The handler of "${request.resource}" answered with something JSON cannot hold`);
  return json;
}

/** A fault of the lab itself: States.Runtime, so that no Catch of the machine can hide it. */
function handlerFault(cause: string): StateFailure {
  return new StateFailure({ error: STATES_ERRORS.runtime, cause });
}

/** The service gives timeouts an empty cause, and a missed heartbeat the same name as a timeout. */
function timeoutFailure(missedHeartbeat: boolean): StateFailure {
  return new StateFailure({ error: STATES_ERRORS.timeout, cause: '', missedHeartbeat });
}
