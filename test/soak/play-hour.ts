import { restore } from '../../lab/faults/put-back.ts';
import { readIncidentId } from '../../lab/faults/set-off.ts';
import type { FaultLab } from '../../lab/faults/fault-lab.ts';
import { raiseServers, readTruth } from '../../lab/faults/observe.ts';
import { labVpcId } from '../../lab/lab.ts';
import { placeServer } from '../../lab/place-server.ts';
import type { Scenario } from '../../lab/scenario.ts';
import type { Intercept } from '../../lab/services/gateway.ts';
import type { ServiceCall } from '../../lab/services/wire/service.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { actionIds } from '../../lambdas/shared/contracts/action.ts';
import { judgeIncident } from './judge-incident.ts';
import type { End } from './judge-incident.ts';
import type { Fates } from './judge-soak.ts';
import { takeSample } from './measure-processes.ts';
import type { Sample } from './measure-processes.ts';
import { documentedRates } from './rates.ts';
import type { KindCount, KindOfEvent } from './rates.ts';
import { makeStorm, stormMinute } from './storm-of-kinds.ts';
import type { Attack, Delivery, StormProps } from './storm-of-kinds.ts';
import { strikeInRhythm } from './strike.ts';
import type { Struck } from './strike.ts';

export type HourProps = StormProps;

/** What was seen of the hour. */
export interface Hour {
  readonly samples: readonly Sample[];
  readonly fates: Fates;
  readonly struck: Struck;
  readonly duplicates: number;
  readonly counts: readonly KindCount[];
  readonly silencedHosts: number;
  /** Restores that had to be asked for again. */
  readonly restoreFailures: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

const minuteMs = 60_000;
const minutesPerSample = 3;
/** In every tenth minute the hosts of its first event lose their agents before they can answer. */
const minutesPerSilence = 10;

interface Played {
  readonly scenario: Scenario;
  readonly network: string;
  readonly machines: string;
  /** Signals about these servers that were delivered, each once. */
  readonly sent: unknown[];
}

/** What came so far, and what was done to the lab meanwhile. */
interface Course {
  readonly played: Map<Attack, Played>;
  readonly deliveries: { readonly minute: number; readonly kind: KindOfEvent }[];
  duplicates: number;
  silencedHosts: number;
}

/** Plays the hour minute by minute, with faults, then puts everything back and looks at what became of it. */
export async function playHour(lab: FaultLab, props: HourProps, say: (line: string) => void): Promise<Hour> {
  const struck: Struck = { throttled: 0, answerLost: 0, killed: 0 };
  const storm = makeStorm(props);
  const course: Course = { played: new Map(), deliveries: [], duplicates: 0, silencedHosts: 0 };
  const samples: Sample[] = [];
  const strike = strikeInRhythm(lab, struck);
  // All processes there can be: what grows later is no start of another one.
  await lab.aws.lambda.prewarm();
  await lab.audit.writeMode('armed', { setBy: 'lab', reason: 'soak', at: new Date().toISOString() });
  for (let minute = 0; minute < props.minutes; minute += 1) {
    await playMinute(lab, { minute, storm, strike, course });
    if (minute % minutesPerSample !== minutesPerSample - 1) continue;
    samples.push(takeSample(minute + 1, course.deliveries.length + course.duplicates));
    const { processes, meanRss } = samples.at(-1)?.functions ?? {};
    say(`minute ${minute + 1}: ${course.deliveries.length} events, ${processes} processes of ${meanRss} MB`);
  }
  const played = [...course.played.values()];
  const ends = await readEnds(lab, played);
  const changed = (await findUnrestored(lab, played)).length;
  const restoreFailures = await restoreAll(lab, say);
  const { duplicates, silencedHosts } = course;
  return {
    samples,
    struck,
    duplicates,
    silencedHosts,
    restoreFailures,
    counts: countKinds(course, stormMinute(props.minutes)),
    outcomes: Object.fromEntries(
      [...Map.groupBy(ends, ({ outcome }) => outcome)].map(([word, all]) => [word, all.length]),
    ),
    fates: {
      incidents: ends.length,
      servers: played.length,
      changed,
      takenUp: ends.reduce((sum, { takenUp }) => sum + takenUp, 0),
      lost: ends.filter(({ isClosed }) => !isClosed).map(({ id, words }) => `${id}: ${words}`),
      doubled: ends.filter(({ isDoubled }) => isDoubled).map(({ id, words }) => `${id}: ${words}`),
      notRestored: await findUnrestored(lab, played),
    },
  };
}

interface Minute {
  readonly minute: number;
  readonly storm: readonly Attack[];
  readonly strike: Intercept;
  readonly course: Course;
}

/** All that is due comes in one moment; then the minute passes. */
async function playMinute(lab: FaultLab, { minute, storm, strike, course }: Minute): Promise<void> {
  const begun = storm.filter((attack) => attack.minute === minute);
  for (const attack of begun) course.played.set(attack, await raise(lab, attack.scenario));
  const silent = minute % minutesPerSilence === 0 ? (begun[0]?.scenario.servers ?? []) : [];
  course.silencedHosts += silent.length;
  lab.silenceHosts(silent.map(({ id }) => id));
  lab.aws.gateway.setIntercept(strike);
  const due = storm.flatMap((attack) =>
    attack.deliveries
      .filter(({ afterMinutes }) => attack.minute + afterMinutes === minute)
      .map((delivery) => ({ attack, delivery })),
  );
  for (const { attack, delivery } of due) deliver(lab, course, { attack, delivery, minute });
  // EventBridge delivers at least once; half of the events come twice.
  for (const { delivery } of due.filter((_, index) => index % 2 === minute % 2)) {
    course.duplicates += 1;
    emitEvent(lab.aws, lab.deployment, delivery.event);
  }
  await lab.aws.whenIdle();
  lab.aws.gateway.setIntercept(undefined);
  lab.silenceHosts([]);
  await lab.aws.skipTime(minuteMs);
  forget(lab);
}

interface Due {
  readonly attack: Attack;
  readonly delivery: Delivery;
  readonly minute: number;
}

function deliver(lab: FaultLab, course: Course, { attack, delivery, minute }: Due): void {
  emitEvent(lab.aws, lab.deployment, delivery.event);
  course.deliveries.push({ minute, kind: delivery.kind });
  if (delivery.isSignal) course.played.get(attack)?.sent.push(delivery.event);
}

function countKinds({ deliveries }: Course, stormAt: number): KindCount[] {
  return (Object.keys(documentedRates) as KindOfEvent[]).map((kind) => {
    const ofKind = deliveries.filter((one) => one.kind === kind);
    return { kind, events: ofKind.length, inStormMinute: ofKind.filter(({ minute }) => minute === stormAt).length };
  });
}

async function raise(lab: FaultLab, scenario: Scenario): Promise<Played> {
  await raiseServers(lab, scenario, async (server) => await placeServer(lab.aws, labVpcId, server));
  const { network, machines } = await readTruth(lab, scenario);
  return { scenario, network, machines, sent: [] };
}

/** The lab writes down every call; nobody asks for them here, and an hour of them would hide what else grows. */
function forget({ aws }: FaultLab): void {
  (aws.gateway.calls as ServiceCall[]).length = 0;
}

async function readEnds(lab: FaultLab, played: readonly Played[]): Promise<End[]> {
  const ids = new Set(
    played.flatMap(({ scenario, sent }) => sent.map((event) => readIncidentId({ ...scenario, event }))),
  );
  return await Promise.all([...ids].map(async (id) => judgeIncident(id, await lab.audit.readIncident(id))));
}

/** Whoever restores tries again what failed: the reads of hundreds of incidents can time out on a busy machine. */
const triesPerRestore = 3;

/** One restore for each kind of action undoes all of it; a second round finds what the first left to others. */
async function restoreAll(lab: FaultLab, say: (line: string) => void): Promise<number> {
  let failures = 0;
  for (let round = 0; round < 2; round += 1) {
    for (const action of actionIds) {
      for (let tried = 0; tried < triesPerRestore; tried += 1) {
        const told = await restore(lab, { action, requestedBy: 'lab', reason: 'end of the soak' });
        if (told.status === 'SUCCEEDED') break;
        failures += 1;
        say(`restore of ${action}: ${told.summary.slice(0, 300)}`);
      }
    }
  }
  return failures;
}

async function findUnrestored(lab: FaultLab, played: readonly Played[]): Promise<string[]> {
  const ends = await Promise.all(played.map(async ({ scenario }) => await readTruth(lab, scenario)));
  return played.flatMap(({ scenario, network, machines }, index) => {
    const now = ends[index];
    const wrong = [
      ...(now?.network === network ? [] : ['network']),
      ...(now?.machines === machines ? [] : [`machines ${machines} now ${now?.machines}`]),
      ...(now?.goldenLost === 0 ? [] : ['golden connections were lost']),
    ];
    return wrong.length === 0 ? [] : [`${scenario.name} ${readIncidentId(scenario)}: ${wrong.join('; ')}`];
  });
}
