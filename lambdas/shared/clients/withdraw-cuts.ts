import { allNo, noCut } from '../answers/nothing.ts';
import { questions, type Assessment, type Cohort, type Evidence } from '../contracts/incident.ts';

/**
 * The same assessment with nothing to cut and every cohort handed to a person, for the given reason: the flowchart
 * observes, the outcome says handed over. Lifelines stay what they are; they are never cut anyway.
 */
export function withdrawCuts(assessment: Assessment, reason: string): Assessment {
  const cohorts = assessment.cohorts.map((cohort) => (cohort.answers.lifeline ? cohort : withdraw(cohort, reason)));
  return { ...assessment, reason: `${assessment.reason}; ${reason}`, cohorts };
}

function withdraw(cohort: Cohort, reason: string): Cohort {
  // What was found stays readable: by it the person decides.
  const evidence = Object.fromEntries(
    questions.map((question) => [question, `${reason}; found again: ${cohort.evidence[question]}`]),
  ) as Evidence;
  const handOver = cohort.handOver === null ? reason : `${cohort.handOver}; ${reason}`;
  return { ...cohort, answers: allNo, evidence, cut: noCut, handOver };
}
