import { clockWatch } from './clock-offset.ts';

/**
 * Options of every SDK client. A call that hangs must not eat the three seconds: it is given up and tried again, and
 * the SDK's own tries stay within what the tasks of the state machine allow.
 */
export const clientOptions = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  /** Every audit entry says how far the function's clock was from AWS's. */
  extensions: [clockWatch] as (typeof clockWatch)[],
} as const;

/** The same with so many sockets: a call that waits for one counts as a connection that hangs. The default is 50. */
export function withSockets(maxSockets: number) {
  const agent = { keepAlive: true, maxSockets };
  return {
    ...clientOptions,
    requestHandler: { ...clientOptions.requestHandler, httpAgent: agent, httpsAgent: agent },
  };
}
