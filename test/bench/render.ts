import { cpus, loadavg } from 'node:os';
import type { Measured } from './measured.ts';

/** One figure in one line, for reading. */
export function toLine(result: Measured): string {
  const { name, ok, budget, note } = result;
  const mark = result.value === null && ok ? 'skip' : ok ? 'ok  ' : 'OVER';
  const parts = [`${mark} ${name}: ${toValue(result)}`, toComparison(result), budget === null ? '' : `(${budget})`];
  return `${parts.filter((part) => part !== '').join(' ')}${note === undefined ? '' : `\n       ${note}`}`;
}

function toValue({ value, unit }: Measured): string {
  return value === null ? 'no figure' : `${value} ${unit}`;
}

function toComparison({ reference, ratio, unit }: Measured): string {
  if (reference === null) return '';
  return `beside ${reference} ${unit}${ratio === null ? '' : `, ratio ${ratio}`}`;
}

/** Where the figures were taken: they are worth nothing without it, and the load is what makes them differ. */
export function describeMachine(): string {
  const [load = 0] = loadavg();
  return `${cpus().length} cores, Node.js ${process.versions.node}, ${process.platform} ${process.arch}, load average ${load.toFixed(1)} at the end`;
}

/** The figures as a table in Markdown. */
export function toTable(results: readonly Measured[]): string {
  const rows = results.map(
    ({ name, value, unit, reference, ratio, budget, ok }) =>
      `| ${name} | ${value === null ? '-' : `${value} ${unit}`} | ${reference ?? '-'} | ${ratio ?? '-'} | ${budget ?? '-'} | ${toMark(value, budget, ok)} |`,
  );
  return [
    '| what | figure | reference | ratio | budget | kept |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function toMark(value: number | null, budget: string | null, isKept: boolean): string {
  if (!isKept) return '**no**';
  return value === null ? 'skipped' : budget === null ? '' : 'yes';
}

/** The notes below the table: what a figure rests on. */
export function toNotes(results: readonly Measured[]): string {
  return results.flatMap(({ name, note }) => (note === undefined ? [] : [`- ${name}: ${note}`])).join('\n');
}
