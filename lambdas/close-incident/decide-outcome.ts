import type { ClosingOutcome, ClosingRequest, Step } from '../shared/contracts/closing.ts';

/** How the incident ended, and whether someone must look at it. */
export interface Verdict {
  readonly outcome: ClosingOutcome;
  /** True when an action failed in whole or in part, or the incident itself did: the execution shows red. */
  readonly isFailure: boolean;
  readonly summary: string;
}

/** The order in which words win: the worse one first, `observed` when nothing was asked for. */
export function decideOutcome({ assessment, steps, failure }: ClosingRequest): Verdict {
  if (failure !== null) {
    return { outcome: 'failed', isFailure: true, summary: `${failure.error}: ${failure.cause}`.slice(0, 1000) };
  }
  if (assessment !== null && assessment.outcome !== 'incident') {
    return { outcome: assessment.outcome, isFailure: false, summary: assessment.reason };
  }
  const all = steps.flat();
  // Assessed cohorts may need a person whatever was done to them: a server that could not be looked up, a bucket.
  const handOvers = (assessment?.cohorts ?? []).filter(({ handOver }) => handOver !== null);
  const statuses = new Set([
    ...all.map(({ status }) => status),
    ...[...handOvers, ...listBypasses(assessment, all)].map(() => 'handed-over'),
  ]);
  // Where a person was asked instead, it is theirs to decide.
  const isStranded = statuses.has('no-standby') && !statuses.has('asked');
  const isFailure = statuses.has('failed') || statuses.has('partial') || isStranded;
  const summary = [
    ...handOvers.map(({ id, handOver }) => `${id} handed over: ${handOver}`),
    ...all
      .filter(({ status }) => status !== 'not-asked')
      .map((step) => `${step.cohortId} ${step.action} ${step.status}: ${step.summary}`),
  ]
    .join('; ')
    .slice(0, 1000);
  const outcome = chooseOutcome(statuses, nameSuccess(assessment, all));
  // A border that is open in part is one that somebody must close.
  const isHalfLocked = isReview(assessment) && outcome === 'partly-contained';
  return {
    outcome,
    isFailure: isFailure || isHalfLocked,
    summary: summary === '' ? 'Nothing was asked for' : summary,
  };
}

/** Lifelines whose bypass a person agreed to: now the person has to do it. */
function listBypasses(assessment: ClosingRequest['assessment'], steps: readonly Step[]): readonly string[] {
  const held = (assessment?.cohorts ?? []).filter(({ answers }) => answers.lifeline);
  const lifelines = new Set(held.map(({ id }) => id));
  const isAgreed = ({ action, status }: Step) => action === 'ask-person' && status === 'approved';
  return steps.filter((step) => isAgreed(step) && lifelines.has(step.cohortId)).map(({ cohortId }) => cohortId);
}

/** What it is called when all that was asked for was seen: a standby that took over has contained nothing. */
function nameSuccess(assessment: ClosingRequest['assessment'], steps: readonly Step[]): ClosingOutcome {
  const done = new Set(steps.filter(({ status }) => isDone(status)).map(({ action }) => action));
  // A lifeline that was found in order is held open as well: it was looked to, and seen to be right.
  const isInOrder = steps.some(({ action, status }) => action === 'hold-open' && status === 'unchanged');
  if ((done.delete('hold-open') || isInOrder) && done.size === 0) return 'held-open';
  if (done.delete('fail-over') && done.size === 0) return 'failed-over';
  if (!isReview(assessment)) return 'contained';
  return isLockedOnHosts(assessment, steps) ? 'locked' : 'partly-contained';
}

function isReview(assessment: ClosingRequest['assessment']): boolean {
  return assessment?.incident?.signal.kind === 'border-review';
}

/** R3: rules of the network alone end no open connection, and wider ones stay: a border is locked where the hosts hold. */
function isLockedOnHosts(assessment: ClosingRequest['assessment'], steps: readonly Step[]): boolean {
  const locking = (assessment?.cohorts ?? []).filter(({ answers }) => answers.underReview && !answers.lifeline);
  return locking.every(({ id }) =>
    steps.some(
      ({ action, cohortId, status }) => action === 'kill-connections' && cohortId === id && status === 'verified',
    ),
  );
}

function isDone(status: string): boolean {
  return status === 'verified' || status === 'partial';
}

function chooseOutcome(statuses: ReadonlySet<string>, success: ClosingOutcome): ClosingOutcome {
  const isCut =
    (statuses.has('verified') || statuses.has('partial')) && !['held-open', 'failed-over'].includes(success);
  if (statuses.has('failed') || statuses.has('partial')) return isCut ? 'partly-contained' : 'failed';
  if (statuses.has('refused')) return isCut ? 'partly-contained' : 'refused';
  // What waits, or was declined, is still connected: a cut beside it does not make the incident contained.
  if (statuses.has('asked')) return isCut ? 'partly-contained' : 'awaiting-approval';
  if (statuses.has('declined') || statuses.has('unanswered')) return isCut ? 'partly-contained' : 'declined';
  // Core business is hit, and nothing could take over; where the threat was cut all the same, that is contained.
  if (statuses.has('no-standby') && !isCut) return 'failed';
  // A person still has to act.
  if (statuses.has('handed-over')) return 'handed-over';
  if (statuses.has('restored')) return 'recovered';
  if (statuses.has('verified')) return success;
  if (success === 'held-open' && !statuses.has('planned')) return success;
  return statuses.has('planned') ? 'planned' : 'observed';
}
