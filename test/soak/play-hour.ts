import { restore } from '../../lab/faults/put-back.ts';
import { readIncidentId } from '../../lab/faults/set-off.ts';
import type { FaultLab } from '../../lab/faults/fault-lab.ts';
import { raiseServers, readTruth } from '../../lab/faults/observe.ts';
import { labVpcId } from '../../lab/lab.ts';
import { placeServer } from '../../lab/place-server.ts';
import type { Scenario } from '../../lab/scenario.ts';
import type { ServiceCall } from '../../lab/services/wire/service.ts';
import { emitEvent } from '../../lab/trigger.ts';
import { actionIds } from '../../lambdas/shared/contracts/action.ts';
import { readText } from '../../lambdas/shared/record.ts';
import type { Fates } from './judge-soak.ts';
import { takeSample } from './measure-processes.ts';
import type { Sample } from './measure-processes.ts';
import { makeStorm } from './storm-of-kinds.ts';
import { strikeInRhythm } from './strike.ts';
import type { Struck } from './strike.ts';

export interface HourProps {
  readonly minutes: number;
  readonly eventsPerMinute: number;
}

/** What was seen of the hour. */
export interface Hour {
  readonly samples: readonly Sample[];
  readonly fates: Fates;
  readonly struck: Struck;
  readonly duplicates: number;
  readonly silencedHosts: number;
  readonly outcomes: Readonly<Record<string, number>>;
}

const minuteMs = 60_000;
const minutesPerSample = 4;
/** In every tenth minute the hosts of its first event lose their agents before they can answer. */
const minutesPerSilence = 10;

interface Played {
  readonly scenario: Scenario;
  readonly network: string;
  readonly machines: string;
}

/** Plays the hour minute by minute, with faults, then puts everything back and looks at what became of it. */
export async function playHour(lab: FaultLab, props: HourProps, say: (line: string) => void): Promise<Hour> {
  const struck: Struck = { throttled: 0, answerLost: 0, killed: 0 };
  const storm = makeStorm(props.minutes * props.eventsPerMinute);
  const played: Played[] = [];
  const samples: Sample[] = [];
  let duplicates = 0;
  let silencedHosts = 0;
  const strike = strikeInRhythm(lab, struck);
  // All processes there can be: what grows later is no start of another one.
  await lab.aws.lambda.prewarm();
  await lab.audit.writeMode('armed', { setBy: 'lab', reason: 'soak', at: new Date().toISOString() });
  for (let minute = 0; minute < props.minutes; minute += 1) {
    const scenarios = storm.slice(minute * props.eventsPerMinute, (minute + 1) * props.eventsPerMinute);
    for (const scenario of scenarios) played.push(await raise(lab, scenario));
    const silent = minute % minutesPerSilence === 0 ? (scenarios[0]?.servers ?? []) : [];
    silencedHosts += silent.length;
    lab.silenceHosts(silent.map(({ id }) => id));
    lab.aws.gateway.setIntercept(strike);
    for (const { event } of scenarios) emitEvent(lab.aws, lab.deployment, event);
    // EventBridge delivers at least once; half of the events come twice, at the same time or a minute later.
    for (const { event } of scenarios.filter((_, index) => index % 2 === minute % 2)) {
      duplicates += 1;
      emitEvent(lab.aws, lab.deployment, event);
    }
    await lab.aws.whenIdle();
    lab.aws.gateway.setIntercept(undefined);
    lab.silenceHosts([]);
    await lab.aws.skipTime(minuteMs);
    forget(lab);
    if (minute % minutesPerSample !== minutesPerSample - 1) continue;
    samples.push(takeSample(minute + 1, played.length));
    say(`minute ${minute + 1}: ${played.length} events, ${JSON.stringify(samples.at(-1)?.functions)}`);
  }
  const ends = await Promise.all(played.map(async ({ scenario }) => await readEnd(lab, scenario)));
  const changed = (await findUnrestored(lab, played)).length;
  await restoreAll(lab, say);
  return {
    samples,
    struck,
    duplicates,
    silencedHosts,
    outcomes: Object.fromEntries(
      [...Map.groupBy(ends, ({ outcome }) => outcome)].map(([word, all]) => [word, all.length]),
    ),
    fates: {
      events: played.length,
      changed,
      lost: ends.filter(({ isClosed }) => !isClosed).map(({ id, words }) => `${id}: ${words}`),
      doubled: ends.filter(({ isDoubled }) => isDoubled).map(({ id, words }) => `${id}: ${words}`),
      notRestored: await findUnrestored(lab, played),
    },
  };
}

async function raise(lab: FaultLab, scenario: Scenario): Promise<Played> {
  await raiseServers(lab, scenario, async (server) => await placeServer(lab.aws, labVpcId, server));
  const { network, machines } = await readTruth(lab, scenario);
  return { scenario, network, machines };
}

/** The lab writes down every call; nobody asks for them here, and an hour of them would hide what else grows. */
function forget({ aws }: FaultLab): void {
  (aws.gateway.calls as ServiceCall[]).length = 0;
}

interface End {
  readonly id: string;
  readonly outcome: string;
  readonly isClosed: boolean;
  readonly isDoubled: boolean;
  readonly words: string;
}

async function readEnd(lab: FaultLab, scenario: Scenario): Promise<End> {
  const id = readIncidentId(scenario);
  return judgeItems(id, await lab.audit.readIncident(id));
}

/** Every attempt is opened once and ends before the next one begins; the last one is closed. */
export function judgeItems(id: string, items: readonly Readonly<Record<string, unknown> & { sk: string }>[]): End {
  const ofKind = (kind: string): string[] =>
    items.filter(({ sk }) => sk.startsWith(`${kind}#`)).map(({ sk }) => sk.slice(kind.length + 1));
  const opened = ofKind('opened');
  const ended = [...ofKind('closed'), ...ofKind('failed')];
  const last = items.findLast(({ sk }) => sk.startsWith('closed#') || sk.startsWith('failed#'));
  return {
    id,
    outcome: readText(last?.['outcome']) ?? 'lost',
    isClosed: opened.length > 0 && ended.length > 0,
    // A further attempt is right only where one before it did not come to its end.
    isDoubled: opened.length > 1 + items.filter(mayBeTakenUp).length || new Set(opened).size !== opened.length,
    words: items.map(({ sk }) => sk).join(', '),
  };
}

/** What failed, or was cut in part only, is taken up again by the next delivery of the same event. */
function mayBeTakenUp({ sk, outcome }: Readonly<Record<string, unknown>>): boolean {
  const isOver = outcome !== 'failed' && outcome !== 'partly-contained';
  return typeof sk === 'string' && (sk.startsWith('failed#') || (sk.startsWith('closed#') && !isOver));
}

/** One restore for each kind of action undoes all of it; a second one finds what the first left to others. */
async function restoreAll(lab: FaultLab, say: (line: string) => void): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    for (const action of actionIds) {
      const told = await restore(lab, { action, requestedBy: 'lab', reason: 'end of the soak' });
      if (told.status !== 'SUCCEEDED') say(`restore of ${action}: ${told.summary.slice(0, 300)}`);
    }
  }
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
