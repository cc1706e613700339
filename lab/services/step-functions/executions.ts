import { StoppedError } from '../../asl/failure.ts';
import type { Execution, TaskTokens, runMachine } from '../../asl/interpreter.ts';
import type { HistoryEvent } from '../../asl/history.ts';
import type { TaskHandler, TaskRequest } from '../../asl/run.ts';
import { createExecutionClock } from './execution-clock.ts';
import type { ExecutionClock } from './execution-clock.ts';
import type { NestedExecutions, ServiceTaskHandler } from './task-request.ts';

/** A deployed state machine. */
export interface StateMachineSeed {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  /** The definition as JSON, placeholders filled in. */
  readonly definition: unknown;
}

/** Statuses of the API. */
export type ExecutionStatus = 'RUNNING' | Execution['status'];

/** One execution, running or ended. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly name: string;
  readonly machine: StateMachineSeed;
  /** JSON text, as it was given. */
  readonly input: string;
  readonly startedAt: Date;
  readonly history: HistoryEvent[];
  readonly stopper: AbortController;
  status: ExecutionStatus;
  stoppedAt: Date | undefined;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
  /** Names of the states in the order they were entered; known at the end. */
  path: readonly string[];
}

/** Told when an execution starts and when it ends. */
export type ExecutionListener = (execution: ExecutionRecord) => void;

/** What executions need: an interpreter, the tokens they hand out, and what their tasks can call. */
export interface ExecutionsProps {
  /** The interpreter of the Amazon States Language. */
  readonly runMachine: typeof runMachine;
  readonly tokens: TaskTokens;
  /** What tasks can call, by resource ARN. */
  readonly handlers: Readonly<Record<string, ServiceTaskHandler>>;
  readonly onStatusChange?: ExecutionListener | undefined;
  /**
   * Whether waits and the delays between attempts take no real time. While a task works or somebody is asked, time
   * stands still. Default: false.
   */
  readonly skipsWaits?: boolean | undefined;
}

interface Running {
  readonly clock: ExecutionClock;
  readonly done: Promise<void>;
}

/** Starts executions, keeps what became of them, and knows when all are done. */
export class Executions {
  readonly records = new Map<string, ExecutionRecord>();
  readonly #props: ExecutionsProps;
  readonly #running = new Map<string, Running>();
  /** Clocks of those that wait for an execution which is just being started. */
  readonly #shared = new Map<string, ExecutionClock>();

  constructor(props: ExecutionsProps) {
    this.#props = props;
  }

  start(machine: StateMachineSeed, name: string, input: string): ExecutionRecord {
    const arn = toExecutionArn(machine.arn, name);
    const clock = this.#shared.get(arn) ?? createExecutionClock(this.#props.skipsWaits === true);
    const record: ExecutionRecord = {
      arn,
      name,
      machine,
      input,
      startedAt: new Date(clock.now()),
      history: [],
      stopper: new AbortController(),
      status: 'RUNNING',
      stoppedAt: undefined,
      output: undefined,
      error: undefined,
      cause: undefined,
      path: [],
    };
    this.records.set(record.arn, record);
    this.#props.onStatusChange?.(record);
    const done = this.#run(record, clock).finally(() => this.#running.delete(record.arn));
    this.#running.set(record.arn, { clock, done });
    return record;
  }

  /** Ends an execution from outside and waits until its tasks were told. */
  async stop(record: ExecutionRecord, error: string | undefined, cause: string | undefined): Promise<void> {
    record.stopper.abort(new StoppedError('aborted', { error, cause }));
    await this.whenDone(record);
  }

  async whenDone(record: ExecutionRecord): Promise<void> {
    await this.#running.get(record.arn)?.done;
  }

  /** Resolves when none runs but those in which everything waits for an answer from outside. */
  async whenIdle(): Promise<void> {
    for (;;) {
      // An answer that has just come in needs a turn to set its execution going.
      await new Promise((resolve) => setImmediate(resolve));
      const busy = [...this.#running.values()].filter(({ clock }) => !clock.isAtRest);
      if (busy.length === 0) return;
      await Promise.all(busy.map(async ({ clock, done }) => await Promise.race([done, clock.whenAtRest()])));
    }
  }

  /** Lets time pass for all that is left when idle, and waits until what came due has happened. */
  async skipTime(milliseconds: number): Promise<void> {
    // Only from rest on: what still works has time of its own.
    await this.whenIdle();
    const clocks = new Set([...this.#running.values()].map(({ clock }) => clock));
    for (const clock of clocks) clock.skip(milliseconds);
    await this.whenIdle();
  }

  #bindHandlers(clock: ExecutionClock): Readonly<Record<string, TaskHandler>> {
    const bound = Object.entries(this.#props.handlers).map(([resource, handler]): [string, TaskHandler] => [
      resource,
      async (request) => {
        // A wait for another execution puts the hold down, so that it is not known here which one is current.
        const holding = { release: clock.hold() };
        try {
          return await handler({ ...request, nested: this.#toNested(clock, request, holding) });
        } finally {
          holding.release();
        }
      },
    ]);
    return Object.fromEntries(bound);
  }

  #toNested(clock: ExecutionClock, { signal }: TaskRequest, holding: { release: () => void }): NestedExecutions {
    return {
      shareTime: async (stateMachineArn, name, start) => {
        const arn = toExecutionArn(stateMachineArn, name);
        this.#shared.set(arn, clock);
        try {
          return await start();
        } finally {
          this.#shared.delete(arn);
        }
      },
      whenEnded: async (executionArn) => {
        const running = this.#running.get(executionArn);
        if (signal.aborted) return 'given-up';
        if (running === undefined) return 'ended';
        // An execution with a time of its own could not keep this one's limits from running out early.
        if (running.clock === clock) holding.release();
        try {
          return await raceAbort(running.done, signal);
        } finally {
          if (running.clock === clock) holding.release = clock.hold();
        }
      },
    };
  }

  async #run(record: ExecutionRecord, clock: ExecutionClock): Promise<void> {
    const { machine } = record;
    try {
      const execution = await this.#props.runMachine(machine.definition, JSON.parse(record.input), {
        handlers: this.#bindHandlers(clock),
        clock,
        tokens: this.#props.tokens,
        signal: record.stopper.signal,
        onEvent: (event) => void record.history.push(event),
        context: {
          Execution: { Id: record.arn, Name: record.name, RoleArn: machine.roleArn },
          StateMachine: { Id: machine.arn, Name: machine.name },
        },
      });
      record.status = execution.status;
      record.output = execution.output === undefined ? undefined : JSON.stringify(execution.output);
      // The service names the error of a machine that ran out of time in its history alone.
      if (execution.status !== 'TIMED_OUT') {
        record.error = execution.error;
        record.cause = execution.cause;
      }
      record.path = execution.path;
    } catch (error) {
      // The machine could not even start: on AWS it would not have been created.
      record.status = 'FAILED';
      record.error = 'States.Runtime';
      record.cause = error instanceof Error ? error.message : String(error);
    }
    record.stoppedAt = new Date(clock.now());
    this.#props.onStatusChange?.(record);
  }
}

function toExecutionArn(stateMachineArn: string, name: string): string {
  return `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
}

async function raceAbort(done: Promise<void>, signal: AbortSignal): Promise<'ended' | 'given-up'> {
  const aborted = Promise.withResolvers<'given-up'>();
  const giveUp = (): void => aborted.resolve('given-up');
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([done.then(() => 'ended' as const), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
