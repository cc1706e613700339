/** What a timer is for: something that takes its time, or a limit that counts only where nothing came before it. */
export type TimerKind = 'wait' | 'limit';

/** Where the interpreter takes its time from. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` after the delay; the returned function cancels it. Default kind: wait. */
  schedule(delayMilliseconds: number, task: () => void, kind?: TimerKind): () => void;
  /** Told when somebody outside is to answer, until the returned function is called. */
  expectAnswer?(): () => void;
}

/** Node cannot hold a longer timer than this (2^31 - 1 ms, 24.8 days). */
const LONGEST_TIMER_MILLISECONDS = 2_147_483_647;

/** The machine's own clock. */
export function createRealClock(): Clock {
  return { now: () => Date.now(), schedule: scheduleReal };
}

function scheduleReal(delayMilliseconds: number, task: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (remaining: number): void => {
    const step = Math.min(remaining, LONGEST_TIMER_MILLISECONDS);
    timer = setTimeout(() => (remaining > step ? arm(remaining - step) : task()), step);
  };
  arm(delayMilliseconds);
  return () => clearTimeout(timer);
}

/** Waits on `clock`; rejects with the signal's reason when it is aborted first. */
export async function sleep(clock: Clock, seconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = clock.schedule(seconds * 1000, resolve);
  const stop = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal?.removeEventListener('abort', stop);
  }
}

/** ISO 8601 as Step Functions writes it: no fraction when the milliseconds are zero. */
export function formatTimestamp(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString().replace('.000Z', 'Z');
}

/** Epoch milliseconds of an RFC 3339 time with `T` and an offset; undefined for anything else, impossible dates included. */
export function parseTimestamp(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const epochMilliseconds = Date.parse(text);
  // Date.parse turns 30 February into 2 March; the calendar day must survive the round trip.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(epochMilliseconds) || Number.isNaN(day.getTime())) return undefined;
  return day.toISOString().startsWith(text.slice(0, 10)) ? epochMilliseconds : undefined;
}
