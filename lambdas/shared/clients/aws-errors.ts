import { setTimeout as sleepFor } from 'node:timers/promises';
import { FuseError, LookupFailedError, ThrottledError } from '../errors.ts';

/** Words by which EC2, Systems Manager and EventBridge ask to slow down. */
const throttlingCodes = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'EC2ThrottledException',
  'TooManyRequestsException',
  'RateExceeded',
]);

/** The error code AWS answered with, or the name of whatever else was thrown. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}

/** Code and message in one line, for remarks and causes. */
export function describeError(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

export function isThrottling(error: unknown): boolean {
  return throttlingCodes.has(codeOf(error));
}

/** Runs a read; what it throws becomes ThrottledError or LookupFailedError, both of which the state machine retries. */
export async function lookUp<Found>(subject: string, read: () => Promise<Found>): Promise<Found> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FuseError) throw error;
    const message = `${subject} not read: ${describeError(error)}`;
    throw isThrottling(error)
      ? new ThrottledError(message, { cause: error })
      : new LookupFailedError(message, { cause: error });
  }
}

/** Time as the actions see it; tests bring their own. */
export interface Timing {
  nowMs(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

export const systemTiming: Timing = { nowMs: () => Date.now(), sleep: async (milliseconds) => sleepFor(milliseconds) };

/**
 * Repeats a call for as long as its failure may pass by itself and the deadline lets it; at the deadline the last
 * failure is thrown. The SDK's own three tries come first inside each call. A bucket of EC2 refills five calls a second,
 * so waits between 0.2 and 2 s keep it drained and no more.
 */
export async function retryWhile<Result>(
  mayPass: (error: unknown) => boolean,
  timing: Timing,
  deadlineMs: number,
  call: () => Promise<Result>,
): Promise<Result> {
  for (let waitMs = 200; ; waitMs = Math.min(2000, waitMs * 2)) {
    try {
      return await call();
    } catch (error) {
      // Jitter: the calls of one cut must not come back in one wave.
      const pauseMs = waitMs * (0.5 + Math.random() / 2);
      if (!mayPass(error) || timing.nowMs() + pauseMs > deadlineMs) throw error;
      await timing.sleep(pauseMs);
    }
  }
}

/** Repeats a call that AWS refused for its rate only: safe for calls that must not run twice. */
export async function retryThrottled<Result>(
  timing: Timing,
  deadlineMs: number,
  call: () => Promise<Result>,
): Promise<Result> {
  return retryWhile(isThrottling, timing, deadlineMs, call);
}
