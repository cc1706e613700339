import { explainPath } from '../../lab/latency/explain-path.ts';
import { readMilestones } from '../../lab/latency/milestones.ts';
import type { Milestones } from '../../lab/latency/milestones.ts';
import { findReadBacks } from '../../lab/latency/plan-step.ts';
import type { Plan } from '../../lab/latency/plan-step.ts';
import { createRandom } from '../../lab/latency/random.ts';
import { replayPlan } from '../../lab/latency/replay-plan.ts';
import type { Replayed } from '../../lab/latency/replay-plan.ts';
import type { Means } from './assembly.ts';
import { fail, hold, round, tell } from './measured.ts';
import type { Measured } from './measured.ts';
import { measurePace } from './pace.ts';
import { percentile } from './percentile.ts';
import type { FleetPlans } from './record-fleets.ts';
import { bundleOf, timeImports } from './time-imports.ts';

const limitMs = 3000;
/** Fleets for which the three seconds are held; one by one, many interfaces wait for the slowest of them and are only told. */
const held: ReadonlySet<string> = new Set([describeFleet(1, 'interfaces'), describeFleet(87, 'subnets')]);
const importTurns = 7;
const runs = 200;
const seed = 20_260_304;

/** In the order in which they are told. */
const milestones: Readonly<Record<keyof Milestones, string>> = {
  firstBlock: 'first block',
  allBlocked: 'all blocked',
  verified: 'verified network cut',
  hostCutSent: 'host cut sent',
};

/**
 * From the event to the cut, by replays of what the lab was just seen to do under the latencies of AWS. Held to the
 * three seconds is what is deployed: a fuse blows seldom, so functions that nobody keeps ready always start cold.
 */
export function measureCut(fleets: readonly FleetPlans[]): Measured[] {
  const importMs = timeCutImports(fleets);
  return fleets.flatMap(({ size, means, cold, warm, provisioned, problem }) => {
    const fleet = describeFleet(size, means);
    if (cold === null || warm === null) return fail(`event to cut, ${fleet}`, `Nothing was cut. ${problem}`);
    const coldImportMs = new Map([...importMs].filter(([stem]) => !provisioned.has(stem)));
    return [
      ...measureFleet({ size, fleet, plan: cold, start: 'as deployed', coldImportMs }),
      ...measureFleet({ size, fleet, plan: cold, start: 'nothing kept ready', coldImportMs: importMs }),
      ...measureFleet({ size, fleet, plan: cold, start: 'kept ready', coldImportMs: new Map() }),
      ...measureFleet({ size, fleet, plan: warm, start: 'warm', coldImportMs: new Map() }),
    ];
  });
}

interface FleetReplay {
  readonly size: number;
  /** The fleet in words. */
  readonly fleet: string;
  readonly plan: Plan;
  /** `kept ready`: environments stand, but have served nobody yet; `warm`: they have. */
  readonly start: 'as deployed' | 'nothing kept ready' | 'kept ready' | 'warm';
  readonly coldImportMs: ReadonlyMap<string, number>;
}

function measureFleet({ size, fleet, plan, start, coldImportMs }: FleetReplay): Measured[] {
  const random = createRandom(seed + size);
  const replays = Array.from({ length: runs }, () => replayPlan(plan, { random, coldImportMs }));
  const times = replays.map((replayed) => readMilestones(plan, replayed));
  const refused = replays.reduce((sum, replay) => sum + replay.refused, 0) / runs;
  const runsNote = `${runs} runs${refused === 0 ? '' : `; EC2 refused ${round(refused, 0)} calls a run for their rate`}`;
  return Object.entries(milestones).flatMap(([key, words]) => {
    const values = times.map((all) => all[key as keyof Milestones]);
    const name = `event to ${words}, ${fleet}, ${start}`;
    const isHeld = key === 'verified' && start === 'as deployed' && held.has(fleet);
    const note = key === 'verified' ? `${runsNote}; ${explainMedian(plan, replays, values)}` : runsNote;
    const [p50, p99] = [0.5, 0.99].map((share) => round(percentile(values, share), 0)) as [number, number];
    return [
      tell(`${name}, p50`, p50, 'ms', { reference: limitMs, ratio: round(p50 / limitMs, 3), note }),
      isHeld
        ? hold(`${name}, p99`, p99, 'ms', limitMs, { note: runsNote })
        : tell(`${name}, p99`, p99, 'ms', { reference: limitMs, ratio: round(p99 / limitMs, 3), note: runsNote }),
    ];
  });
}

/** Names a fleet; that interfaces are moved is what a policy without a word about it does. */
export function describeFleet(size: number, means: Means): string {
  return `${size} ${size === 1 ? 'server' : 'servers'}${means === 'subnets' ? ' by subnets' : ''}`;
}

/** Where the time of the median run went. */
function explainMedian(plan: Plan, replays: readonly Replayed[], values: readonly number[]): string {
  const replayed = replays[values.indexOf(percentile(values, 0.5))];
  if (replayed === undefined) return '';
  const target = [...findReadBacks(plan)].reduce((last, place) =>
    (replayed.doneMs[place] ?? 0) > (replayed.doneMs[last] ?? 0) ? place : last,
  );
  return [...explainPath(plan, replayed, target)]
    .filter(([, milliseconds]) => milliseconds > 0)
    .map(([share, milliseconds]) => `${share} ${round(milliseconds, 0)}`)
    .join(', ');
}

/** Import times of all functions that a plan invokes, as this machine measures them now, at the pace of Lambda. */
function timeCutImports(fleets: readonly FleetPlans[]): ReadonlyMap<string, number> {
  const invoked = fleets.flatMap(({ cold }) => cold ?? []).filter(({ kind }) => kind === 'invoke');
  const stems = [...new Set(invoked.map(({ stem }) => stem))];
  const yardstick = fleets[0]?.yardstick ?? '';
  const before = measurePace(yardstick);
  const times = timeImports(stems.map(bundleOf), importTurns);
  const pace = Math.max(before, measurePace(yardstick));
  return new Map(stems.map((stem, place) => [stem, (times[place] ?? 0) * pace]));
}
