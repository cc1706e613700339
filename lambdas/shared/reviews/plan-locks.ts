import type { Mode } from '../clients/audit-table.ts';
import { chunk } from '../map-concurrently.ts';
import type { ServerLock } from './read-lock.ts';
import type { LockRecord } from './review.ts';

/** A start of the flowchart that was made, with how it stands on each of its servers. */
export interface SeenLock extends Readonly<LockRecord> {
  readonly states: ReadonlyMap<string, ServerLock>;
}

/** A running server in the scope of a review. */
export interface ServerInScope {
  readonly id: string;
  readonly isLifeline: boolean;
}

/** What the locks of one review are planned from. */
export interface Watch {
  readonly servers: readonly ServerInScope[];
  /** Everything that lies beyond the border, as far as it is known now. */
  readonly peers: readonly string[];
  readonly locks: readonly SeenLock[];
  /** When another review let go of a server: rules that both locked are back since. */
  readonly reopenedAt: ReadonlyMap<string, string>;
  readonly mode: Mode;
  readonly now: string;
}

/** One start to be made. */
export interface PlannedLock {
  readonly servers: readonly string[];
  readonly peers: readonly string[];
  /** Tells it from earlier starts for the same servers and peers. */
  readonly attempt: number;
  /** True in one of several that share their servers: only that one takes rules by prefix list away. */
  readonly takesLists: boolean;
}

/** What one manual start carries; so many peers, the longest there are, fit into one command on a host. */
const serversPerStart = 500;
export const peersPerStart = 100;

/** A lock that failed is tried again after so long, then after twice as long each time. */
const firstPauseMs = 4 * 60_000;
const longestPauseMs = 6 * 3_600_000;

/**
 * Plans the starts that a review still wants: for every server the peers that no start of it has locked, or may be
 * locking now. So a new server is locked, and a peer that is new in a prefix list is. A border that is too long for one
 * start becomes several: it is never cut short. Pure.
 */
export function planLocks(watch: Watch): PlannedLock[] {
  const wanting = watch.servers
    .map((server) => ({ server, peers: findMissing(server, watch) }))
    .filter(({ server, peers }) => peers.length > 0 && isDue(server, peers, watch));
  const groups = Map.groupBy(wanting, ({ server, peers }) => JSON.stringify([server.isLifeline, peers]));
  return [...groups.values()].flatMap((group) => {
    const servers = group.map(({ server }) => server.id).sort();
    return chunk(servers, serversPerStart).flatMap((some) => toStarts(some, group[0]?.peers ?? [], watch));
  });
}

function toStarts(servers: readonly string[], peers: readonly string[], { locks }: Watch): PlannedLock[] {
  const attempt = 1 + Math.max(...servers.map((id) => locks.filter((lock) => lock.servers.includes(id)).length));
  return chunk(peers, peersPerStart).map((some, index) => ({ servers, peers: some, attempt, takesLists: index === 0 }));
}

/** Peers of the border that nothing has locked for a server yet. A lifeline is asked for once and for all. */
function findMissing({ id, isLifeline }: ServerInScope, watch: Watch): string[] {
  const own = watch.locks.filter(({ servers }) => servers.includes(id));
  if (isLifeline && own.some((lock) => ['held-open', 'pending'].includes(stateOf(lock, id)))) return [];
  const settled = own.filter((lock) => isSettled(lock, id, watch));
  const covered = new Set(settled.flatMap(({ peers }) => peers));
  return watch.peers.filter((peer) => !covered.has(peer));
}

function stateOf(lock: SeenLock, id: string): ServerLock['state'] {
  return lock.states.get(id)?.state ?? 'failed';
}

/** True for a start after which there is nothing to do for now. */
function isSettled(lock: SeenLock, id: string, { mode, reopenedAt }: Watch): boolean {
  const state = stateOf(lock, id);
  switch (state) {
    case 'locked':
      return lock.at >= (reopenedAt.get(id) ?? '');
    case 'pending':
      return true;
    // What the mode stops now it would stop again.
    case 'planned':
      return mode === 'shadow';
    case 'refused':
      return mode === 'off';
    case 'partly':
    case 'failed':
    case 'lifted':
    case 'held-open':
      return false;
    default:
      return state satisfies never;
  }
}

/** Failures wait; a lock that somebody lifted while the review is open, or that only the mode stopped, does not. */
function isDue({ id }: ServerInScope, missing: readonly string[], { locks, now }: Watch): boolean {
  const wanted = new Set(missing);
  const failures = locks.filter(
    (lock) =>
      lock.servers.includes(id) &&
      lock.peers.some((peer) => wanted.has(peer)) &&
      ['failed', 'partly', 'refused'].includes(stateOf(lock, id)),
  );
  if (failures.length === 0) return true;
  const lastMs = Math.max(...failures.map(({ at }) => Date.parse(at)));
  const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(failures.length - 1, 20), longestPauseMs);
  return Date.parse(now) >= lastMs + pauseMs;
}
