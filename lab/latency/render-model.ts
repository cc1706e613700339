import { latencyRows } from './latency-model.ts';
import type { LatencyRow } from './latency-model.ts';

/** The table of docs/latency-model.md, from the rows the bench draws from. */
export function renderModel(): string {
  const rows = Object.values<LatencyRow>(latencyRows).map(
    ({ what, p50Ms, p99Ms, perItemMs = 0, grade, source }) =>
      `| ${what} | ${p50Ms} | ${p99Ms} | ${perItemMs === 0 ? '' : perItemMs} | ${grade} | ${source} |`,
  );
  return [
    '| what | p50 ms | p99 ms | more for each id ms | grade | from |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
