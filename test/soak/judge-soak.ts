import type { Sample } from './measure-processes.ts';

/** One figure of the soak, and what is demanded of it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  readonly ok: boolean;
}

/** What became of the events. */
export interface Fates {
  readonly events: number;
  /** Events without an incident, or with one that was never closed. */
  readonly lost: readonly string[];
  /** Incidents that more than one execution worked on at once. */
  readonly doubled: readonly string[];
  /** Events whose servers were not as before when the hour was over: without any, nothing could be restored. */
  readonly changed: number;
  /** Servers whose network, services or tasks are not as before, in the end. */
  readonly notRestored: readonly string[];
}

/** A function's process may warm up, but must not grow from the first third of the hour to the last by more than this. */
const mostFunctionGrowthMb = 12;
/** The lab keeps what it was told (audit, executions, log lines): so much for each event, and no more. */
const mostLabGrowthKb = 250;
/** Of about three hundred: sockets are kept open for a while, and a killed function leaves some. */
const mostHandleGrowth = 20;

/** Holds the samples and fates against what must be true. */
export function judgeSoak(samples: readonly Sample[], fates: Fates): Figure[] {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 3) throw new Error('Too few samples were taken');
  const heapKb = slope(samples.map(({ events, labHeap }) => [events, labHeap * 1024]));
  const functions = samples.flatMap(({ functions: seen }) => seen ?? []);
  return [
    hold('events lost', fates.lost.length, 'events', 0),
    hold('incidents doubled', fates.doubled.length, 'incidents', 0),
    {
      name: 'events that changed something',
      value: fates.changed,
      unit: 'events',
      limit: fates.events,
      ok: fates.changed > 0,
    },
    hold('servers not restored', fates.notRestored.length, 'servers', 0),
    hold('heap of the lab, growth for each event', heapKb, 'KB', mostLabGrowthKb),
    hold(
      'handles of the lab, growth over the hour',
      growth(samples.map(({ labHandles }) => labHandles)),
      'handles',
      mostHandleGrowth,
    ),
    hold(
      'memory of a function process, growth over the hour',
      growth(functions.map(({ meanRss }) => meanRss)),
      'MB',
      mostFunctionGrowthMb,
    ),
    hold(
      'handles of a function process, growth over the hour',
      growth(functions.map(({ meanHandles }) => meanHandles)),
      'handles',
      mostHandleGrowth,
    ),
  ];
}

function hold(name: string, value: number, unit: string, limit: number): Figure {
  return { name, value: Number(value.toFixed(1)), unit, limit, ok: Number.isFinite(value) && value <= limit };
}

/** Mean of the last third less that of the first: one sample more or less decides nothing. */
export function growth(values: readonly number[]): number {
  const third = Math.max(1, Math.floor(values.length / 3));
  return mean(values.slice(-third)) - mean(values.slice(0, third));
}

/** Least squares. */
export function slope(points: readonly (readonly [number, number])[]): number {
  const [middleX, middleY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const above = points.reduce((sum, [x, y]) => sum + (x - middleX) * (y - middleY), 0);
  const below = points.reduce((sum, [x]) => sum + (x - middleX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}
