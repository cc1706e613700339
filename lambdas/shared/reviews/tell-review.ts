import type { SeenLock } from './plan-locks.ts';
import type { LockState, ServerLock } from './read-lock.ts';

/** How a server stands under a review, over all that was started for it. */
export interface ServerStanding extends ServerLock {
  readonly server: string;
}

/** The worse word first: one peer that is not locked makes a border that is not. */
const worstFirst: readonly LockState[] = [
  'failed',
  'lifted',
  'refused',
  'partly',
  'planned',
  'pending',
  'held-open',
  'locked',
];

/**
 * Tells of every server how its border stands: for each peer the best that a start reached, and of all peers the worst.
 * `locked` therefore means that every peer was read back as locked. Pure.
 */
export function tellStandings(locks: readonly SeenLock[]): ServerStanding[] {
  const servers = [...new Set(locks.flatMap((lock) => lock.servers))].sort();
  return servers.map((server) => {
    const own = locks.filter((lock) => lock.servers.includes(server));
    const peers = [...new Set(own.flatMap((lock) => lock.peers))];
    const best = peers.map((peer) =>
      findBest(
        own.filter((lock) => lock.peers.includes(peer)),
        server,
      ),
    );
    const [worst = lost] = best.sort((left, right) => rankOf(left) - rankOf(right));
    const isMixed = worst.state !== 'locked' && best.some(({ state }) => state === 'locked');
    return { server, ...(isMixed && worst.state === 'failed' ? { ...worst, state: 'partly' as const } : worst) };
  });
}

const lost: ServerLock = { state: 'failed', reason: 'Nothing is on record of it' };

/** A later start may have reached what an earlier one did not. */
function findBest(locks: readonly SeenLock[], server: string): ServerLock {
  const states = locks.map((lock) => lock.states.get(server) ?? lost);
  return states.sort((left, right) => rankOf(right) - rankOf(left))[0] ?? lost;
}

function rankOf({ state }: ServerLock): number {
  return worstFirst.indexOf(state);
}
