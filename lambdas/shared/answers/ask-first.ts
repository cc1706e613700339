import type { Approval, Cohort } from '../contracts/incident.ts';
import type { Approvals } from '../policy/limit-schema.ts';
import { wouldBeCut } from './would-be-cut.ts';

/** Why a person must be asked before this server is cut; none where it may be cut at once. */
export type ReasonsToAsk = (server: string, cohort: Cohort) => readonly string[];

/**
 * Lets a person be asked about the servers for which there is a reason. Where that is some of a cohort only, these
 * become a cohort of their own behind all others, with the next free number; the rest of the cohort keeps its own. What
 * would not be cut is left as it is. Pure: the same servers and reasons give the same cohorts.
 */
export function askFirst(cohorts: readonly Cohort[], reasonsOf: ReasonsToAsk, approvals: Approvals): Cohort[] {
  let lastNumber = Math.max(0, ...cohorts.map(numberOf));
  const waiting: Cohort[] = [];
  const others = cohorts.map((cohort) => {
    const reasons = wouldBeCut(cohort) ? cohort.servers.map((server) => reasonsOf(server, cohort)) : [];
    const asked = cohort.servers.filter((_, index) => (reasons[index] ?? []).length > 0);
    if (asked.length === 0) return cohort;
    const reason = [...new Set(reasons.flat())].join('; ');
    if (asked.length === cohort.servers.length) return requireApproval(cohort, reason, approvals);
    lastNumber += 1;
    waiting.push(requireApproval({ ...cohort, id: `c${lastNumber}`, servers: asked }, reason, approvals));
    const waitingServers = new Set(asked);
    return { ...cohort, servers: cohort.servers.filter((server) => !waitingServers.has(server)) };
  });
  return [...others, ...waiting];
}

/** Sets the approval, or adds a reason to the one there is. The time to answer is added to what the cut may last. */
export function requireApproval(cohort: Cohort, reason: string, approvals: Approvals): Cohort {
  const { approval, expiresAt } = cohort;
  if (approval !== null) return { ...cohort, approval: { ...approval, reason: `${approval.reason}; ${reason}` } };
  const asked = toApproval(reason, approvals);
  return {
    ...cohort,
    approval: asked,
    // Else a late yes could cut what expires at once.
    expiresAt: expiresAt === null ? null : new Date(Date.parse(expiresAt) + asked.timeoutSeconds * 1000).toISOString(),
  };
}

/** How a person is asked, reminded, and how long is waited. */
export function toApproval(reason: string, approvals: Approvals, onTimeout = approvals.onTimeout): Approval {
  const timeoutSeconds = approvals.timeoutMinutes * 60;
  const remindAfterSeconds = (approvals.remindAfterMinutes ?? approvals.timeoutMinutes / 2) * 60;
  return { reason, timeoutSeconds, remindAfterSeconds, onTimeout };
}

function numberOf({ id }: Cohort): number {
  return Number(id.slice(1));
}
