import type { Scenario } from './scenario.ts';
import type { PeerCount } from './hosts/host-world.ts';
import type { MachineState, StandIns } from './hosts/machine.ts';
import type { Cohort } from '../lambdas/shared/contracts/incident.ts';

/** The connections of one peer, counted on the server before the event, after the cut and after the restore. */
export interface PeerStory {
  readonly server: string;
  readonly peer: string;
  readonly golden: boolean;
  readonly before: number;
  readonly after: number;
  readonly restored: number;
}

/** The client connections of a service on one of its servers at the same three moments; for the last they dialled anew. */
export interface ClientStory {
  readonly service: string;
  readonly server: string;
  readonly before: number;
  readonly after: number;
  readonly restored: number;
}

/** Services, tasks and the clock of a server at the same three moments. */
export interface MachineStory {
  readonly server: string;
  readonly before: MachineState;
  readonly after: MachineState;
  readonly restored: MachineState;
}

/** One audit entry as it stands in the table. */
export interface EntrySeen {
  readonly action: string;
  readonly cohortId: string;
  readonly status: string;
  readonly at: string;
}

/** Everything that was seen while a scenario ran; no field is taken from what was expected. */
export interface Observed {
  readonly incidentId: string | null;
  readonly eventName: string;
  readonly outcome: string;
  readonly reason: string;
  /** Why the execution did not end well, or never began; null when it did. */
  readonly trouble: string | null;
  readonly cohorts: readonly Cohort[];
  readonly path: readonly string[];
  readonly peers: readonly PeerStory[];
  readonly machines: readonly MachineStory[];
  /** Default: no service has a front. */
  readonly clients?: readonly ClientStory[];
  /** What of the servers is imitated. */
  readonly standIns: StandIns;
  readonly goldenLost: number;
  /** Milliseconds from the event's receipt to the first packet that was blocked; null when none was. */
  readonly latencyMs: number | null;
  readonly entries: readonly EntrySeen[];
  readonly restoreStatuses: readonly string[];
  /** Every network interface carries its former groups and every rule is back. */
  readonly networkAsBefore: boolean;
  readonly milliseconds: number;
}

/** One line of `npm start -- --json`. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly ok: boolean;
  /** True when a server was simulated as a whole. */
  readonly simulated: boolean;
  /** What of the servers was imitated, in words; empty when all was real. */
  readonly standIns: StandIns;
  readonly outcome: string;
  readonly reason: string;
  readonly incidentId: string | null;
  readonly path: readonly string[];
  readonly cut: { readonly connections: number; readonly survivors: number; readonly goldenLost: number };
  readonly latencyMs: number | null;
  readonly restored: boolean;
  /** What was wanted and not seen; empty when `ok`. */
  readonly failures: readonly string[];
}

/** What stands behind every line that rests on something imitated; empty when all was real. */
export function describeStandIns(standIns: StandIns): string {
  if (standIns.length === 0) return '';
  const short = standIns.map((words) => (words === 'host simulated' ? 'simulated' : words));
  return `[${short.join('; ')}]`;
}

/** Pairs the counts of three moments by server and peer. */
export function tellPeerStories(
  server: string,
  before: readonly PeerCount[],
  after: readonly PeerCount[],
  restored: readonly PeerCount[],
): PeerStory[] {
  const find = (counts: readonly PeerCount[], peer: string) =>
    counts.find((count) => count.peer === peer)?.established ?? 0;
  return before.map(({ peer, golden, established }) => ({
    server,
    peer,
    golden,
    before: established,
    after: find(after, peer),
    restored: find(restored, peer),
  }));
}

/** Pairs what was read of each server at three moments; servers of connections alone have no story. */
export function tellMachineStories(
  { servers }: Pick<Scenario, 'servers'>,
  before: readonly MachineState[],
  after: readonly MachineState[],
  restored: readonly MachineState[],
): MachineStory[] {
  return servers.flatMap(({ id, machine }, index) => {
    const [first, second, third] = [before[index], after[index], restored[index]];
    const isKnown = machine !== undefined && first !== undefined && second !== undefined && third !== undefined;
    return isKnown ? [{ server: id, before: first, after: second, restored: third }] : [];
  });
}
