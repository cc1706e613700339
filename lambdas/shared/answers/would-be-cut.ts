import type { Cohort } from '../contracts/incident.ts';

/**
 * True where the flowchart leads to a cut, at once or once a person has agreed: only there are budget and approvals
 * asked. Core business that the policy cuts where it has no standby counts, though a standby may yet spare it. The choice
 * stays the flowchart's; a test walks it with every combination of answers and finds the same.
 */
export function wouldBeCut({ answers, withoutStandby }: Pick<Cohort, 'answers' | 'withoutStandby'>): boolean {
  const { lifeline, coreBusiness, spreads, securityRisk } = answers;
  if (lifeline) return false;
  return coreBusiness ? spreads || (securityRisk && withoutStandby === null) : securityRisk;
}

/** True where nobody is asked before the cut. */
export function isCutAtOnce(cohort: Pick<Cohort, 'answers' | 'withoutStandby' | 'approval'>): boolean {
  return wouldBeCut(cohort) && cohort.approval === null;
}
