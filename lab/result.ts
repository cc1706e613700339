import type { PeerCount } from './hosts/host-world.ts';
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
  readonly simulated: boolean;
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
