import type { ProcessSize, Sample } from './measure-processes.ts';
import type { Multiple } from './rates.ts';

/** One figure of the soak, and what is demanded of it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Null for what is told only. */
  readonly limit: number | null;
  readonly ok: boolean;
}

/** What became of the events. */
export interface Fates {
  readonly incidents: number;
  readonly servers: number;
  /** Incidents of which an attempt has no end of its own, or that were never closed. */
  readonly lost: readonly string[];
  /** Incidents with an attempt that nothing called for. */
  readonly doubled: readonly string[];
  /** Attempts that failed and were taken up by a later one that is closed. */
  readonly takenUp: number;
  /** Scenarios whose servers were not as before when the hour was over: without any, nothing could be restored. */
  readonly changed: number;
  /** Servers whose network, services or tasks are not as before, in the end. */
  readonly notRestored: readonly string[];
}

/**
 * Of a function's process for each thousand events, from the second third of the hour on. One of the first step answers about
 * a third of a request for each event, so that a leak of 120 KB with each request of all functions shows. What is measured is not what is left after a
 * collection: a limit nearer to what a young heap takes by itself would find leaks where none are.
 */
export const mostFunctionGrowthMb = 40;
/** What the lab keeps of an event (audit, execution, log lines) is about 110 KB; a half more would be something else. */
export const mostLabGrowthKb = 150;
/** For each thousand events: about a hundred functions are killed meanwhile, so one handle lost by each would show. */
export const mostHandleGrowth = 50;
/** For each thousand events, of one function's process: one that leaks leaks with each request. */
export const mostFunctionHandleGrowth = 10;

/** Holds the samples, fates and rates against what must be true. */
export function judgeSoak(samples: readonly Sample[], fates: Fates, multiples: readonly Multiple[]): Figure[] {
  if (samples.length < 6) throw new Error(`Too few samples were taken: "${samples.length}", at least 6 are wanted`);
  const late = afterWarmUp(samples);
  const tell = (name: string, value: number, unit: string): Figure => ({ name, value, unit, limit: null, ok: true });
  const { lost, doubled, notRestored } = fates;
  return [
    hold('incidents lost or left open', lost.length, 'incidents', 0),
    hold('incidents doubled', doubled.length, 'incidents', 0),
    tell('attempts that failed and were taken up again', fates.takenUp, 'attempts'),
    { ...tell('attacks that changed something', fates.changed, 'attacks'), ok: fates.changed > 0 },
    hold('attacks after which something is not restored', notRestored.length, 'attacks', 0),
    ...multiples.map(({ kind, times }): Figure => ({
      ...tell(`rate of events of kind ${kind}, of the documented one of a source`, round(times), 'times'),
      ok: times > 1,
    })),
    hold('heap of the lab, growth for each event', 1024 * slopeOf(late, (one) => one.labHeap), 'KB', mostLabGrowthKb),
    hold(
      'handles of the lab, growth for each 1,000 events',
      1000 * slopeOf(late, ({ labHandles }) => labHandles),
      'handles',
      mostHandleGrowth,
    ),
    hold(
      'memory of a process of a function, growth for each 1,000 events',
      1000 * slopeOfProcesses(late, ({ rss }) => rss),
      'MB',
      mostFunctionGrowthMb,
    ),
    hold(
      'handles of a process of a function, growth for each 1,000 events',
      1000 * slopeOfProcesses(late, ({ handles }) => handles),
      'handles',
      mostFunctionHandleGrowth,
    ),
  ];
}

function hold(name: string, value: number, unit: string, limit: number): Figure {
  return { name, value: round(value), unit, limit, ok: Number.isFinite(value) && value <= limit };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

/** From the second third of the hour on: what fills caches once has filled them. */
export function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 3));
}

function slopeOf(samples: readonly Sample[], read: (sample: Sample) => number): number {
  return slopeWithin([samples.map((one) => [one.events, read(one)])]);
}

/**
 * The slope over the events of all functions' processes, each of which is compared with itself only: their mean would sink
 * with each one that is started anew. One function alone says little: a process that faults kill young only ever warms
 * up. Not a number where nothing could be measured.
 */
export function slopeOfProcesses(samples: readonly Sample[], read: (size: ProcessSize) => number): number {
  const isMeasured = samples.every(({ functions }) => functions !== null);
  return isMeasured ? slopeWithin(listLives(samples, read)) : Number.NaN;
}

type Points = readonly (readonly [number, number])[];

/** The life of each process, without its first sample: then it was only just started, or may have been. */
function listLives(samples: readonly Sample[], read: (size: ProcessSize) => number): Points[] {
  const points = samples.flatMap(({ events, functions }) => (functions?.each ?? []).map((size) => ({ events, size })));
  const lives = [...Map.groupBy(points, ({ size }) => size.pid).values()];
  return lives.map((life) => life.slice(1).map(({ events, size }) => [events, read(size)] as const));
}

/** Least squares over several series at once, each about its own mean. Not a number without two points of one series. */
export function slopeWithin(series: readonly Points[]): number {
  let [above, below] = [0, 0];
  for (const points of series) {
    const [middleX, middleY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
    above += points.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
    below += points.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
  }
  return below === 0 ? Number.NaN : above / below;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
}
