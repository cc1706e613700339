import type { Clock } from './clock.ts';
import type { Cursor, History } from './history.ts';
import type { Json, JsonObject } from './json.ts';
import type { State, Workflow } from './schema.ts';
import type { Scope } from './scope.ts';
import type { TaskTokens } from './tokens.ts';

/** What a task handler is called with. */
export interface TaskRequest {
  readonly resource: string;
  readonly arguments: Json;
  /** The context object, as `$states.context` shows it. */
  readonly context: JsonObject;
  /** Only for resources that end in `.waitForTaskToken`. */
  readonly taskToken?: string;
  /** Aborted when the task times out, misses a heartbeat or is stopped. */
  readonly signal: AbortSignal;
  /** Restarts the heartbeat clock. */
  readonly heartbeat: () => void;
  /** For jobs that are waited for: tells what starting the job answered, before the handler answers with its result. */
  readonly submitted: (output: Json) => void;
}

/**
 * Does the work of one resource and answers with JSON.
 * An error's `name` becomes the error name as the service reports it, its `message` the cause; a StateFailure is taken as it is.
 */
export type TaskHandler = (request: TaskRequest) => Promise<unknown>;

/** What an execution knows about itself; part of the context object. */
export interface ExecutionFacts {
  readonly Execution: {
    readonly Id: string;
    readonly Input: Json;
    readonly Name: string;
    readonly RoleArn: string;
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

/** What all states of one execution share. */
export interface Run {
  readonly handlers: Readonly<Record<string, TaskHandler>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly tokens: TaskTokens;
  readonly history: History;
  readonly path: string[];
  readonly facts: ExecutionFacts;
  readonly functions: Readonly<Record<string, unknown>>;
  /** Runs a workflow to its end; here so that Parallel and Map can run theirs. */
  readonly runWorkflow: (strand: Strand, workflow: Workflow, input: Json) => Promise<Json>;
}

/** One line of execution: the machine itself, a branch or an iteration. */
export interface Strand {
  readonly run: Run;
  readonly scope: Scope;
  readonly signal: AbortSignal;
  readonly cursor: Cursor;
}

/** One visit of one state. */
export interface Visit<S extends State = State> {
  readonly strand: Strand;
  readonly name: string;
  readonly state: S;
  readonly input: Json;
  readonly enteredTime: string;
  readonly enteredEventId: number;
  /** Retries so far, by retrier. */
  readonly retries: number[];
}

/** Where a state leads: the next state (none at an end), its output, the variables to set. */
export interface Move {
  readonly next: string | undefined;
  readonly output: Json;
  readonly assigned: JsonObject;
}
