import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { buildFunctions } from '../synthesise.ts';
import type { LoadedTemplate } from '../template/template.ts';
import { routingHaste, startFaultLab } from './fault-lab.ts';
import { countKinds, countPoints, playRuns, summarise } from './play-runs.ts';
import type { FaultLine, PlayRunsProps, PointResult } from './play-runs.ts';
import { describePoint } from './point.ts';
import { listRuns } from './runs.ts';
import type { FaultRun } from './runs.ts';
import { playStorm } from './storm.ts';
import { runsBudget, synthesiseRuns } from './synthesise-runs.ts';

/** How often the progress is told. */
const pointsPerLine = 50;

/** As many findings in one moment, and the budget of the runs' policy. */
const storm = { findings: 1000, budget: runsBudget };
const stormName = `storm of ${storm.findings} findings`;

/**
 * `npm run faults [-- --json] [--run <name>] [--match <text>] [--every <n>] [--list]`: strikes at every call of every run and says
 * what came of it. Ends with status 1 when a lifeline or a golden channel was touched, something was told better than it
 * was, something did not come back, or all runs together list no point at a call that a role of the app allows.
 */
async function runFaults(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      run: { type: 'string' },
      match: { type: 'string', default: '' },
      every: { type: 'string', default: '1' },
    },
  });
  const { json = false, list = false, run: wanted, match } = values;
  const step = Number(values.every);
  if (!Number.isInteger(step) || step < 1)
    throw new Error(`--every must be a whole number from 1, got "${values.every}"`);
  const runs = listRuns().filter(({ name }) => wanted === undefined || name === wanted);
  const isWhole = match === '' && step === 1;
  const unstruck: string[] = [];
  const tellUnstruck: PlayRunsProps['tellUnstruck'] = (calls) => {
    if (wanted !== undefined) return;
    unstruck.push(...calls);
    for (const call of calls) tell(`No run strikes at ${call}`);
  };
  const isStorm = !list && isWhole && (wanted === undefined || wanted === stormName);
  if (runs.length === 0 && !isStorm) throw new Error(`There is no run "${wanted ?? ''}"`);
  const startedAt = Date.now();
  for (const run of runs) tellLimits(run);
  tell(`what leads clients comes due ${routingHaste} times as soon as on AWS: drains, propagations, fail-overs`);
  tell('building the functions and synthesising the app');
  await buildFunctions();
  const { loaded, remove } = await synthesiseRuns();
  try {
    const choose: PlayRunsProps['choose'] = (points) =>
      points.filter((one, index) => describePoint(one).includes(match) && index % step === 0);
    if (list) {
      const lines = await countPoints({ loaded, runs, choose, tellUnstruck });
      for (const line of lines) print(json ? JSON.stringify(line) : showLine(line));
      if (unstruck.length > 0) process.exitCode = 1;
      return;
    }
    const results = await playRuns({ loaded, runs, choose, tell: tellProgress, tellUnstruck });
    if (isStorm) results.push(...(await playStormPoints(loaded)));
    if (json) for (const line of summarise(results)) print(JSON.stringify(line));
    else for (const line of report(results, Date.now() - startedAt)) print(line);
    if (unstruck.length > 0 || results.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
  } finally {
    await remove();
  }
}

/** Of a run that repeats what another one plays, only the new is struck at. */
function tellLimits({ name, only, services }: FaultRun): void {
  if (only === undefined && services === undefined) return;
  const where = services === undefined ? '' : ` in calls of ${services.join(', ')}`;
  tell(`"${name}" strikes at ${only?.join(', ') ?? 'all'}${where}; other runs strike at the rest`);
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
