/** One state an order reached, as the host that wrote it down saw its own clock. */
export interface OrderEvent {
  readonly order: string;
  /** Which state of its order it is, 0 first; never taken from the clock. */
  readonly step: number;
  readonly host: string;
  readonly atSeconds: number;
}

/**
 * `zone`: the hosts write in zones `zoneMinutes` apart. `drift`: their clocks are apart. `none`: no more apart than the
 * noise. `unknown`: too few or too uneven events to say.
 */
export type OffsetKind = 'zone' | 'drift' | 'none' | 'unknown';

/** How far the clock of `to` is ahead of that of `from`, by their orders alone. */
export interface PairOffset {
  readonly from: string;
  readonly to: string;
  readonly kind: OffsetKind;
  readonly offsetSeconds: number | null;
  /** What the offset may be wrong by, and what it must exceed to be believed. */
  readonly noiseSeconds: number | null;
  /** Only for `zone`: a multiple of 15. */
  readonly zoneMinutes: number | null;
  /** The rarer direction's number of steps. */
  readonly samples: number;
  /** Share of the steps between the two that seem to go back in time; a rate, for a single one proves nothing. */
  readonly backwardRate: number;
}

/** Fewer steps in one direction leave the median to chance. */
const fewestSamples = 8;
/** Zones lie at multiples of 15 minutes; steps of unlike states alone make tens of seconds. */
const zoneStepSeconds = 900;
const zoneToleranceSeconds = 60;
const smallestZoneSeconds = 720;
/** What different states before and after a step make of a healthy pair: 24 s were seen. */
const smallestNoiseSeconds = 60;
/** Standard errors that an offset must exceed. */
const believedErrors = 4;

/**
 * Estimates, for each pair of hosts, how far apart their clocks are. A step from a to b takes the time between two
 * states plus the offset, a step from b to a the same time minus the offset: half the difference of the two medians is
 * the offset. Which host of a pair is wrong no pair can tell.
 */
export function estimateOffsets(events: readonly OrderEvent[]): PairOffset[] {
  const lags = Map.groupBy(findSteps(events), ({ from, to }) => JSON.stringify([from, to]));
  const hosts = [...new Set(events.map(({ host }) => host))].sort(compareText);
  const lagsOf = (from: string, to: string) => (lags.get(JSON.stringify([from, to])) ?? []).map(({ lag }) => lag);
  return hosts.flatMap((from, index) =>
    hosts
      .slice(index + 1)
      .map((to) => judgePair(from, to, lagsOf(from, to), lagsOf(to, from)))
      .filter(({ backwardRate }) => !Number.isNaN(backwardRate)),
  );
}

/** Consecutive states of one order on two hosts. */
function findSteps(events: readonly OrderEvent[]): { from: string; to: string; lag: number }[] {
  return [...Map.groupBy(events, ({ order }) => order).values()].flatMap((states) => {
    const sorted = states.toSorted((a, b) => a.step - b.step);
    return sorted.flatMap((event, index) => {
      const previous = sorted[index - 1];
      // A gap in the steps is another length of time, and no step at all within one host.
      if (previous === undefined || previous.host === event.host || event.step - previous.step !== 1) return [];
      return [{ from: previous.host, to: event.host, lag: event.atSeconds - previous.atSeconds }];
    });
  });
}

function judgePair(from: string, to: string, there: readonly number[], back: readonly number[]): PairOffset {
  const samples = Math.min(there.length, back.length);
  const all = [...there, ...back];
  // No step at all gives no rate, and the pair is left out.
  const backwardRate = all.filter((lag) => lag < 0).length / all.length;
  const known = { from, to, samples, backwardRate };
  if (samples < fewestSamples) {
    return { ...known, kind: 'unknown', offsetSeconds: null, noiseSeconds: null, zoneMinutes: null };
  }
  const offsetSeconds = (median(there) - median(back)) / 2;
  const error = believedErrors * (Math.hypot(errorOfMedian(there), errorOfMedian(back)) / 2);
  const noiseSeconds = Math.max(smallestNoiseSeconds, error);
  const kind = judgeOffset(offsetSeconds, noiseSeconds);
  const zoneMinutes = kind === 'zone' ? nearestZone(offsetSeconds) / 60 : null;
  return { ...known, kind, offsetSeconds, noiseSeconds, zoneMinutes };
}

/** A noise above the tolerance would make a zone of whatever comes near one by chance. */
function judgeOffset(offsetSeconds: number, noiseSeconds: number): OffsetKind {
  if (Math.abs(offsetSeconds) <= noiseSeconds) return noiseSeconds > smallestNoiseSeconds ? 'unknown' : 'none';
  const isNearZone = Math.abs(offsetSeconds - nearestZone(offsetSeconds)) <= zoneToleranceSeconds;
  if (Math.abs(offsetSeconds) < smallestZoneSeconds || !isNearZone) return 'drift';
  return noiseSeconds > zoneToleranceSeconds ? 'unknown' : 'zone';
}

function nearestZone(offsetSeconds: number): number {
  return Math.round(offsetSeconds / zoneStepSeconds) * zoneStepSeconds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}

/** Standard error of a median, from the spread of the middle half: outliers must not drown an offset in noise. */
function errorOfMedian(values: readonly number[]): number {
  const center = median(values);
  // 1.4826 makes a standard deviation of the median deviation, 1.2533 a median's error of a mean's.
  const deviation = 1.4826 * median(values.map((value) => Math.abs(value - center)));
  return (1.2533 * deviation) / Math.sqrt(values.length);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
