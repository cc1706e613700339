import { createRealClock, formatTimestamp } from './clock.ts';
import type { Clock } from './clock.ts';
import { STATES_ERRORS, StateFailure, StoppedError } from './failure.ts';
import type { ErrorOutput } from './failure.ts';
import { bindFunctions, formatUuid } from './functions.ts';
import { History } from './history.ts';
import type { HistoryEvent } from './history.ts';
import { MAX_PAYLOAD_BYTES, payloadBytes, toJson } from './json.ts';
import type { Json } from './json.ts';
import { loadMachine } from './machine.ts';
import { listPlaces } from './places.ts';
import type { ExecutionFacts, Run, Strand, TaskHandler } from './run.ts';
import type { Machine } from './schema.ts';
import { Scope } from './scope.ts';
import { TaskTokens } from './tokens.ts';
import { VirtualClock } from './virtual-clock.ts';
import { runWorkflow } from './workflow.ts';

/** What an execution needs from outside. */
export interface RunOptions {
  /** By resource ARN; every resource the machine names must be here. */
  readonly handlers: Readonly<Record<string, TaskHandler>>;
  /** Default: the machine's own clock. */
  readonly clock?: Clock;
  /** Source of jitter, `$random` and `$uuid`; default Math.random. */
  readonly random?: () => number;
  /** Parts of the context object; the rest is filled with names of the lab. */
  readonly context?: {
    readonly Execution?: Partial<Omit<ExecutionFacts['Execution'], 'Input'>>;
    readonly StateMachine?: Partial<ExecutionFacts['StateMachine']>;
  };
  /** Called with every history event as it happens. */
  readonly onEvent?: (event: HistoryEvent) => void;
  /** Aborting it stops the execution: ABORTED, with error and cause when the reason is a StoppedError that tells them. */
  readonly signal?: AbortSignal;
  /** Shared by executions whose tokens come back through one door; default: tokens of this execution only. */
  readonly tokens?: TaskTokens;
}

/** A finished execution. */
export interface Execution extends ErrorOutput {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: Json;
  readonly history: readonly HistoryEvent[];
  /** Names of the states in the order they were entered, nested ones included. */
  readonly path: readonly string[];
}

/** An execution under way. */
export interface RunningExecution {
  readonly result: Promise<Execution>;
  readonly history: readonly HistoryEvent[];
  readonly stop: () => void;
  readonly sendTaskSuccess: (token: string, output: unknown) => void;
  readonly sendTaskFailure: (token: string, output?: ErrorOutput) => void;
  readonly sendTaskHeartbeat: (token: string) => void;
}

/** An execution that could not be started. */
export class ExecutionNotStartedError extends Error {
  override readonly name = 'ExecutionNotStartedError';
}

/** Runs a machine to its end. Rejects only when it cannot start; a failed execution is a result. */
export async function runMachine(definition: unknown, input: unknown, options: RunOptions): Promise<Execution> {
  return startMachine(definition, input, options).result;
}

/** Starts a machine. Throws on an invalid definition, an input that is not JSON or too large, a resource without a handler. */
export function startMachine(definition: unknown, input: unknown, options: RunOptions): RunningExecution {
  // Everything that can be refused is refused before the first event.
  const machine = loadMachine(definition);
  refuseUnknownResources(machine, options);
  const { run, stop, strand } = prepareRun(readInput(input), options);
  return {
    result: execute(machine, strand, stop, options),
    history: run.history.events,
    stop: () => stop.abort(new StoppedError('aborted')),
    sendTaskSuccess: (token, output) => run.tokens.sendTaskSuccess(token, output),
    sendTaskFailure: (token, output) => run.tokens.sendTaskFailure(token, output),
    sendTaskHeartbeat: (token) => run.tokens.sendTaskHeartbeat(token),
  };
}

function readInput(input: unknown): Json {
  const json = toJson(input);
  if (json === undefined) throw new ExecutionNotStartedError('Could not start the execution: wants JSON as input');
  const bytes = payloadBytes(json);
  if (bytes <= MAX_PAYLOAD_BYTES) return json;
  throw new ExecutionNotStartedError(
    `Could not start the execution: its input has "${bytes}" bytes, wants at most ${MAX_PAYLOAD_BYTES}`,
  );
}

function refuseUnknownResources(machine: Machine, { handlers }: RunOptions): void {
  // Asked before the start and not at the call: a machine that cannot finish must not begin to cut.
  for (const { name, state } of listPlaces(machine)) {
    if (state.Type !== 'Task' || Object.hasOwn(handlers, state.Resource)) continue;
    throw new ExecutionNotStartedError(
      `Could not start the execution: no handler for the resource "${state.Resource}" of the state "${name}", wants one of: ${Object.keys(handlers).join(', ')}`,
    );
  }
}

function prepareRun(input: Json, options: RunOptions): { run: Run; strand: Strand; stop: AbortController } {
  const { clock = createRealClock(), random = Math.random } = options;
  const run: Run = {
    handlers: options.handlers,
    clock,
    random,
    tokens: options.tokens ?? new TaskTokens(),
    history: new History(clock, options.onEvent),
    path: [],
    facts: describeExecution(input, options, formatTimestamp(clock.now())),
    functions: bindFunctions({ clock, random }),
    runWorkflow,
  };
  const stop = new AbortController();
  return { run, stop, strand: { run, scope: new Scope(), signal: stop.signal, cursor: { last: 0 } } };
}

/** The context object's facts. Names are made up where the caller gives none; their form is the service's. */
export function describeExecution(
  input: Json,
  { context = {}, random = Math.random }: Pick<RunOptions, 'context' | 'random'>,
  now: string,
): ExecutionFacts {
  const machineName = context.StateMachine?.Name ?? 'machine';
  const name = context.Execution?.Name ?? formatUuid(random);
  // An account that is nobody's: the one AWS uses in its own examples.
  const account = 'arn:aws:states:us-east-1:123456789012';
  return {
    Execution: {
      Id: `${account}:execution:${machineName}:${name}`,
      Name: name,
      RoleArn: 'arn:aws:iam::123456789012:role/machine',
      StartTime: now,
      RedriveCount: 0,
      ...context.Execution,
      Input: input,
    },
    StateMachine: { Id: `${account}:stateMachine:${machineName}`, Name: machineName, ...context.StateMachine },
  };
}

async function execute(
  machine: Machine,
  strand: Strand,
  stop: AbortController,
  options: RunOptions,
): Promise<Execution> {
  const { run, cursor } = strand;
  const { Input: input, RoleArn: roleArn } = run.facts.Execution;
  run.history.record(cursor, 'ExecutionStarted', { input, roleArn });
  // In the service's histories the first state points at 0, not at ExecutionStarted.
  cursor.last = 0;
  // Stopping is one signal for all reasons; every wait and every handler below listens to it.
  const abort = (): void => {
    const reason: unknown = options.signal?.reason;
    stop.abort(new StoppedError('aborted', reason instanceof StoppedError ? reason.output : {}));
  };
  const timeOut = (): void => stop.abort(new StoppedError('timed-out'));
  const cancelTimeout =
    machine.TimeoutSeconds === undefined
      ? () => undefined
      : run.clock.schedule(machine.TimeoutSeconds * 1000, timeOut, 'limit');
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  try {
    return conclude(run, strand, { status: 'SUCCEEDED', output: await runWorkflow(strand, machine, input) });
  } catch (error) {
    return conclude(run, strand, describeEnd(error));
  } finally {
    cancelTimeout();
    options.signal?.removeEventListener('abort', abort);
  }
}

type End = Pick<Execution, 'status' | 'output' | 'error' | 'cause'>;

function describeEnd(error: unknown): End {
  if (error instanceof StateFailure) {
    return { status: 'FAILED', error: error.error, cause: error.cause === '' ? undefined : error.cause };
  }
  // Anything else is a fault of the interpreter and must not look like a failed machine.
  if (!(error instanceof StoppedError)) throw error;
  return error.reason === 'timed-out'
    ? { status: 'TIMED_OUT', error: STATES_ERRORS.timeout }
    : { status: 'ABORTED', ...error.output };
}

const END_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

function conclude(run: Run, { cursor }: Strand, end: End): Execution {
  const { status, output, ...failure } = end;
  // An end from outside follows from no state: the service points it at 0.
  if (status === 'ABORTED' || status === 'TIMED_OUT') cursor.last = 0;
  run.history.record(cursor, END_EVENTS[status], output === undefined ? failure : { output });
  return { ...end, history: run.history.events, path: run.path };
}

export { TaskTokens, VirtualClock, createRealClock };
