/** What the runtime tells a child, one request at a time. */
export interface InvokeMessage {
  readonly requestId: string;
  readonly functionArn: string;
  /** JSON text of the event. */
  readonly payload: string;
  readonly deadlineAtMs: number;
  readonly traceId: string;
  /** How far the lab's clock is ahead of the machine's, where waits are skipped. */
  readonly skippedMs: number;
}

/** An error as Lambda reports it to the caller. */
export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a child tells the runtime, with the time it skipped so far. */
export type ChildMessage = ChildNews & { readonly skippedMs: number };

type ChildNews =
  | { readonly kind: 'ready' }
  /** The function's time-out came while it slept; nothing of it runs any more. */
  | { readonly kind: 'timed-out'; readonly requestId: string }
  | { readonly kind: 'init-failed'; readonly error: FunctionError }
  | { readonly kind: 'succeeded'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'failed'; readonly requestId: string; readonly error: FunctionError };

/** Ends a request's output on stdout and stderr, so that no line is lost or told to the next request. */
export const outputEndMark = '\u0000';
