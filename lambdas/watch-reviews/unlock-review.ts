import type { CutItem } from '../shared/clients/audit-table.ts';
import { mapConcurrently } from '../shared/map-concurrently.ts';
import type { Review, UnlockRecord } from '../shared/reviews/review.ts';
import { seeLocks } from '../shared/reviews/see-locks.ts';
import { ReviewNotWatchedError } from './errors.ts';
import type { WatchTools } from './watch-reviews.ts';

/** A watch that read the review as open may still be under way so long, and start one more lock. */
const settleMs = 5 * 60_000;

/** A restore that did not bring everything back is tried again after so long, then after twice as long each time. */
const firstPauseMs = 4 * 60_000;

/** After so many tries, over about eight hours, the rest is for a person: `fuse restore`. */
const mostTries = 8;

/** Restores started at once. */
const startsAtOnce = 5;

/**
 * Puts back what the locks of a closed review changed, each by a restore of its incident, and returns how many it
 * started. The review counts as unlocked when nothing of it is among what is cut, and nothing more can come.
 */
export async function unlockReview({ opening, closing }: Review, tools: WatchTools): Promise<number> {
  const { register, audit, machines, now } = tools;
  if (closing === null) throw new ReviewNotWatchedError(`Review "${opening.name}" not unlocked: it is open`);
  const at = now();
  const steps = await register.readSteps(opening.name);
  const locks = await seeLocks(steps.locks, audit, at);
  // After the incidents, so that one which ended in between is not taken for one without a cut.
  const cuts = await audit.listCuts();
  const own = new Set(locks.map(({ incidentId }) => incidentId));
  const standing = cuts.filter(({ entry }) => own.has(entry.incidentId));
  const running = locks.filter((lock) => !lock.isOver).map(({ incidentId }) => incidentId);
  if (standing.length === 0 && running.length === 0) {
    if (Date.parse(at) - Date.parse(closing.at) >= settleMs) await register.markUnlocked(opening.name, at);
    return 0;
  }
  const due = findDue(standing, running, steps.unlocks, at);
  const made = await mapConcurrently(due, startsAtOnce, async ({ incidentId, attempt }) => {
    if ((await register.putUnlock(opening.name, { incidentId, attempt, at })) === 'existing') return 0;
    const reason = `Compliance review "${opening.name}" is closed: ${closing.reason}`;
    const request = { incidentId, automatic: true as const, requestedBy: closing.by, reason };
    await machines.unlock(request, attempt);
    return 1;
  });
  return made.reduce<number>((sum, one) => sum + one, 0);
}

/**
 * The incidents to restore now: none that is still cutting, none on which a newer one of the same review stands, and none
 * that was tried a moment ago. Pure.
 */
export function findDue(
  standing: readonly CutItem[],
  running: readonly string[],
  unlocks: readonly UnlockRecord[],
  at: string,
): { incidentId: string; attempt: number }[] {
  const incidents = [...new Set(standing.map(({ entry }) => entry.incidentId))];
  return incidents.flatMap((incidentId) => {
    const tries = unlocks.filter((one) => one.incidentId === incidentId);
    const isBelow = standing.some((cut) => cut.entry.incidentId !== incidentId && standsOn(cut, incidentId, standing));
    if (running.includes(incidentId) || isBelow || tries.length >= mostTries) return [];
    const lastMs = Math.max(0, ...tries.map((one) => Date.parse(one.at)));
    const pauseMs = firstPauseMs * 2 ** Math.max(0, tries.length - 1);
    return Date.parse(at) >= lastMs + pauseMs ? [{ incidentId, attempt: tries.length + 1 }] : [];
  });
}

/** True for a later cut of the same action that shares a target: it must be put back first. */
function standsOn(cut: CutItem, incidentId: string, standing: readonly CutItem[]): boolean {
  const targets = new Set(cut.targets.map(({ target }) => target));
  return standing.some(
    (one) =>
      one.entry.incidentId === incidentId &&
      one.entry.action === 'revoke-security-groups' &&
      one.entry.action === cut.entry.action &&
      one.since < cut.since &&
      one.targets.some(({ target }) => targets.has(target)),
  );
}
