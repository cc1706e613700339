import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from './judge-soak.ts';
import type { Hour, HourProps } from './play-hour.ts';

/** The result of a soak, as `--json` prints it. */
export interface SoakResult extends HourProps, Hour {
  readonly ok: boolean;
  readonly realSeconds: number;
  readonly figures: readonly Figure[];
}

const path = join(import.meta.dirname, '..', '..', 'docs', 'soak.md');
const begin = '<!-- figures: written by npm run soak -- --write -->';
const end = '<!-- end of figures -->';

/** The figures of one run as a part of the page. */
export function toPage({
  minutes,
  eventsPerMinute,
  duplicates,
  silencedHosts,
  struck,
  outcomes,
  figures,
  samples,
}: SoakResult): string {
  const faults = `${struck.throttled} throttled calls, ${struck.answerLost} lost answers, ${struck.killed} killed functions, ${silencedHosts} lost agents`;
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [
    `${minutes} minutes of the lab's time, ${minutes * eventsPerMinute} events, ${duplicates} of them delivered twice; ${faults}.`,
    `Incidents: ${ends.join(', ')}.`,
    '',
    '| what | figure | at most | kept |',
    '| --- | --- | --- | --- |',
    ...figures.map(
      ({ name, value, unit, limit, ok }) => `| ${name} | ${value} ${unit} | ${limit} | ${ok ? 'yes' : '**no**'} |`,
    ),
    '',
    '| minute | events | heap of the lab, MB | handles of the lab | function processes | memory of one, MB | handles of one |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...samples.map(
      ({ labMinute, events, labHeap, labHandles, functions }) =>
        `| ${labMinute} | ${events} | ${labHeap} | ${labHandles} | ${functions?.processes ?? '-'} | ${functions?.meanRss ?? '-'} | ${functions?.meanHandles ?? '-'} |`,
    ),
  ].join('\n');
}

/** Puts the figures between the marks of docs/soak.md; what people wrote around them stays. */
export async function writePage(result: SoakResult): Promise<void> {
  const page = await readFile(path, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`Could not write the figures: the page lacks "${begin}" and "${end}"`);
  await writeFile(path, `${page.slice(0, from)}${begin}\n\n${toPage(result)}\n\n${page.slice(to)}`);
}
