import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { buildFunctions } from '../synthesise.ts';
import type { LoadedTemplate } from '../template/template.ts';
import { startFaultLab } from './fault-lab.ts';
import { countKinds, countPoints, playRuns, summarise } from './play-runs.ts';
import type { FaultLine, PlayRunsProps, PointResult } from './play-runs.ts';
import { describePoint, listCallers } from './point.ts';
import { listRuns } from './runs.ts';
import { playStorm } from './storm.ts';
import { synthesiseRuns } from './synthesise-runs.ts';

/** How often the progress is told. */
const pointsPerLine = 50;

/** As many findings in one moment, and the budget of a policy that says nothing of it. */
const storm = { findings: 1000, budget: 100 };
const stormName = `storm of ${storm.findings} findings`;

/**
 * `npm run faults [-- --json] [--run <name>] [--match <text>] [--list]`: strikes at every call of every run and says
 * what came of it. Ends with status 1 when a lifeline or a golden channel was touched, something was told better than it
 * was, something did not come back, or nobody struck at a function or machine of the app.
 */
async function runFaults(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      run: { type: 'string' },
      match: { type: 'string', default: '' },
    },
  });
  const { json = false, list = false, run: wanted, match } = values;
  const runs = listRuns().filter(({ name }) => wanted === undefined || name === wanted);
  const isStorm = !list && match === '' && (wanted === undefined || wanted === stormName);
  if (runs.length === 0 && !isStorm) throw new Error(`There is no run "${wanted ?? ''}"`);
  const startedAt = Date.now();
  tell('building the functions and synthesising the app');
  await buildFunctions();
  const { loaded, remove } = await synthesiseRuns();
  try {
    const choose: PlayRunsProps['choose'] = (points) => points.filter((one) => describePoint(one).includes(match));
    if (list) {
      const lines = await countPoints({ loaded, runs, choose });
      for (const line of lines) print(json ? JSON.stringify(line) : showLine(line));
      return;
    }
    const results = await playRuns({ loaded, runs, choose, tell: tellProgress });
    if (isStorm) results.push(...(await playStormPoints(loaded)));
    const idle = wanted === undefined && match === '' ? listIdle(loaded, results) : [];
    if (json) for (const line of summarise(results)) print(JSON.stringify(line));
    else for (const line of report(results, Date.now() - startedAt)) print(line);
    for (const caller of idle) tell(`No run strikes at ${caller}`);
    if (idle.length > 0 || results.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
  } finally {
    await remove();
  }
}

/** Every finding is a point: the storm itself is the fault. */
async function playStormPoints(loaded: LoadedTemplate): Promise<PointResult[]> {
  const lab = await startFaultLab(loaded, { mostProcesses: availableParallelism() + 1 });
  try {
    const { violations, outcomes, milliseconds } = await playStorm(lab, storm);
    tell(`${stormName}: ${JSON.stringify(outcomes)} after ${(milliseconds / 1000).toFixed(0)} s`);
    return Array.from({ length: storm.findings }, (_, index) => ({
      run: stormName,
      group: 'budget',
      point: `finding ${index}`,
      wasMet: true,
      violations: violations[index] === undefined ? [] : [violations[index]],
    }));
  } finally {
    await lab.stop();
  }
}

/** Functions and machines of the app at which nobody struck. */
function listIdle(loaded: LoadedTemplate, results: readonly PointResult[]): string[] {
  return listCallers(loaded).filter((caller) => results.every(({ group }) => group !== caller));
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
    ...summarise(results).map(showLine),
    ...bad.flatMap(({ run, point, violations }) => [
      `\n${run} at ${point}`,
      ...violations.map(({ kind, seen }) => `  ${kind}: ${seen}`),
    ]),
    ...unmet.map(({ run, point }) => `not met this time: ${run} at ${point}`),
    `\n${results.length} fault points on simulated hosts, ${counts.join(', ')}, ${(milliseconds / 1000).toFixed(0)} s`,
  ];
}

function showLine({ name, points }: FaultLine): string {
  return `${String(points).padStart(5)} points  ${name}`;
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runFaults();
