import { contextOf, evaluateField, evaluateInteger, failField, refuseOversize } from './evaluate.ts';
import { STATES_ERRORS, StateFailure, StoppedError } from './failure.ts';
import type { EventDetails } from './history.ts';
import { toJson } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import type { TaskRequest, Visit } from './run.ts';
import type { StateOf } from './schema.ts';

/** A Task ready to be called. */
export interface TaskPlan {
  readonly arguments: Json;
  readonly context: JsonObject;
  readonly timeoutSeconds: number | undefined;
  readonly heartbeatSeconds: number | undefined;
}

type TaskVisit = Visit<StateOf<'Task'>>;

const SECONDS = { least: 1, most: 99_999_999 };

/** Runs one attempt of a Task: evaluates its fields, calls the handler, waits for the answer or the token. */
export async function runTask(visit: TaskVisit): Promise<Json> {
  const waiting = new WaitingAnswer(visit);
  try {
    // The token exists before the Arguments, which carry it to whoever is to send it back.
    const plan = await planTask(visit, waiting.token);
    // Evaluating takes its time; a task that was stopped meanwhile must not be called.
    visit.strand.signal.throwIfAborted();
    recordScheduled(visit, plan);
    return await waiting.ask(plan);
  } finally {
    waiting.close();
  }
}

/** Evaluates Arguments, TimeoutSeconds and HeartbeatSeconds. The token is in the context only here, where it is documented. */
export async function planTask(visit: TaskVisit, token: string | undefined): Promise<TaskPlan> {
  const tokenContext: JsonObject = token === undefined ? {} : { Task: { Token: token } };
  const parameters = await evaluateField(visit, visit.state.Arguments, 'Arguments', { context: tokenContext });
  refuseOversize(parameters, visit.name);
  const timeoutSeconds = await evaluateInteger(visit, 'TimeoutSeconds', SECONDS);
  const heartbeatSeconds = await evaluateInteger(visit, 'HeartbeatSeconds', SECONDS);
  if (heartbeatSeconds !== undefined && timeoutSeconds !== undefined && heartbeatSeconds >= timeoutSeconds) {
    const limits = `must be less than TimeoutSeconds ${timeoutSeconds}, but was ${heartbeatSeconds}`;
    throw failField(visit, 'HeartbeatSeconds', `The value of the field 'HeartbeatSeconds' ${limits}.`);
  }
  return { arguments: parameters, context: { ...contextOf(visit), ...tokenContext }, timeoutSeconds, heartbeatSeconds };
}

/** True for the integration pattern that waits for SendTaskSuccess or SendTaskFailure. */
export function waitsForToken(resource: string): boolean {
  return resource.endsWith('.waitForTaskToken');
}

function recordScheduled(visit: TaskVisit, plan: TaskPlan): void {
  const { timeoutSeconds: timeoutInSeconds, heartbeatSeconds: heartbeatInSeconds, arguments: parameters } = plan;
  record(visit, 'TaskScheduled', { parameters, timeoutInSeconds, heartbeatInSeconds });
  // The time limit counts from here.
  record(visit, 'TaskStarted');
}

function record(visit: TaskVisit, type: string, details: EventDetails = {}): void {
  const { run, cursor } = visit.strand;
  run.history.record(cursor, type, { ...splitResource(visit.state.Resource), ...details });
}

/** `arn:aws:states:::lambda:invoke` is shown as type `lambda`, resource `invoke`; SDK calls as type `aws-sdk:<service>`. */
function splitResource(arn: string): { resourceType: string; resource: string } {
  const parts = arn.split(':').slice(5);
  const typeLength = parts[0] === 'aws-sdk' ? 2 : 1;
  return { resourceType: parts.slice(0, typeLength).join(':'), resource: parts.slice(typeLength).join(':') };
}

/** The answer of one attempt, whichever comes first: the handler, the token, a timeout, a missed heartbeat, a stop. */
class WaitingAnswer {
  readonly token: string | undefined;
  readonly #visit: TaskVisit;
  readonly #answer = Promise.withResolvers<Json>();
  readonly #handlerStop = new AbortController();
  readonly #stop = (): void => this.#answer.reject(this.#visit.strand.signal.reason);
  #cancelTimeout = (): void => undefined;
  #cancelHeartbeat = (): void => undefined;
  #beat = (): void => undefined;

  constructor(visit: TaskVisit) {
    this.#visit = visit;
    // Settled without a listener when Arguments cannot be evaluated.
    this.#answer.promise.catch(() => undefined);
    visit.strand.signal.addEventListener('abort', this.#stop, { once: true });
    if (!waitsForToken(visit.state.Resource)) return;
    this.token = visit.strand.run.tokens.open({
      succeed: (output) => this.#answer.resolve(output),
      fail: (failure) => this.#answer.reject(failure),
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
      record(this.#visit, 'TaskSucceeded', { output: result });
      return result;
    } catch (error) {
      this.#handlerStop.abort(error);
      // A stopped task is recorded by its state, as aborted.
      if (!(error instanceof StoppedError)) this.#recordFailure(error);
      throw error;
    }
  }

  close(): void {
    this.#visit.strand.signal.removeEventListener('abort', this.#stop);
    this.#cancelTimeout();
    this.#cancelHeartbeat();
    if (this.token !== undefined) this.#visit.strand.run.tokens.close(this.token);
  }

  #startTimers({ timeoutSeconds, heartbeatSeconds }: TaskPlan): void {
    const { clock } = this.#visit.strand.run;
    if (timeoutSeconds !== undefined) {
      this.#cancelTimeout = clock.schedule(timeoutSeconds * 1000, () => this.#answer.reject(timeoutFailure(false)));
    }
    if (heartbeatSeconds === undefined) return;
    this.#beat = () => {
      this.#cancelHeartbeat();
      this.#cancelHeartbeat = clock.schedule(heartbeatSeconds * 1000, () => this.#answer.reject(timeoutFailure(true)));
    };
    this.#beat();
  }

  async #callHandler(plan: TaskPlan): Promise<void> {
    try {
      const output = await callHandler(this.#visit, this.#requestFor(plan));
      // With a token the answer of the call is only a receipt: the result comes with the token.
      if (this.token === undefined) this.#answer.resolve(output);
      // A token that came back before the call returned has already ended the task.
      else if (this.#visit.strand.run.tokens.isOpen(this.token)) record(this.#visit, 'TaskSubmitted', { output });
    } catch (error) {
      this.#answer.reject(error);
    }
  }

  #requestFor(plan: TaskPlan): TaskRequest {
    return {
      resource: this.#visit.state.Resource,
      arguments: plan.arguments,
      context: plan.context,
      ...(this.token === undefined ? {} : { taskToken: this.token }),
      signal: AbortSignal.any([this.#visit.strand.signal, this.#handlerStop.signal]),
      heartbeat: () => this.#beat(),
    };
  }

  #recordFailure(error: unknown): void {
    if (!(error instanceof StateFailure)) return;
    // A handler may report a States.Timeout of its own, of a child machine for instance; that is a failed task.
    const timedOut = error.error === STATES_ERRORS.timeout && error.cause === '';
    const cause = error.cause === '' ? undefined : error.cause;
    record(this.#visit, timedOut ? 'TaskTimedOut' : 'TaskFailed', { error: error.error, cause });
  }
}

async function callHandler(visit: TaskVisit, request: TaskRequest): Promise<Json> {
  // Looked up by resource, as the service does, never by the name of the state.
  const handler = visit.strand.run.handlers[request.resource];
  if (handler === undefined) throw handlerFault(`No handler for the resource "${request.resource}"`);
  let answer: unknown;
  try {
    answer = await handler(request);
  } catch (error) {
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
