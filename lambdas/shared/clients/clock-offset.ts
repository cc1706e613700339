/** What has to be added to a time of this clock to get AWS's: `offsetMs`, give or take `withinMs`. */
export interface ClockOffset {
  readonly offsetMs: number;
  readonly withinMs: number;
}

/** One moment by two clocks: the one that audit entries carry, and one that nobody sets. */
export interface Moment {
  readonly wallMs: number;
  readonly steadyMs: number;
}

/** One call: when it was sent, when its answer came, and what its `Date` header says. */
export interface Exchange {
  readonly sent: Moment;
  readonly received: Moment;
  readonly serverMs: number;
}

/** All offsets that agree with what was seen until `at`. */
export interface OffsetRange {
  readonly lowMs: number;
  readonly highMs: number;
  readonly at: Moment;
}

/** A `Date` header leaves out the fraction of its second. */
const headerResolutionMs = 1000;

/** `Date.now()` leaves out the fraction of its millisecond. */
const tickMs = 1;

/** Crystals run at most so far apart, as a share of the time gone by: twice what their makers promise. */
const drift = 0.0002;

/** The two clocks differ by their own roundings at most; more means that one was set or stood still. */
const jumpMs = 3;

/**
 * Narrows the range by one exchange: the server read its clock after the call was sent and before its answer came. What
 * was known before counts only where it agrees and the clock was not set since. Pure.
 */
export function narrowRange(known: OffsetRange | null, { sent, received, serverMs }: Exchange): OffsetRange | null {
  if (!Number.isFinite(serverMs) || hasJumped(sent, received)) return known;
  const onTheWayMs = received.steadyMs - sent.steadyMs;
  const seen = {
    lowMs: serverMs - (received.wallMs + tickMs),
    highMs: serverMs + headerResolutionMs - sent.wallMs + onTheWayMs * drift,
    at: received,
  };
  const carried = carryRange(known, received);
  if (carried === null) return seen;
  const [lowMs, highMs] = [Math.max(carried.lowMs, seen.lowMs), Math.min(carried.highMs, seen.highMs)];
  return lowMs <= highMs ? { lowMs, highMs, at: received } : seen;
}

/** The offset at a later moment; null where nothing is known, or was known before the clock was set. Pure. */
export function toClockOffset(known: OffsetRange | null, now: Moment): ClockOffset | null {
  const carried = carryRange(known, now);
  if (carried === null) return null;
  // + 0: never -0, which no table gives back.
  const offsetMs = Math.round((carried.lowMs + carried.highMs) / 2) + 0;
  return { offsetMs, withinMs: Math.ceil(Math.max(carried.highMs - offsetMs, offsetMs - carried.lowMs)) };
}

/** A range grows with its age; it ends when the clock is set. */
function carryRange(known: OffsetRange | null, now: Moment): OffsetRange | null {
  if (known === null || hasJumped(known.at, now)) return null;
  const slackMs = (now.steadyMs - known.at.steadyMs) * drift;
  return { lowMs: known.lowMs - slackMs, highMs: known.highMs + slackMs, at: now };
}

/** NTP slews both clocks alike, so drift keeps them together. */
function hasJumped(from: Moment, to: Moment): boolean {
  return Math.abs(to.wallMs - from.wallMs - (to.steadyMs - from.steadyMs)) > jumpMs;
}

/** What an SDK client hands to an extension, as far as it is used here. */
interface ClientSettings {
  httpHandler(): { handle: (request: never, options?: never) => Promise<Answer> };
}

interface Answer {
  readonly response: { readonly headers: Readonly<Record<string, string>> };
}

/** One range a process: all its clients talk to AWS, and it has one clock. */
let range: OffsetRange | null = null;

/** Extension of SDK clients: reads the `Date` of every answer, each try of a call by itself; costs no call of its own. */
export const clockWatch = {
  configure(settings: ClientSettings): void {
    const handler = settings.httpHandler();
    const handle = handler.handle.bind(handler);
    handler.handle = async (request, options) => {
      const sent = readMoment();
      const answer = await handle(request, options);
      const serverMs = Date.parse(answer.response.headers['date'] ?? '');
      range = narrowRange(range, { sent, received: readMoment(), serverMs });
      return answer;
    };
  },
};

/** This function's clock against AWS's, by the answers seen so far; null before the first one. */
export function readClockOffset(): ClockOffset | null {
  return toClockOffset(range, readMoment());
}

function readMoment(): Moment {
  return { wallMs: Date.now(), steadyMs: performance.now() };
}
