import type { Cohort } from '../lambdas/shared/contracts/incident.ts';
import { questions } from '../lambdas/shared/contracts/incident.ts';
import type { Played } from '../lab/play.ts';
import type { MachineState } from '../lab/hosts/machine.ts';
import { describeStandIns } from '../lab/result.ts';
import type { MachineStory, PeerStory } from '../lab/result.ts';
import { describeCut, paint, toTable } from './output.ts';

/** Tells a person what a scenario showed: event, answers, way, cut, survivors, times, record, restore. */
export function showScenario({ observed, result }: Played, number: string): string[] {
  const lines = [
    paint.strong(`${number} ${result.scenario}`),
    `  event     ${observed.eventName}`,
    ...observed.cohorts.flatMap(showCohort),
    `  way       ${observed.path.join(' > ')}`,
    ...showPeers(observed.peers, result.simulated),
    ...observed.machines.flatMap(showMachine),
    `  latency   ${showLatency(result.latencyMs)}`,
    `  audit     ${observed.incidentId ?? 'no incident'}: ${showEntries(observed)}`,
    `  restore   ${showRestore(result.restored, observed.restoreStatuses)}`,
    `  outcome   ${result.outcome}: ${result.reason}`,
    ...result.failures.map((failure) => `  ${paint.bad('not as wanted')} ${failure}`),
    `  ${result.ok ? paint.good('ok') : paint.bad('failed')} after ${(observed.milliseconds / 1000).toFixed(1)} s`,
  ];
  const mark = describeStandIns(result.standIns);
  return ['', ...lines.map((line) => (mark === '' ? line : `${line} ${paint.warn(mark)}`))];
}

/** What rests on simulated hosts says so on every line: lines get quoted alone. */
export function markSimulated(line: string, simulated: boolean): string {
  return simulated ? `${line} ${paint.warn('[simulated]')}` : line;
}

function showCohort(cohort: Cohort): string[] {
  const servers = cohort.servers.length === 0 ? 'no server' : cohort.servers.join(', ');
  const answers = questions.map((question) => {
    const answer = cohort.answers[question] ? paint.strong('yes') : 'no ';
    return `            ${answer} ${question.padEnd(12)} ${paint.quiet(cohort.evidence[question])}`;
  });
  return [`  cohort    ${cohort.id}: ${servers}, profile ${cohort.profile}, ${describeCut(cohort.cut)}`, ...answers];
}

function showPeers(peers: readonly PeerStory[], simulated: boolean): string[] {
  if (peers.length === 0) return [];
  const source = simulated ? 'in the model' : 'on the host';
  const rows = joinAlike(peers).map(({ peer, golden, before, after, restored }) => [
    `            ${peer}`,
    String(before),
    String(after),
    String(restored),
    golden && after === before ? 'golden, lived on' : before === after ? 'kept' : `${before - after} cut`,
  ]);
  return [
    `  sockets   established connections counted ${source}`,
    ...toTable([['            peer', 'before', 'after', 'restored', ''], ...rows]),
  ];
}

/** So many peers that differ by a number are told in one line. */
const mostAlike = 10;

/** The peers of a fleet as one: a line for each of 87 servers would hide what happened. */
function joinAlike(peers: readonly PeerStory[]): PeerStory[] {
  const groups = Map.groupBy(peers, ({ peer, golden }) => `${peer.replace(/\d+/, '#')} ${golden}`);
  return [...groups.values()].flatMap((alike) => {
    const [first, last] = [alike[0], alike.at(-1)];
    if (first === undefined || last === undefined || alike.length <= mostAlike) return alike;
    const sum = (count: 'before' | 'after' | 'restored') => alike.reduce((total, one) => total + one[count], 0);
    const peer = first.peer.replace(/\d+/, (number) => `${number} to ${/\d+/.exec(last.peer)?.[0] ?? ''}`);
    return [{ ...first, peer, before: sum('before'), after: sum('after'), restored: sum('restored') }];
  });
}

/** Services, tasks and the clock: before the event, after it, after the restore. */
function showMachine({ before, after, restored }: MachineStory): string[] {
  const read = ({ services, tasks }: MachineState) => ({ ...services, ...tasks });
  const [former, cut, last] = [read(before), read(after), read(restored)];
  const units = Object.keys(former).map((name) => `${name} ${former[name]}, ${cut[name]}, ${last[name]}`);
  const { clockOffsetMs } = before;
  const clock =
    clockOffsetMs === null
      ? []
      : [`clock off by ${clockOffsetMs} ms, ${after.clockOffsetMs} ms, ${restored.clockOffsetMs} ms`];
  const words = [...units, ...clock];
  return words.length === 0 ? [] : [`  machine   before, after, restored: ${words.join('; ')}`];
}

function showLatency(latencyMs: number | null): string {
  return latencyMs === null
    ? 'nothing was blocked'
    : `${latencyMs} ms from the event's receipt to the first packet blocked or connection ended`;
}

function showEntries({ entries }: Played['observed']): string {
  if (entries.length === 0) return 'no action';
  return entries.map(({ action, status }) => `${action} ${status}`).join(', ');
}

function showRestore(restored: boolean, statuses: readonly string[]): string {
  if (!restored) return paint.bad('not everything is as before');
  return statuses.length === 0 ? 'nothing to undo, all as before' : `${statuses.join(', ')}; traffic flows again`;
}
