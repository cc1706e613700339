import { slopeWithin } from './judge-soak.ts';
import type { Sample } from './measure-processes.ts';

/** How all processes of functions that live on grew in each third of the hour, and the word for it. */
export function findTrend(samples: readonly Sample[]): string[] {
  const third = Math.floor(samples.length / 3);
  const parts = [samples.slice(0, third), samples.slice(third, 2 * third), samples.slice(2 * third)];
  const lives = parts.map((part) => {
    const points = part.flatMap(({ events, functions }) =>
      (functions?.each ?? []).map(({ pid, rss }) => ({ pid, point: [events, rss] as const })),
    );
    return [...Map.groupBy(points, ({ pid }) => pid).values()].map((life) => life.map(({ point }) => point));
  });
  const [first = NaN, second = NaN, last = NaN] = lives.map((series) => 1000 * slopeWithin(series));
  const rates = [first, second, last].map((rate) => rate.toFixed(1)).join(', ');
  return [
    `A function's process that lived on grew in the three thirds of the hour at ${rates} MB for each 1,000 events: it ${toWord(first, last)}.`,
  ];
}

/** No word for what nobody saw: less than a quarter of the first rate settles, anything else still grows. */
export function toWord(first: number, last: number): string {
  if (!Number.isFinite(first) || !Number.isFinite(last)) return 'could not be measured';
  if (last <= 0) return 'does not grow any more';
  return last < first / 4 ? 'settles, but has not stopped' : 'still grows';
}
