import { availableParallelism } from 'node:os';
import type { LoadedTemplate } from '../template/template.ts';
import { violationKinds } from './violation.ts';
import type { Outcomes } from './check.ts';
import type { Violation, ViolationKind } from './violation.ts';
import { findUnstruck } from './find-unstruck.ts';
import { startFaultLab } from './fault-lab.ts';
import type { FaultLab } from './fault-lab.ts';
import { playPoint } from './play-point.ts';
import { describePoint, groupOf, listPoints } from './point.ts';
import type { FaultPoint } from './point.ts';
import type { FaultRun } from './runs.ts';

/** One point, played. */
export interface PointResult {
  readonly run: string;
  readonly group: string;
  readonly point: string;
  readonly wasMet: boolean;
  readonly violations: readonly Violation[];
}

/** One line of `npm run faults -- --json`: how often each thing happened that must never happen. */
export type FaultLine = { readonly name: string; readonly points: number } & Readonly<Record<ViolationKind, number>>;

export interface PlayRunsProps {
  readonly loaded: LoadedTemplate;
  readonly runs: readonly FaultRun[];
  /** Chooses among the points of a run. Default: all. */
  readonly choose?: (points: readonly FaultPoint[]) => readonly FaultPoint[];
  /** Labs that play side by side. Default: as many as there are processors, and one more. */
  readonly lanes?: number;
  /** Called with the calls that roles of the app allow and no point of these runs strikes at. */
  readonly tellUnstruck?: (calls: readonly string[]) => void;
  /** Called after every point. */
  readonly tell?: (result: PointResult, done: number, all: number) => void;
}

/** A lab grows with every play, and with it the time of the next one. */
const playsPerLab = 50;

interface Job {
  readonly run: FaultRun;
  readonly point: FaultPoint;
  readonly expected: Outcomes;
}

/** Plays every run clean, then once for every point of it. */
export async function playRuns(props: PlayRunsProps): Promise<PointResult[]> {
  const { loaded, lanes = availableParallelism() + 1, tell } = props;
  const jobs = await listJobs(props);
  const all = jobs.length;
  const results: PointResult[] = [];
  const work = async (): Promise<void> => {
    const lane = new Lane(loaded);
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      const result = await lane.play(job);
      results.push(result);
      tell?.(result, results.length, all);
    }
    await lane.stop();
  };
  await Promise.all(Array.from({ length: Math.min(lanes, all) }, work));
  return results;
}

/** How many points each line will have, without playing them. */
export async function countPoints(props: PlayRunsProps): Promise<FaultLine[]> {
  const jobs = await listJobs(props);
  const none = { wasMet: true, violations: [] };
  return summarise(jobs.map(({ run, point }) => ({ run: run.name, group: groupOf(point), point: '', ...none })));
}

/** Plays each run clean; one that is not as it should be without any fault cannot be judged with one. */
async function listJobs({ loaded, runs, choose = (points) => points, tellUnstruck }: PlayRunsProps): Promise<Job[]> {
  const lab = await startFaultLab(loaded);
  const jobs: Job[] = [];
  const all: FaultPoint[] = [];
  try {
    for (const [index, run] of runs.entries()) {
      const { calls, outcomes, violations } = await playPoint(lab, run, null, index, null);
      if (violations.length > 0) {
        throw new Error(`Could not begin with "${run.name}": without a fault ${JSON.stringify(violations)}`);
      }
      const { during, scenario } = run;
      const points = listPoints(calls, lab.deployment, { during, servers: scenario.servers.length });
      const own = points.filter((point) => isStruck(run, point));
      all.push(...own);
      jobs.push(...choose(own).map((point) => ({ run, point, expected: outcomes })));
    }
    tellUnstruck?.(findUnstruck(lab.deployment, all));
  } finally {
    await lab.stop();
  }
  return jobs;
}

function isStruck({ only, services, operations, without = [] }: FaultRun, point: FaultPoint): boolean {
  if (!('mark' in point)) return !without.includes(point.kind);
  const { caller, service, operation } = point.mark;
  return (
    (only?.includes(caller) ?? true) &&
    (services?.includes(service) ?? true) &&
    (operations?.includes(operation) ?? true)
  );
}

/** One lab after the other, each for a number of plays; one that shows a violation is not used again. */
class Lane {
  readonly #loaded: LoadedTemplate;
  #lab: FaultLab | undefined;
  #plays = 0;

  constructor(loaded: LoadedTemplate) {
    this.#loaded = loaded;
  }

  async play({ run, point, expected }: Job): Promise<PointResult> {
    this.#lab ??= await startFaultLab(this.#loaded);
    this.#plays += 1;
    const named = { run: run.name, group: groupOf(point), point: describePoint(point) };
    const { wasMet, violations } = await playPoint(this.#lab, run, point, this.#plays, expected);
    if (violations.length > 0 || this.#plays >= playsPerLab) await this.stop();
    return { ...named, wasMet, violations };
  }

  async stop(): Promise<void> {
    await this.#lab?.stop();
    this.#lab = undefined;
    this.#plays = 0;
  }
}

/** One line for every action of every run. */
export function summarise(results: readonly PointResult[]): FaultLine[] {
  const groups = Map.groupBy(results, ({ run, group }) => `${run}: ${group}`);
  return [...groups].map(([name, some]) => ({ name, points: some.length, ...countKinds(some) }));
}

/** How many points showed each kind of violation. */
export function countKinds(results: readonly PointResult[]): Record<ViolationKind, number> {
  const count = (kind: ViolationKind): number =>
    results.filter(({ violations }) => violations.some((violation) => violation.kind === kind)).length;
  return Object.fromEntries(violationKinds.map((kind) => [kind, count(kind)])) as Record<ViolationKind, number>;
}
