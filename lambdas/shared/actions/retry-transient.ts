import { codeOf, isThrottling, retryWhile, type Timing } from '../clients/aws-errors.ts';
import { isRecord } from '../record.ts';

/** Words for faults on AWS's side or on the way there: the same call may well succeed a moment later. */
const transientCodes = new Set([
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'Unavailable',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'NetworkingError',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** True for throttling, for answers with a status of 500 and above, and for calls that never reached AWS. */
export function isTransient(error: unknown): boolean {
  if (isThrottling(error) || transientCodes.has(codeOf(error))) return true;
  if (!isRecord(error)) return false;
  const { code, $metadata: metadata } = error;
  const status = isRecord(metadata) ? metadata['httpStatusCode'] : undefined;
  // Node's own errors are all called `Error`; what happened stands in `code`.
  return (typeof code === 'string' && transientCodes.has(code)) || (typeof status === 'number' && status >= 500);
}

/** Repeats a call that failed for now. Only for calls that may run twice: a fault can hide that the call took effect. */
export async function retryTransient<Result>(
  timing: Timing,
  deadlineMs: number,
  call: () => Promise<Result>,
): Promise<Result> {
  return retryWhile(isTransient, timing, deadlineMs, call);
}
