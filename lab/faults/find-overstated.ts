import type { Cut, EntryTold } from './observe.ts';
import type { FaultRun, Layer } from './runs.ts';
import { overstated } from './violation.ts';
import type { Violation } from './violation.ts';

/** What an action claims to hold when its entry is `verified`. */
const claims: Readonly<Record<string, keyof Cut>> = {
  'revoke-security-groups': 'network',
  'kill-connections': 'host',
  'shed-connections': 'host',
  'kill-sessions': 'sessions',
  'stop-service': 'services',
  'hold-task': 'tasks',
  'resync-clock': 'clock',
  'hold-open': 'time',
  'fail-over': 'routing',
};

/** Entries that say more than is true. */
export function findOverstatedEnds(ends: readonly EntryTold[], cut: Cut): Violation[] {
  return ends.flatMap(({ action, cohortId, status }) => {
    const claim = claims[action];
    if (status !== 'verified' || claim === undefined || cut[claim]) return [];
    return [overstated(`${action} of ${cohortId} is "verified", and its ${claim} is not so`)];
  });
}

/** What has to be true of a layer that is said to be contained. */
const layers: Readonly<Record<Layer, (cut: Cut) => boolean>> = {
  network: ({ network }) => network,
  host: ({ host }) => host,
  sessions: ({ sessions }) => sessions,
  machine: ({ services, tasks, clock }) => services && tasks && clock,
};

/** Words for a whole incident that claim something whatever was cut. */
const outcomeClaims: Readonly<Record<string, (cut: Cut) => boolean>> = {
  recovered: ({ services, clock }) => !services && clock,
  'failed-over': ({ routing }) => routing,
  'held-open': ({ time }) => time,
  // Of the network only rules of the border's own: `network` knows.
  locked: ({ network, host, sessions }) => network && host && sessions,
};

/** Outcomes that say more than is true. */
export function findOverstatedOutcomes(
  outcomes: readonly string[],
  ends: readonly EntryTold[],
  cut: Cut,
  { layers: wanted = ['network', 'host'], scenario: { expect } }: FaultRun,
): Violation[] {
  const isBad = ends.some(({ status }) => status === 'failed' || status === 'partial');
  const wantsCut = (expect?.cut.length ?? 0) > 0;
  const left = wantsCut ? wanted.filter((layer) => !layers[layer](cut)) : [];
  return outcomes.flatMap((outcome) => [
    ...(outcome === 'contained' && left.length > 0
      ? [overstated(`Outcome "contained", ${left.join()} is not: ${JSON.stringify(cut)}`)]
      : []),
    ...(isBad && ['contained', 'failed-over', 'held-open', 'locked'].includes(outcome)
      ? [overstated(`Outcome "${outcome}", entries are ${JSON.stringify(ends)}`)]
      : []),
    ...(outcomeClaims[outcome]?.(cut) === false ? [overstated(`Outcome "${outcome}", ${JSON.stringify(cut)}`)] : []),
  ]);
}
