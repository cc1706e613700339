import { describe, expect, it } from 'vitest';
import { isCutAtOnce, wouldBeCut } from '../../../../lambdas/shared/answers/would-be-cut.ts';
import { questions, type Answers, type Approval } from '../../../../lambdas/shared/contracts/incident.ts';
import { approval, buildCohort, incident, runWith } from '../../../statemachines/machines.ts';

/** Every way to answer the five questions. */
const combinations = Array.from({ length: 2 ** questions.length }, (_, bits) =>
  questions.filter((_question, index) => (bits >> index) % 2 === 1),
);
const cuts = ['Isolate', 'CutByProfile'];

/** The machines and functions the flowchart calls for one cohort. */
async function walk(yes: (typeof combinations)[number], over: Parameters<typeof buildCohort>[1]): Promise<string[]> {
  const answers = {
    Assess: { outcome: 'incident', incident, cohorts: [buildCohort(yes, over)] },
    CloseIncident: { outcome: 'done' },
    ...Object.fromEntries([...cuts, 'Approve'].map((name) => [name, []])),
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

    const answers = toAnswers(yes);
    expect(atOnce.some((name) => cuts.includes(name))).toBe(wouldBeCut(answers));
    expect(byProfile.some((name) => cuts.includes(name))).toBe(wouldBeCut(answers));
    expect(asked.includes('Approve')).toBe(wouldBeCut(answers));
    expect(asked.some((name) => cuts.includes(name))).toBe(false);
  });

  it('calls only that a cut at once which waits for nobody', () => {
    const answers = toAnswers(['securityRisk']);

    expect(isCutAtOnce({ answers, approval: null })).toBe(true);
    expect(isCutAtOnce({ answers, approval: approval as Approval })).toBe(false);
    expect(isCutAtOnce({ answers: toAnswers(['overloaded']), approval: null })).toBe(false);
  });
});
