import type { ActionStatus } from '../../lambdas/shared/contracts/action.ts';
import type { AskStep, ClosingRequest, Step } from '../../lambdas/shared/contracts/closing.ts';
import { buildAssessment, buildIncident, buildOutcome, receivedAt } from '../builders/action-request.ts';

type StepStatus = ActionStatus | AskStep['status'] | 'observed' | 'not-asked' | 'restored';

/** The end of an execution; `statuses` makes one step each. */
export function buildClosing({
  statuses = [],
  ...over
}: Partial<ClosingRequest> & { statuses?: readonly StepStatus[] } = {}): ClosingRequest {
  return {
    assessment: buildAssessment(),
    steps: [statuses.map(toStep)],
    failure: null,
    event: null,
    executionId: buildIncident().executionId,
    receivedAt,
    cohortId: null,
    ...over,
  };
}

function toStep(status: StepStatus): Step {
  if (status === 'observed') return { action: 'observe', cohortId: 'c1', status, summary: 'nothing asked' };
  if (status === 'not-asked') return { action: 'fail-over', cohortId: 'c1', status, summary: 'not core business' };
  if (status === 'restored') return { action: 'restore', cohortId: 'c1', status, summary: 'clock is right again' };
  if (status === 'asked' || status === 'approved' || status === 'declined' || status === 'unanswered') {
    return { action: 'ask-person', cohortId: 'c1', status, summary: 'budget' };
  }
  return buildOutcome({ status });
}
