import type { CutItem } from '../../clients/audit-table.ts';
import { readServerFacts, type ServerDescription } from '../../policy/server-facts.ts';
import type { ActionContext } from '../action.ts';
import type { Mechanism, Sight } from './mechanism.ts';

/** What is known of those who would take over, read in the moment before. */
export interface StandbyFacts {
  readonly descriptions: readonly ServerDescription[];
  /** All that is cut right now. */
  readonly cuts: readonly CutItem[];
}

/**
 * Says why the service must not be led to these servers, or null: healthy is not enough. A lifeline gets no traffic that
 * is not its own, a threatened or cut server is no refuge, and another service's server is not ours to load. Pure.
 */
export function judgeStandby(
  { servers, healthy, hindrance }: Sight,
  { cohort, policy }: ActionContext,
  { descriptions, cuts }: StandbyFacts,
): string | null {
  if (hindrance !== null) return hindrance;
  const cut = new Set(cuts.flatMap(({ targets }) => targets.map(({ server }) => server)));
  for (const server of servers) {
    if (cohort.servers.includes(server)) return `"${server}" is itself in question in this incident`;
    const description = descriptions.find(({ id }) => id === server);
    if (description === undefined) return `Facts about "${server}" could not be read`;
    const { lifeline, service } = readServerFacts(description, policy);
    if (lifeline !== null) return `"${server}" must not take over: ${lifeline}`;
    if (service !== null && service !== cohort.service) return `"${server}" belongs to service "${service}"`;
  }
  const isAllCut = servers.length > 0 && healthy.every((server) => cut.has(server));
  return isAllCut ? `${healthy.map((server) => `"${server}"`).join(', ')} is cut right now` : null;
}

/** What is noted among the cuts and keeps nobody away: a switch, and what is over once it is done. */
const keepingNobodyAway: ReadonlySet<string> = new Set(['fail-over', 'resync-clock', 'kill-sessions']);

/**
 * Says which of the servers is cut, how and by whom, or null. On the way back a single one is enough: clients must not
 * meet it, and it was healthy to EC2 all the time. Pure.
 */
export function findStandingCut(servers: readonly string[], cuts: readonly CutItem[]): string | null {
  const standing = cuts.filter(({ entry }) => !keepingNobodyAway.has(entry.action));
  for (const { entry, targets } of standing) {
    const cut = targets.find(({ server }) => servers.includes(server));
    if (cut !== undefined)
      return `"${cut.server}" is cut right now by "${entry.action}" of incident "${entry.incidentId}"`;
  }
  return null;
}

/**
 * A call without a target changes places and back again: after another open incident made it, its standby is what that
 * incident left.
 */
export function findOtherSwitch(
  { isRepeatable, target }: Mechanism,
  incidentId: string,
  cuts: readonly CutItem[],
): string | null {
  const other = cuts.find(
    ({ entry, targets }) =>
      !isRepeatable &&
      entry.action === 'fail-over' &&
      entry.incidentId !== incidentId &&
      targets.some((each) => each.target === target),
  );
  return other === undefined ? null : `Incident "${other.entry.incidentId}" switched "${target}" and is open`;
}
