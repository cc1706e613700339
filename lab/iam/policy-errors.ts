/** A policy says something the evaluator does not understand. Guessing could allow what AWS refuses, so it stops. */
export class PolicyNotUnderstoodError extends Error {
  override readonly name = 'PolicyNotUnderstoodError';
}

/** A call of which the lab does not know what AWS would authorise. */
export class CallNotMappedError extends Error {
  override readonly name = 'CallNotMappedError';
}
