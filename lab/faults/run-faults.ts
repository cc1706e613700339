import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { labAccount } from '../lab.ts';
import { synthesise } from '../synthesise.ts';
import { countKinds, playRuns, summarise } from './play-runs.ts';
import type { PointResult } from './play-runs.ts';
import { describePoint } from './point.ts';
import { listRuns } from './runs.ts';

/** How often the progress is told. */
const pointsPerLine = 50;

/**
 * `npm run faults [-- --json] [--run <name>] [--match <text>]`: strikes at every call of every run and says what came
 * of it. Ends with status 1 when a lifeline or a golden channel was touched, something was told better than it was, or
 * something did not come back.
 */
async function runFaults(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, run: { type: 'string' }, match: { type: 'string', default: '' } },
  });
  const runs = listRuns().filter(({ name }) => values.run === undefined || name === values.run);
  if (runs.length === 0) throw new Error(`There is no run "${values.run ?? ''}"`);
  const startedAt = Date.now();
  tell('building the functions and synthesising the app');
  const { loaded, folder } = await synthesise(labAccount);
  try {
    const results = await playRuns({
      loaded,
      runs,
      choose: (points) => points.filter((point) => describePoint(point).includes(values.match)),
      tell: tellProgress,
    });
    if (values.json === true) for (const line of summarise(results)) print(JSON.stringify(line));
    else for (const line of report(results, Date.now() - startedAt)) print(line);
    if (results.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tellProgress({ run, point, violations }: PointResult, done: number, all: number): void {
  for (const { kind, seen } of violations) tell(`${kind} in ${run} at ${point}: ${seen}`);
  if (done % pointsPerLine === 0) tell(`${done} of ${all} fault points played`);
}

function report(results: readonly PointResult[], milliseconds: number): string[] {
  const bad = results.filter(({ violations }) => violations.length > 0);
  const unmet = results.filter(({ wasMet }) => !wasMet);
  const counts = Object.entries(countKinds(results)).map(([kind, count]) => `${kind} ${count}`);
  return [
    ...summarise(results).map(({ name, points }) => `${String(points).padStart(5)} points  ${name}`),
    ...bad.flatMap(({ run, point, violations }) => [
      `\n${run} at ${point}`,
      ...violations.map(({ kind, seen }) => `  ${kind}: ${seen}`),
    ]),
    ...unmet.map(({ run, point }) => `not met this time: ${run} at ${point}`),
    `\n${results.length} fault points on simulated hosts, ${counts.join(', ')}, ${(milliseconds / 1000).toFixed(0)} s`,
  ];
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runFaults();
