import { startLab } from '../../lab/lab.ts';
import { buildPlan } from '../../lab/latency/build-plan.ts';
import { findProvisioned } from '../../lab/latency/find-provisioned.ts';
import { isBlocking } from '../../lab/latency/plan-step.ts';
import type { Plan } from '../../lab/latency/plan-step.ts';
import { createRandom } from '../../lab/latency/random.ts';
import { recordRun, toStem } from '../../lab/latency/record-run.ts';
import type { Assembly, Means } from './assembly.ts';
import { raiseFleet } from './fleet.ts';
import { measurePace } from './pace.ts';

/** What a fleet's cut was seen to do in the lab. */
export interface FleetPlans {
  readonly size: number;
  /** How they were cut from the network. */
  readonly means: Means;
  /** Functions that are kept ready where this is deployed; all others start cold. */
  readonly provisioned: ReadonlySet<string>;
  /** By functions whose processes had served nobody yet. Null where the fleet was not cut. */
  readonly cold: Plan | null;
  /** By the same processes, when they had. */
  readonly warm: Plan | null;
  /** Why the fleet was not cut; empty where it was. */
  readonly problem: string;
  /** What the pace of the machine is measured by. */
  readonly yardstick: string;
}

/** Sizes of the fleets, and how often each is recorded: the quietest recording counts, for others only add waiting. */
const fleetSizes = [
  { size: 1, means: 'interfaces', recordings: 3 },
  { size: 10, means: 'interfaces', recordings: 1 },
  { size: 87, means: 'interfaces', recordings: 2 },
  { size: 87, means: 'subnets', recordings: 2 },
  { size: 1000, means: 'interfaces', recordings: 1 },
] as const;

/** Records the cut of each fleet from the event to the end, in labs of their own. */
export async function recordFleets(
  findAssembly: (means: Means) => Promise<Assembly>,
  tell: (line: string) => void,
): Promise<readonly FleetPlans[]> {
  const fleets: FleetPlans[] = [];
  for (const { size, means, recordings } of fleetSizes) {
    const assembly = await findAssembly(means);
    const recorded: Recorded[] = [];
    for (let turn = 0; turn < recordings; turn += 1) {
      tell(`the cut of ${size} by ${means} in the lab, recording ${turn + 1} of ${recordings}`);
      recorded.push(await recordFleet(size, assembly, turn));
    }
    const cold = pickQuietest(recorded.map(([first]) => first.plan));
    const warm = pickQuietest(recorded.map(([, second]) => second.plan));
    const problem = recorded.flat().map(({ end }) => end)[0] ?? '';
    fleets.push({
      size,
      means,
      yardstick: assembly.yardstick,
      provisioned: new Set([...findProvisioned(assembly.path)].map(toStem)),
      cold,
      warm,
      problem: cold === null || warm === null ? problem : '',
    });
  }
  return fleets;
}

interface RecordedCut {
  /** Null where nothing was cut. */
  readonly plan: Plan | null;
  readonly end: string;
}

/** The first cut of a fresh deployment and the next one, of another fleet. */
type Recorded = readonly [RecordedCut, RecordedCut];

async function recordFleet(
  size: number,
  { path, yardstick }: Pick<Assembly, 'path' | 'yardstick'>,
  turn: number,
): Promise<Recorded> {
  const lab = await startLab({ assembly: path, hosts: 'simulated' });
  const record = async (generation: number): Promise<RecordedCut> => {
    const event = await raiseFleet(lab, size, generation);
    const before = measurePace(yardstick);
    const run = await recordRun(lab, event, createRandom(turn * 10 + generation));
    // The busier of the two moments would flatter us.
    const pace = Math.max(before, measurePace(yardstick));
    // A state machine's wait is no work: it lasts as long on any machine.
    const plan = buildPlan(run).map((step) =>
      step.operation === 'retry' ? step : { ...step, ownMs: step.ownMs * pace },
    );
    const end = `${run.outcome}: ${run.reason.slice(0, 300)}`;
    return { plan: plan.some(isBlocking) ? plan : null, end };
  };
  try {
    await lab.setMode('armed');
    // The start of the processes is a part of the model; what is left is a first request.
    await lab.aws.lambda.prewarm();
    return [await record(1), await record(2)];
  } finally {
    await lab.stop();
  }
}

function pickQuietest(plans: readonly (Plan | null)[]): Plan | null {
  const noiseOf = (plan: Plan) => plan.reduce((sum, { ownMs }) => sum + ownMs, 0);
  const cut = plans.filter((plan) => plan !== null);
  return cut.toSorted((left, right) => noiseOf(left) - noiseOf(right))[0] ?? null;
}
