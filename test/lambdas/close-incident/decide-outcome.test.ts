import { describe, expect, it } from 'vitest';
import { decideOutcome } from '../../../lambdas/close-incident/decide-outcome.ts';
import { buildAssessment } from '../../builders/action-request.ts';
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
  ] as const)('says for %j: %s, red: %s', (statuses, outcome, isFailure) => {
    expect(decideOutcome(buildClosing({ statuses }))).toMatchObject({ outcome, isFailure });
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
