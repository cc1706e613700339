import * as z from 'zod/mini';
import type { Measure } from '../contracts/signal.ts';
import type { AlarmDetail } from './alarm-event.ts';
import type { WatchedMetric } from './alarm-metric.ts';
import { readTime } from './read-time.ts';

/** Lowest value that held, for how many datapoints in a row, over which limit. */
interface Run {
  readonly value: number;
  readonly points: number;
  readonly limit: number;
}

const ReasonDataSchema = z.object({
  threshold: z.number(),
  period: z.nullish(z.number()),
  statistic: z.nullish(z.string()),
  /** Oldest first. */
  recentDatapoints: z.nullish(z.array(z.number())),
  evaluatedDatapoints: z.nullish(
    z.array(z.object({ timestamp: z.optional(z.unknown()), value: z.nullish(z.number()) })),
  ),
});
type ReasonData = z.infer<typeof ReasonDataSchema>;

/** A maximum over five minutes says nothing about the other 299 seconds. */
const statisticsThatHold = new Set(['average', 'avg', 'minimum', 'min']);

/** Reasons are at most 1,023 characters; longer text is not CloudWatch's and not worth matching. */
const maxReasonLength = 2048;
const reasonPattern =
  /(\d{1,4}) (?:out of the last (\d{1,4}) )?datapoints? (?:\[[^\]]*\] )?(?:was|were) (greater than(?: or equal to)?) the threshold \(([-+\d.eE]+)\)/;

/**
 * What an alarm's own words prove: the lowest value that held without a gap up to now, and for how long. Claims
 * nothing the event does not say; `seconds` is 0 when no duration is proven, null when there is no value at all.
 */
export function readMeasure(
  state: AlarmDetail['state'],
  watched: WatchedMetric | undefined,
  unit: string,
): Measure | null {
  const data = readReasonData(state.reasonData);
  const periodSeconds = data?.period ?? watched?.periodSeconds ?? 0;
  const run = data === undefined ? readReason(state.reason ?? '') : readDatapoints(data, periodSeconds);
  if (run === undefined) return null;
  const statistic = data?.statistic ?? watched?.statistic ?? '';
  const holds = statisticsThatHold.has(statistic.toLowerCase());
  const seconds = run.points * periodSeconds;
  return { value: run.value, limit: run.limit, unit, seconds: holds && Number.isFinite(seconds) ? seconds : 0 };
}

function readReasonData(text: string | null | undefined): ReasonData | undefined {
  try {
    const parsed = z.safeParse(ReasonDataSchema, JSON.parse(text ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // absent, or not the JSON of a metric alarm
  }
}

/** The newest datapoints in a row that lie above the threshold. */
function readDatapoints(data: ReasonData, periodSeconds: number): Run | undefined {
  const newestFirst = data.evaluatedDatapoints
    ? takeUntilGap(data.evaluatedDatapoints, periodSeconds)
    : [...(data.recentDatapoints ?? [])].reverse();
  const [newest] = newestFirst;
  if (newest === undefined) return undefined;
  const end = newestFirst.findIndex((value) => value <= data.threshold);
  const above = end === -1 ? newestFirst : newestFirst.slice(0, end);
  return { value: above.length === 0 ? newest : Math.min(...above), points: above.length, limit: data.threshold };
}

/** Values from the newest backwards, as long as each follows the next by one period and is not missing. */
function takeUntilGap(points: NonNullable<ReasonData['evaluatedDatapoints']>, periodSeconds: number): number[] {
  const timed = points
    .map(({ timestamp, value }) => ({ at: Date.parse(readTime(timestamp) ?? ''), value }))
    .sort((left, right) => right.at - left.at);
  const values: number[] = [];
  for (const [index, { at, value }] of timed.entries()) {
    const newer = timed[index - 1];
    const follows = newer === undefined || newer.at - at === periodSeconds * 1000;
    if (!follows || typeof value !== 'number') break;
    values.push(value);
  }
  return values;
}

/** Contributor alarms carry no data but the sentence. It counts datapoints and shows the newest of them. */
function readReason(reason: string): Run | undefined {
  const text = reason.slice(0, maxReasonLength);
  const match = reasonPattern.exec(text);
  if (match === null) return undefined;
  const [, crossed = '', evaluated = crossed, operator, threshold = ''] = match;
  const limit = Number(threshold);
  const shown = readShownValues(text);
  const [newest] = shown;
  if (newest === undefined || !Number.isFinite(limit)) return undefined;
  const points = Number(crossed);
  if (points <= shown.length) return { value: Math.min(...shown.slice(0, points)), points, limit };
  // More datapoints than are shown: all of them are above the limit, how far is not said. "M out of N" with a gap, or
  // "or equal to", proves the newest one only.
  const allAbove = crossed === evaluated && operator === 'greater than';
  return allAbove ? { value: limit, points, limit } : { value: newest, points: 1, limit };
}

/** `[97.3 (04/03/26 09:10:00), 95.1 (…)]`, newest first. */
function readShownValues(text: string): number[] {
  const list = /\[([^\]]*)\]/.exec(text)?.[1] ?? '';
  const values = list.split(',').map((entry) => Number.parseFloat(entry));
  return values.filter(Number.isFinite);
}
