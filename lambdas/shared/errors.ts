/**
 * The base of every error that someone must act on. `name` is contract: Lambda reports it as the error type and the
 * state machines' catchers and the audit table show it.
 */
export abstract class FuseError extends Error {
  abstract override readonly name: string;
}

/** The input is broken or of no known shape: path, rule and value are in the message. Never retried. */
export class SignalRejectedError extends FuseError {
  override readonly name = 'SignalRejectedError';
}

/** The policy does not hold: path, rule and value are in the message. Nothing is cut under such a policy. */
export class PolicyInvalidError extends FuseError {
  override readonly name = 'PolicyInvalidError';
}

/** An environment variable of a function is missing or malformed. */
export class EnvironmentInvalidError extends FuseError {
  override readonly name = 'EnvironmentInvalidError';
}

/** A message between functions is not what its contract says. */
export class MessageInvalidError extends FuseError {
  override readonly name = 'MessageInvalidError';
}

/** What the guard needs to know could not be read, so nothing may be changed. */
export class LookupFailedError extends FuseError {
  override readonly name = 'LookupFailedError';
}

/** The audit table did not take an entry, so the action it belongs to must not go on. */
export class AuditWriteError extends FuseError {
  override readonly name = 'AuditWriteError';
}

/** The guard let an action begin and refuses a call of it by now. */
export class GuardRefusedError extends FuseError {
  override readonly name = 'GuardRefusedError';
}

/** AWS asked to slow down for longer than the function could wait; the state machine tries again. */
export class ThrottledError extends FuseError {
  override readonly name = 'ThrottledError';
}

/** The incident is closed and recorded, and at least one of its actions failed: the execution must show red. */
export class IncidentFailedError extends FuseError {
  override readonly name = 'IncidentFailedError';
}

/** A restore is recorded, and at least one entry could not be put back: the execution must show red. */
export class RestoreIncompleteError extends FuseError {
  override readonly name = 'RestoreIncompleteError';
}

/** The outcome is recorded, but the bus did not take the event: nobody was told. */
export class OutcomeNotPublishedError extends FuseError {
  override readonly name = 'OutcomeNotPublishedError';
}
