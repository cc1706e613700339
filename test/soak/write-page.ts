import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from './judge-soak.ts';
import type { Hour, HourProps } from './play-hour.ts';
import { documentedRates } from './rates.ts';
import type { Multiple } from './rates.ts';
import { findTrend } from './trend.ts';

/** The result of a soak, as `--json` prints it. */
export interface SoakResult extends HourProps, Hour {
  readonly ok: boolean;
  readonly realSeconds: number;
  /** Mean number of processes that wanted a core when it began and when it ended. */
  readonly load: readonly [number, number];
  readonly cores: number;
  readonly figures: readonly Figure[];
  readonly multiples: readonly Multiple[];
}

const path = join(import.meta.dirname, '..', '..', 'docs', 'soak.md');
const begin = '<!-- figures: written by npm run soak -- --write -->';
const end = '<!-- end of figures -->';

/** The figures of one run as a part of the page. */
export function toPage(result: SoakResult): string {
  const { minutes, counts, duplicates, silencedHosts, struck, outcomes, fates, realSeconds, cores, load } = result;
  const faults = `${struck.throttled} throttled calls, ${struck.answerLost} lost answers, ${struck.killed} killed functions, ${silencedHosts} lost agents`;
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const events = counts.reduce((sum, one) => sum + one.events, 0);
  return [
    `${minutes} minutes of the lab's time in ${realSeconds} s on ${cores} cores (load ${load[0].toFixed(1)} before, ${load[1].toFixed(1)} after): ${events} events about ${fates.servers} attacks, ${duplicates} of them delivered twice; ${faults}.`,
    `${fates.incidents} incidents: ${ends.join(', ')}. ${result.restoreFailures} restores failed and were asked for again.`,
    '',
    ...toRates(result),
    '',
    '| what | figure | at most | kept |',
    '| --- | --- | --- | --- |',
    ...result.figures.map(
      ({ name, value, unit, limit, ok }) =>
        `| ${name} | ${value} ${unit} | ${limit ?? '-'} | ${ok ? 'yes' : '**no**'} |`,
    ),
    '',
    ...toSamples(result),
  ].join('\n');
}

function toRates({ multiples }: SoakResult): string[] {
  const one = (value: number): string => value.toFixed(1);
  return [
    '| kind | documented for one source | events | a minute | times the documented rate | in the storm minute | times |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...multiples.map(({ kind, events, perMinute, times, inStormMinute, timesInStorm }) => {
      const { source, words } = documentedRates[kind];
      return `| ${kind}, of ${source} | ${words} | ${events} | ${one(perMinute)} | ${one(times)} | ${inStormMinute} | ${one(timesInStorm)} |`;
    }),
  ];
}

function toSamples({ samples }: SoakResult): string[] {
  return [
    ...findTrend(samples),
    '',
    '| minute | events delivered | heap of the lab, MB | handles of the lab | function processes | memory of one, MB | handles of one |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...samples.map(
      ({ labMinute, events, labHeap, labHandles, functions }) =>
        `| ${labMinute} | ${events} | ${labHeap} | ${labHandles} | ${functions?.processes ?? '-'} | ${functions?.meanRss ?? '-'} | ${functions?.meanHandles ?? '-'} |`,
    ),
  ];
}

/** Puts the figures between the marks of docs/soak.md; what people wrote around them stays. */
export async function writePage(result: SoakResult): Promise<void> {
  const page = await readFile(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`Could not write the figures: the page lacks "${begin}" and "${end}"`);
  await writeFile(path, `${page.slice(0, from)}${begin}\n\n${toPage(result)}\n\n${page.slice(to)}`);
}
