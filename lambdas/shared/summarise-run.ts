import type { Observation } from './actions/action.ts';
import type { ActionOutcome, ActionStatus, Remark } from './contracts/action.ts';
import type { EntryKey } from './contracts/restoring.ts';
import type { Judgement } from './guard/judge.ts';

export interface RunResult {
  readonly key: EntryKey;
  readonly judgement: Judgement;
  readonly observations: readonly Observation[];
  /** What apply had to say about single targets. */
  readonly callRemarks: readonly Remark[];
  readonly firstCallAt: string | null;
  /** True when this try or an earlier one may have changed something. */
  readonly wasMutating: boolean;
  readonly at: string;
}

/** What travels through the state machine; the audit entry has them all. */
const shownRemarks = 20;

/** Turns a run into its outcome. Only what was read back counts as done. */
export function summariseRun(result: RunResult): { outcome: ActionOutcome; remarks: readonly Remark[] } {
  const { key, judgement, observations, callRemarks, firstCallAt, wasMutating, at } = result;
  const { allowed, refusals, unable } = judgement;
  const held = new Set(observations.filter((seen) => seen.held).map(({ target }) => target));
  const verified = allowed.filter(({ target }) => held.has(target)).length;
  const failed = unable.length + (wasMutating ? allowed.length - verified : 0);
  const counts = {
    planned: allowed.length,
    verified,
    failed,
    refused: refusals.length,
    connectionsCut: observations.reduce((sum, { connectionsCut }) => sum + connectionsCut, 0),
  };
  const remarks = [...unable, ...refusals, ...notHeld(observations), ...callRemarks, ...judgement.leftAlone];
  const outcome: ActionOutcome = {
    action: key.action,
    cohortId: key.cohortId,
    status: toStatus(judgement, counts, wasMutating, observations),
    summary: [describe(judgement, counts, wasMutating, observations), ...tellStates(observations)].join('; '),
    counts,
    remarks: remarks.slice(0, shownRemarks),
    firstCallAt,
    verifiedAt: wasMutating ? at : null,
  };
  return { outcome, remarks };
}

/** `verified` only when nothing failed and nobody was refused: a partly cut cohort is not contained. */
function toStatus(
  judgement: Judgement,
  counts: ActionOutcome['counts'],
  wasMutating: boolean,
  observations: readonly Observation[],
): ActionStatus {
  // A person has to act whatever the switch says: handing over changes nothing.
  if (judgement.instead?.status === 'handed-over' && counts.failed === 0) return 'handed-over';
  if (counts.planned > 0 && !wasMutating) return 'planned';
  if (counts.verified > 0 && counts.failed + counts.refused === 0) {
    return observations.every(({ changed }) => changed === false) ? 'unchanged' : 'verified';
  }
  if (counts.verified > 0) return 'partial';
  if (counts.failed > 0) return 'failed';
  if (judgement.refusals.length > 0) return 'refused';
  return judgement.instead?.status ?? 'unchanged';
}

/** What the action said instead of changing something, where that is how it ended; otherwise what was counted. */
function describe(
  judgement: Judgement,
  counts: ActionOutcome['counts'],
  wasMutating: boolean,
  observations: readonly Observation[],
): string {
  const { instead } = judgement;
  const isEnd = instead !== undefined && toStatus(judgement, counts, wasMutating, observations) === instead.status;
  if (isEnd) return instead.summary;
  const isInOrder = counts.planned > 0 && toStatus(judgement, counts, wasMutating, observations) === 'unchanged';
  return isInOrder ? 'Nothing had to be changed' : describeCounts(counts, wasMutating, judgement);
}

/** Servers whose state is told one by one; a fleet's would fill a page. */
const toldStates = 5;

/** How the servers stand, by actions that tell what they found from what they changed. */
function tellStates(observations: readonly Observation[]): string[] {
  return observations
    .filter(({ changed }) => changed !== undefined)
    .slice(0, toldStates)
    .map(({ target, reason }) => `${target}: ${reason}`);
}

/** One line for people: counts first, the first refusal in full. */
function describeCounts(counts: ActionOutcome['counts'], wasMutating: boolean, judgement: Judgement): string {
  const { planned, verified, failed, refused } = counts;
  const said = [
    planned === 0 && 'Nothing to change',
    planned > 0 &&
      (wasMutating
        ? `${verified} of ${planned} changes verified`
        : `${planned} changes planned in ${judgement.mode} mode`),
    failed > 0 && `${failed} failed`,
    refused > 0 && `${refused} refused: ${judgement.refusals[0]?.reason ?? ''}`,
    judgement.leftAlone.length > 0 && `${judgement.leftAlone.length} left alone`,
  ];
  return said.filter((part) => part !== false).join(', ');
}

/** What was read back otherwise, in its own words. */
function notHeld(observations: readonly Observation[]): Remark[] {
  return observations.filter(({ held }) => !held).map(({ target, reason }) => ({ target, reason }));
}
