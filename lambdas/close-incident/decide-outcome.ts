import type { ClosingOutcome, ClosingRequest } from '../shared/contracts/closing.ts';

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
  const statuses = new Set([...all.map(({ status }) => status), ...handOvers.map(() => 'handed-over')]);
  const isFailure = statuses.has('failed') || statuses.has('partial');
  const summary = [
    ...handOvers.map(({ id, handOver }) => `${id} handed over: ${handOver}`),
    ...all
      .filter(({ status }) => status !== 'not-asked')
      .map((step) => `${step.cohortId} ${step.action} ${step.status}: ${step.summary}`),
  ]
    .join('; ')
    .slice(0, 1000);
  return { outcome: chooseOutcome(statuses), isFailure, summary: summary === '' ? 'Nothing was asked for' : summary };
}

function chooseOutcome(statuses: ReadonlySet<string>): ClosingOutcome {
  const isCut = statuses.has('verified') || statuses.has('partial');
  if (statuses.has('failed') || statuses.has('partial')) return isCut ? 'partly-contained' : 'failed';
  if (statuses.has('refused')) return isCut ? 'partly-contained' : 'refused';
  // What waits, or was declined, is still connected: a cut beside it does not make the incident contained.
  if (statuses.has('asked')) return isCut ? 'partly-contained' : 'awaiting-approval';
  if (statuses.has('declined') || statuses.has('unanswered')) return isCut ? 'partly-contained' : 'declined';
  // A person still has to act.
  if (statuses.has('handed-over')) return 'handed-over';
  if (statuses.has('restored')) return 'recovered';
  if (statuses.has('verified')) return 'contained';
  return statuses.has('planned') ? 'planned' : 'observed';
}
