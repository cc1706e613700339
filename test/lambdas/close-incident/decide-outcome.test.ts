import { describe, expect, it } from 'vitest';
import { decideOutcome } from '../../../lambdas/close-incident/decide-outcome.ts';
import type { ActionStatus } from '../../../lambdas/shared/contracts/action.ts';
import type { AskStep } from '../../../lambdas/shared/contracts/closing.ts';
import { buildAssessment, buildCohort, buildOutcome } from '../../builders/action-request.ts';
import { buildClosing } from '../../builders/closing.ts';

describe('decideOutcome', () => {
  it.each([
    [['verified', 'verified', 'not-asked'], 'contained', false],
    [['verified', 'unchanged'], 'contained', false],
    [['unchanged'], 'observed', false],
    [['observed'], 'observed', false],
    [[], 'observed', false],
    [['verified', 'partial'], 'partly-contained', true],
    [['verified', 'failed'], 'partly-contained', true],
    [['partial'], 'partly-contained', true],
    [['failed'], 'failed', true],
    [['failed', 'refused'], 'failed', true],
    [['failed', 'handed-over'], 'failed', true],
    [['refused'], 'refused', false],
    [['refused', 'verified'], 'partly-contained', false],
    [['handed-over'], 'handed-over', false],
    [['handed-over', 'verified'], 'handed-over', false],
    [['planned', 'planned'], 'planned', false],
    [['planned', 'observed'], 'planned', false],
    [['asked'], 'awaiting-approval', false],
    [['asked', 'verified'], 'partly-contained', false],
    [['asked', 'failed'], 'failed', true],
    [['approved', 'verified'], 'contained', false],
    [['declined'], 'declined', false],
    [['unanswered'], 'declined', false],
    [['declined', 'verified'], 'partly-contained', false],
    [['verified', 'verified', 'restored'], 'recovered', false],
    [['verified', 'restored', 'failed'], 'partly-contained', true],
    [['handed-over', 'asked'], 'awaiting-approval', false],
    [['no-standby'], 'failed', true],
    [['no-standby', 'asked'], 'awaiting-approval', false],
    [['no-standby', 'verified'], 'contained', true],
  ] as const)('says for %j: %s, red: %s', (statuses, outcome, isFailure) => {
    expect(decideOutcome(buildClosing({ statuses }))).toMatchObject({ outcome, isFailure });
  });

  it.each<[ActionStatus | null, AskStep['status'] | null, string, boolean]>([
    ['verified', null, 'held-open', false],
    ['unchanged', null, 'held-open', false],
    ['handed-over', null, 'handed-over', false],
    ['planned', null, 'planned', false],
    ['failed', null, 'failed', true],
    ['partial', null, 'failed', true],
    ['refused', null, 'refused', false],
    ['verified', 'asked', 'awaiting-approval', false],
    ['unchanged', 'asked', 'awaiting-approval', false],
    ['failed', 'asked', 'failed', true],
    ['unchanged', 'failed', 'failed', true],
    // The question is closed apart, after the incident: what was agreed to is the person's to do.
    [null, 'approved', 'handed-over', false],
    [null, 'declined', 'declined', false],
    [null, 'unanswered', 'declined', false],
    [null, 'failed', 'failed', true],
  ])(
    'says of a lifeline whose clock is %s and whose bypass is %s: %s, red: %s',
    (clock, bypass, outcome, isFailure) => {
      const lifeline = buildCohort({ answers: { ...buildCohort().answers, lifeline: true } });
      const asked = { action: 'ask-person', cohortId: 'c1', summary: '' } as const;
      const steps = [
        ...(clock === null ? [] : [buildOutcome({ action: 'hold-open', status: clock })]),
        ...(bypass === null ? [] : [{ ...asked, status: bypass }]),
      ];

      const verdict = decideOutcome(
        buildClosing({ assessment: buildAssessment({ cohorts: [lifeline] }), steps: [steps] }),
      );

      expect(verdict).toMatchObject({ outcome, isFailure });
    },
  );

  it('calls an incident contained that cut one server and held a lifeline open', () => {
    const steps = [[buildOutcome()], [buildOutcome({ action: 'hold-open', status: 'unchanged' })]];

    expect(decideOutcome(buildClosing({ steps })).outcome).toBe('contained');
  });

  it.each(['ignored', 'repeated'] as const)('passes on that a signal was %s', (outcome) => {
    const assessment = buildAssessment({ outcome, cohorts: [] });

    expect(decideOutcome(buildClosing({ assessment }))).toMatchObject({
      outcome,
      isFailure: false,
      summary: 'finding',
    });
  });

  it('is a failure when the incident ended early, whatever its steps say', () => {
    const failure = { error: 'States.Timeout', cause: '' };

    expect(decideOutcome(buildClosing({ failure, statuses: ['verified'] }))).toMatchObject({
      outcome: 'failed',
      isFailure: true,
    });
  });
});
