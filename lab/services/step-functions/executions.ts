import { VirtualClock, createRealClock } from '../../asl/interpreter.ts';
import type { Execution, TaskTokens, runMachine } from '../../asl/interpreter.ts';
import type { HistoryEvent } from '../../asl/history.ts';
import type { Clock } from '../../asl/clock.ts';
import type { TaskHandler } from '../../asl/run.ts';

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
  readonly handlers: Readonly<Record<string, TaskHandler>>;
  readonly onStatusChange?: ExecutionListener | undefined;
  /** Whether waits between attempts take no real time. Default: false. */
  readonly skipsWaits?: boolean | undefined;
}

/** Starts executions, keeps what became of them, and knows when all are done. */
export class Executions {
  readonly records = new Map<string, ExecutionRecord>();
  readonly #props: ExecutionsProps;
  readonly #running = new Map<string, Promise<void>>();

  constructor(props: ExecutionsProps) {
    this.#props = props;
  }

  start(machine: StateMachineSeed, name: string, input: string): ExecutionRecord {
    const record: ExecutionRecord = {
      arn: `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`,
      name,
      machine,
      input,
      startedAt: new Date(),
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
    const running = this.#run(record).finally(() => this.#running.delete(record.arn));
    this.#running.set(record.arn, running);
    return record;
  }

  /** Ends an execution from outside and waits until its tasks were told. */
  async stop(record: ExecutionRecord, error: string | undefined, cause: string | undefined): Promise<void> {
    record.error = error;
    record.cause = cause;
    record.stopper.abort();
    await this.whenDone(record);
  }

  async whenDone(record: ExecutionRecord): Promise<void> {
    await this.#running.get(record.arn);
  }

  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** A clock that skips stands still while a task works: only then its time-outs mean what they say. */
  #chooseClock(): { clock: Clock; handlers: ExecutionsProps['handlers'] } {
    const { handlers, skipsWaits } = this.#props;
    if (skipsWaits !== true) return { clock: createRealClock(), handlers };
    const clock = new VirtualClock(new Date().toISOString());
    const holding = Object.entries(handlers).map(([resource, handler]): [string, TaskHandler] => [
      resource,
      async (request) => {
        const release = clock.hold();
        try {
          return await handler(request);
        } finally {
          release();
        }
      },
    ]);
    return { clock, handlers: Object.fromEntries(holding) };
  }

  async #run(record: ExecutionRecord): Promise<void> {
    const { machine } = record;
    const { clock, handlers } = this.#chooseClock();
    try {
      const execution = await this.#props.runMachine(machine.definition, JSON.parse(record.input), {
        handlers,
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
      record.error ??= execution.error;
      record.cause ??= execution.cause;
      record.path = execution.path;
    } catch (error) {
      // The machine could not even start: on AWS it would not have been created.
      record.status = 'FAILED';
      record.error = 'States.Runtime';
      record.cause = error instanceof Error ? error.message : String(error);
    }
    record.stoppedAt = new Date();
    this.#props.onStatusChange?.(record);
  }
}
