import type { HistoryEvent } from '../asl/history.ts';

/** One call of a function, as the lab's gateway saw it. Times are milliseconds since the event was sent. */
export interface RecordedCall {
  readonly service: string;
  readonly operation: string;
  readonly startMs: number;
  readonly endMs: number;
  /** Ids and filter values it names; larger requests take longer. */
  readonly items: number;
  /** What EC2's token buckets look at. */
  readonly input: unknown;
}

/** One run of one function, from the state machine's call to its answer. */
export interface RecordedInvocation {
  /** The function's stem: `assess`, `revoke-security-groups`, … */
  readonly stem: string;
  /** As the task names it. */
  readonly functionName: string;
  readonly startMs: number;
  readonly endMs: number;
  /** In the order of their beginning. */
  readonly calls: readonly RecordedCall[];
}

/** One execution of a state machine. */
export interface RecordedExecution {
  readonly name: string;
  readonly history: readonly HistoryEvent[];
  /** What its tasks invoked, in the order in which they were scheduled. */
  readonly invocations: readonly RecordedInvocation[];
}

/** Everything between an event and the end of its incident. The first execution is the one that the event started. */
export interface RecordedRun {
  /** How the incident ended, in the words of its closing. */
  readonly outcome: string;
  readonly reason: string;
  readonly executions: readonly RecordedExecution[];
}
