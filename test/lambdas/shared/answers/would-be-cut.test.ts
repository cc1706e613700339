import { describe, expect, it } from 'vitest';
import { isCutAtOnce, wouldBeCut } from '../../../../lambdas/shared/answers/would-be-cut.ts';
import { questions, type Answers, type Approval } from '../../../../lambdas/shared/contracts/incident.ts';
import { approval, buildCohort, incident, runWith } from '../../../statemachines/machines.ts';

/** Every way to answer the six questions. */
const combinations = Array.from({ length: 2 ** questions.length }, (_, bits) =>
  questions.filter((_question, index) => (bits >> index) % 2 === 1),
);
const cuts = ['Isolate', 'CutByProfile'];
/** The way of a fail-over that ends in a question is that of the machine `fail-over`. */
const withoutStandby = approval as Approval;

/** The machines and functions the flowchart calls for one cohort. */
async function walk(yes: (typeof combinations)[number], over: Parameters<typeof buildCohort>[1]): Promise<string[]> {
  const answers = {
    Assess: { outcome: 'incident', incident, cohorts: [buildCohort(yes, over)] },
    CloseIncident: { outcome: 'done' },
    ...Object.fromEntries([...cuts, 'Approve', 'FailOver', 'HoldOpen', 'LockBorder'].map((name) => [name, []])),
  };
  return (await runWith('respond', { input: {}, answers })).called;
}

function toAnswers(yes: readonly string[]): Answers {
  return Object.fromEntries(questions.map((question) => [question, yes.includes(question)])) as Answers;
}

describe('wouldBeCut', () => {
  it.each(combinations.map((yes) => ({ yes })))('says of $yes what the flowchart does', async ({ yes }) => {
    const [atOnce, byProfile, asked] = await Promise.all([
      walk(yes, {}),
      walk(yes, { byProfile: true }),
      walk(yes, { approval }),
    ]);

    const leadsThere = wouldBeCut({ answers: toAnswers(yes), withoutStandby });
    expect(atOnce.some((name) => cuts.includes(name))).toBe(leadsThere);
    expect(byProfile.some((name) => cuts.includes(name))).toBe(leadsThere);
    expect(asked.includes('Approve')).toBe(leadsThere);
    expect(asked.some((name) => cuts.includes(name))).toBe(false);
  });

  it('counts core business that the policy cuts where it has no standby', () => {
    const answers = toAnswers(['coreBusiness', 'securityRisk']);

    expect(wouldBeCut({ answers, withoutStandby: null })).toBe(true);
    expect(wouldBeCut({ answers: { ...answers, securityRisk: false }, withoutStandby: null })).toBe(false);
  });

  it('calls only that a cut at once which waits for nobody', () => {
    const cohort = { answers: toAnswers(['securityRisk']), withoutStandby };

    expect(isCutAtOnce({ ...cohort, approval: null })).toBe(true);
    expect(isCutAtOnce({ ...cohort, approval: approval as Approval })).toBe(false);
    expect(isCutAtOnce({ answers: toAnswers(['overloaded']), withoutStandby, approval: null })).toBe(false);
  });
});
