import type { Answers, Cohort } from '../contracts/incident.ts';

/**
 * True where the flowchart leads to a cut, at once or once a person has agreed: only there are budget and approvals
 * asked. The choice stays the flowchart's; a test walks it with every combination of answers and finds the same.
 */
export function wouldBeCut({ lifeline, coreBusiness, spreads, securityRisk }: Answers): boolean {
  return !lifeline && (coreBusiness ? spreads : securityRisk);
}

/** True where nobody is asked before the cut. */
export function isCutAtOnce({ answers, approval }: Pick<Cohort, 'answers' | 'approval'>): boolean {
  return wouldBeCut(answers) && approval === null;
}
