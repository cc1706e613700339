/** Error names of the Amazon States Language the interpreter itself raises. */
export const STATES_ERRORS = {
  timeout: 'States.Timeout',
  taskFailed: 'States.TaskFailed',
  queryEvaluation: 'States.QueryEvaluationError',
  dataLimit: 'States.DataLimitExceeded',
  noChoice: 'States.NoChoiceMatched',
  runtime: 'States.Runtime',
} as const;

/** What a state reports when it fails: the Error Output that Retry and Catch see. */
export interface ErrorOutput {
  /** Absent when a Fail state or a callback names no error. */
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** A failed state. `missedHeartbeat` marks the States.Timeout that a missing heartbeat caused. */
export class StateFailure extends Error implements ErrorOutput {
  override readonly name = 'StateFailure';
  readonly error: string | undefined;
  override readonly cause: string | undefined;
  readonly missedHeartbeat: boolean;

  constructor(output: ErrorOutput & { readonly missedHeartbeat?: boolean }) {
    super(`${output.error ?? 'unnamed error'}: ${output.cause ?? 'no cause given'}`);
    this.error = output.error;
    this.cause = output.cause;
    this.missedHeartbeat = output.missedHeartbeat ?? false;
  }
}

/** Why a running state was stopped from outside; never seen by Retry or Catch of that state. */
export type StopReason = 'aborted' | 'timed-out' | 'sibling-failed';

/** Thrown inside states that were stopped. Who stopped the execution may say why: `output`. */
export class StoppedError extends Error {
  override readonly name = 'StoppedError';
  readonly reason: StopReason;
  readonly output: ErrorOutput;

  constructor(reason: StopReason, output: ErrorOutput = {}) {
    super(`Could not finish the state: the execution was stopped ("${reason}")`);
    this.reason = reason;
    this.output = output;
  }
}

/** The failure of a payload over the quota; `subject` is a state's name or a service, as AWS words it. */
export function dataLimitFailure(subject: string): StateFailure {
  const cause = `The state/task '${subject}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  return new StateFailure({ error: STATES_ERRORS.dataLimit, cause });
}

/**
 * Whether an `ErrorEquals` list names this failure.
 * States.Runtime is never matched; States.DataLimitExceeded only by its own name; States.TaskFailed stands for all but timeouts.
 */
export function matchesError(errorEquals: readonly string[], failure: StateFailure): boolean {
  if (failure.error === STATES_ERRORS.runtime) return false;
  return errorEquals.some((name) => name === failure.error || matchesWildcard(name, failure));
}

function matchesWildcard(name: string, failure: StateFailure): boolean {
  // AWS reports a missed heartbeat as States.Timeout, yet documents the narrower name for Retry and Catch.
  if (name === 'States.HeartbeatTimeout') return failure.missedHeartbeat;
  if (failure.error === STATES_ERRORS.dataLimit) return false;
  if (name === 'States.ALL') return true;
  return name === STATES_ERRORS.taskFailed && failure.error !== STATES_ERRORS.timeout;
}
