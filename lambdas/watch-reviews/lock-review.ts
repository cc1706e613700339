import { mapConcurrently } from '../shared/map-concurrently.ts';
import { planLocks } from '../shared/reviews/plan-locks.ts';
import type { Review, ReviewOpening } from '../shared/reviews/review.ts';
import { seeLocks } from '../shared/reviews/see-locks.ts';
import { toStart } from '../shared/reviews/to-start.ts';
import { ReviewNotWatchedError } from './errors.ts';
import { findServers, type Candidates } from './find-servers.ts';
import { readBorder } from './read-border.ts';
import type { WatchTools } from './watch-reviews.ts';

/** Starts under way at once; Step Functions takes far more. */
const startsAtOnce = 5;

/**
 * Locks the border for every server of an open review that nothing has locked yet; returns how many starts it made.
 * Throws where part of the border cannot be locked at all, after the rest was.
 */
export async function lockReview(review: Review, candidates: Candidates, tools: WatchTools): Promise<number> {
  const { policy, register, audit, ec2, machines, home, now } = tools;
  const { opening } = review;
  const border = policy.borders.find(({ name }) => name === opening.border);
  if (border === undefined) throw new ReviewNotWatchedError(`Border "${opening.border}" is not in the policy any more`);
  const [servers, steps, mode] = await Promise.all([
    findServers(ec2, policy, opening.scope, candidates),
    register.readSteps(opening.name),
    audit.readMode(),
  ]);
  const at = now();
  const [{ peers, strange }, locks, reopenedAt] = await Promise.all([
    readBorder(ec2, border, steps.namedPeers),
    seeLocks(steps.locks, audit, at),
    findReopened(opening, tools),
  ]);
  const plans = planLocks({ servers, peers, locks, reopenedAt, mode, now: at });
  const made = await mapConcurrently(plans, startsAtOnce, async (plan) => {
    const start = toStart(opening, plan, { ...home, receivedAt: at });
    const { servers: named, peers: far } = plan;
    // On record before it is made: whatever it locks is found again when the review is closed.
    const lock = { incidentId: start.incidentId, servers: [...named], peers: [...far], at };
    if ((await register.putLock(opening.name, lock)) === 'existing') return 0;
    await machines.lock(start);
    return 1;
  });
  if (strange.length > 0) {
    throw new ReviewNotWatchedError(
      `${strange.length} ranges of border "${border.name}" stay open, for no host's firewall takes them: "${strange[0]}"`,
    );
  }
  return made.reduce<number>((sum, one) => sum + one, 0);
}

/**
 * When other reviews let go of servers, by server. A rule that two reviews lock is taken away once, by the first, and
 * comes back with it: the host stays locked by the second, which then takes the rule away itself.
 */
async function findReopened({ name, at }: ReviewOpening, { register }: WatchTools): Promise<Map<string, string>> {
  const others = (await register.list()).filter(({ opening }) => opening.name !== name);
  const found = new Map<string, string>();
  for (const { opening, unlockedAt } of others) {
    // Before this review was opened there was no lock of it.
    if (unlockedAt === null || unlockedAt < at) continue;
    const { locks } = await register.readSteps(opening.name);
    for (const server of locks.flatMap(({ servers }) => servers)) {
      if (unlockedAt > (found.get(server) ?? '')) found.set(server, unlockedAt);
    }
  }
  return found;
}
