import { describe, expect, it } from 'vitest';
import { runMachine, TaskTokens, VirtualClock } from '../../lab/asl/interpreter.ts';
import type { Json } from '../../lab/asl/json.ts';
import { questions, type Approval, type Question } from '../../lambdas/shared/contracts/incident.ts';
import { wouldBeCut } from '../../lambdas/shared/answers/would-be-cut.ts';
import { approval, buildCohort, incident, readMachine, runWith } from './machines.ts';

/** Everything the flowchart can call or start. */
const called = [
  'Assess',
  'Isolate',
  'CutByProfile',
  'Approve',
  'FailOver',
  'HoldOpen',
  'LockBorder',
  'ShedConnections',
  'CloseIncident',
];
const cutting = new Set(['Isolate', 'CutByProfile', 'Approve']);
const errors = ['States.Timeout', 'States.TaskFailed', 'LookupFailedError', 'AuditWriteError', 'SomethingNew'];

/** Every combination of answers that asks for no cut. */
const uncut = Array.from({ length: 2 ** questions.length }, (_, bits) =>
  questions.filter((_question, index) => Math.floor(bits / 2 ** index) % 2 === 1),
).filter((yes) => !wouldBeCut({ answers: toAnswers(yes), withoutStandby: approval as Approval }));

function toAnswers(yes: readonly Question[]) {
  return Object.fromEntries(questions.map((question) => [question, yes.includes(question)])) as Record<
    Question,
    boolean
  >;
}

async function respond(yes: readonly Question[], lost: readonly string[], error: string) {
  const cohort: Json = buildCohort(yes);
  return runWith('respond', {
    input: {},
    answers: { Assess: { outcome: 'incident', incident, cohorts: [cohort] }, CloseIncident: { outcome: 'observed' } },
    lost,
    error,
  });
}

/** The answer that leads to each. */
const asking: Readonly<Record<string, Question>> = {
  HoldOpen: 'lifeline',
  FailOver: 'coreBusiness',
  LockBorder: 'underReview',
};

describe('trouble on the way', () => {
  it.each(called)('never turns into a cut that was not asked for: %s is lost', async (lost) => {
    expect(uncut.length).toBeGreaterThan(20);

    for (const yes of uncut) {
      for (const error of errors) {
        const { called: made } = await respond(yes, [lost], error);

        const stems = made.map((name) => name.split(' ')[0] ?? '');
        expect({ yes, error, cuts: stems.filter((stem) => cutting.has(stem)) }).toEqual({ yes, error, cuts: [] });
      }
    }
  });

  it.each(['ShedConnections', 'HoldOpen', 'FailOver', 'LockBorder', 'CloseIncident'])(
    'asks for no other action in place of %s',
    async (lost) => {
      const yes = asking[lost] ?? 'overloaded';

      const { called: made } = await respond([yes], [lost], 'SomethingNew');

      expect(new Set(made.map((name) => name.split(' ')[0]))).toEqual(
        new Set(['Assess', lost === 'CloseIncident' ? 'ShedConnections' : lost, 'CloseIncident']),
      );
    },
  );

  it.each(errors)('never answers for the person who is asked: %s', async (error) => {
    const cohort = buildCohort(['securityRisk'], { approval });

    const { called: made } = await runWith('approve', {
      input: { incident, cohort },
      answers: { CloseIncident: { outcome: 'declined' } },
      lost: ['AskPerson'],
      error,
    });

    expect(made.filter((name) => name === 'Isolate' || name === 'CutByProfile')).toEqual([]);
  });

  it('has cut before anybody is told, and has cut where nobody can be told', async () => {
    const { called: made, execution } = await runWith('respond', {
      input: {},
      answers: {
        Assess: { outcome: 'incident', incident, cohorts: [buildCohort(['securityRisk'])] },
        Isolate: [{ action: 'revoke-security-groups', cohortId: 'c1', status: 'verified', summary: '' }],
      },
      lost: ['CloseIncident'],
      error: 'OutcomeNotPublishedError',
    });

    expect(made.slice(0, 2)).toEqual(['Assess', 'Isolate']);
    expect(new Set(made.slice(2))).toEqual(new Set(['CloseIncident']));
    expect(execution).toMatchObject({ status: 'FAILED', error: 'OutcomeNotPublishedError' });
  });

  it('has sent the network cut first and once, though the host never answers', async () => {
    const begun: string[] = [];
    const ended: string[] = [];

    await runMachine(
      readMachine('isolate'),
      { incident, cohort: buildCohort(['securityRisk']) },
      {
        clock: new VirtualClock(),
        tokens: new TaskTokens(),
        handlers: {
          'arn:aws:states:::lambda:invoke': async ({ arguments: given }) => {
            const { FunctionName: name } = given as { FunctionName: string };
            begun.push(name);
            if (name.includes('KillConnections')) return new Promise<never>(() => undefined);
            ended.push(name);
            return Promise.resolve({ Payload: { status: 'verified' } });
          },
        },
      },
    );

    expect(begun[0]).toBe('${RevokeSecurityGroupsFunctionArn}');
    expect(ended).toEqual(['${RevokeSecurityGroupsFunctionArn}']);
  });
});
