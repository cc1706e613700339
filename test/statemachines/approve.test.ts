import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/asl/json.ts';
import * as fc from 'fast-check';
import { questions } from '../../lambdas/shared/contracts/incident.ts';
import { runMachine, TaskTokens, VirtualClock } from '../../lab/asl/interpreter.ts';
import { approval, buildCohort, incident, readMachine, runWith } from './machines.ts';

const cohort = buildCohort(['securityRisk'], { approval });
const input = { incident, cohort };
const ask = { action: 'ask-person', cohortId: 'c1', status: 'approved', summary: 'yes' };
const decide = (approved: boolean) => ({ AskPerson: { approved, step: ask, answeredAt: '2026-01-01T00:10:00Z' } });
const cut = { action: 'kill-connections', cohortId: 'c1', status: 'verified', summary: '' };

/** Runs the machine on a clock of its own; a person answers the steps that are told. Times are seconds since the start. */
async function runWaiting(isAnswered: (step: unknown) => boolean) {
  const [clock, taskTokens] = [new VirtualClock(), new TaskTokens()];
  const startedAt = clock.now();
  const seen: JsonObject[] = [];
  const waited: Record<string, number> = {};
  const note = (given: unknown) => {
    const { Payload: payload } = given as { Payload: JsonObject };
    seen.push(payload);
    if (typeof payload['step'] === 'string') waited[payload['step']] = Math.round((clock.now() - startedAt) / 1000);
    return payload;
  };
  await runMachine(
    readMachine('approve'),
    { incident, cohort: buildCohort(['lifeline'], { approval }) },
    {
      clock,
      tokens: taskTokens,
      handlers: {
        'arn:aws:states:::lambda:invoke': async ({ arguments: given }) =>
          Promise.resolve({ Payload: note(given)['step'] === 'record' ? decide(false).AskPerson : {} }),
        'arn:aws:states:::lambda:invoke.waitForTaskToken': async ({ arguments: given, taskToken }) => {
          const { step } = note(given);
          if (isAnswered(step)) queueMicrotask(() => taskTokens.sendTaskSuccess(taskToken ?? '', { approved: false }));
          return Promise.resolve({});
        },
        // Nothing may be started here; a lifeline is waited for.
        'arn:aws:states:::states:startExecution.sync:2': async () => Promise.reject(new Error('A cut was started')),
      },
    },
  );
  const asking = seen.filter(({ step }) => step !== undefined);
  return {
    steps: asking.map(({ step }) => step),
    tokens: asking.flatMap(({ taskToken }) => taskToken ?? []),
    waited,
    failure: seen.find(({ step }) => step === 'record')?.['failure'],
  };
}

describe('approve.asl.json', () => {
  it('hands the task token to the asking function, and the answer to the recording one', async () => {
    const { calls } = await runWith('approve', { input, answers: { ...decide(false), CloseIncident: {} } });

    expect(calls[0]?.payload).toMatchObject({ step: 'ask', taskToken: expect.any(String) as string, incident, cohort });
    expect(calls[1]?.payload).toMatchObject({ step: 'record', answer: decide(false).AskPerson, failure: null });
  });

  it.each<{ title: string; over: JsonObject; approved: boolean; child: string | null }>([
    { title: 'isolates after a yes', over: {}, approved: true, child: 'Isolate' },
    {
      title: 'cuts a red line by its profile after a yes',
      over: { byProfile: true },
      approved: true,
      child: 'CutByProfile',
    },
    { title: 'leaves alone after a no', over: {}, approved: false, child: null },
  ])('$title', async ({ over, approved, child }) => {
    const answers = { ...decide(approved), Isolate: [cut], CutByProfile: [cut], CloseIncident: {} };

    const { called, calls, execution } = await runWith('approve', {
      input: { incident, cohort: { ...cohort, ...over } },
      answers,
    });

    expect(called.filter((name) => name === 'Isolate' || name === 'CutByProfile')).toEqual(
      child === null ? [] : [child],
    );
    expect(calls.at(-1)).toMatchObject({
      name: 'CloseIncident',
      payload: {
        cohortId: 'c1',
        receivedAt: '2026-01-01T00:10:00Z',
        failure: null,
        steps: [child === null ? [ask] : [ask, cut]],
      },
    });
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('records that nobody answered, with the error that said so', async () => {
    const { calls } = await runWith('approve', {
      input,
      answers: { CloseIncident: {} },
      lost: ['AskPerson'],
      error: 'States.Timeout',
    });

    const recording = calls.find(({ payload }) => payload['step'] === 'record');
    expect(recording?.payload).toMatchObject({ answer: null, failure: { error: 'States.Timeout' } });
  });

  it('starts nothing that cuts for a lifeline, whatever else is said of it and whoever agrees', async () => {
    const anyCohort = fc.record({
      yes: fc.subarray([...questions]),
      byProfile: fc.boolean(),
      onTimeout: fc.constantFrom('leave', 'cut'),
      approved: fc.constantFrom<boolean | string | null>(true, false, 'yes', null),
    });

    await fc.assert(
      fc.asyncProperty(anyCohort, async ({ yes, byProfile, onTimeout, approved }) => {
        const lifeline = buildCohort([...yes, 'lifeline'], { byProfile, approval: { ...approval, onTimeout } });
        const answers = { AskPerson: { approved, step: ask, answeredAt: '2026-01-01T00:10:00Z' }, CloseIncident: {} };

        const { called, execution } = await runWith('approve', { input: { incident, cohort: lifeline }, answers });

        expect(called).toEqual(['AskPerson', 'AskPerson', 'CloseIncident']);
        expect(execution.status).toBe('SUCCEEDED');
      }),
      { numRuns: 40 },
    );
  });

  it('reminds with a new token when half the time is over, and takes the answer to that', async () => {
    const { steps, tokens, waited } = await runWaiting((step) => step === 'remind');

    expect(steps).toEqual(['ask', 'remind', 'record']);
    expect(new Set(tokens).size).toBe(2);
    expect(waited).toMatchObject({ ask: 0, remind: 900, record: 900 });
  });

  it('gives up when nobody answers the reminder either, after all of the time and no longer', async () => {
    const { steps, waited, failure } = await runWaiting(() => false);

    expect(steps).toEqual(['ask', 'remind', 'record']);
    expect(waited['record']).toBe(1800);
    expect(failure).toMatchObject({ error: 'States.Timeout' });
  });

  it('cuts nothing when the answer cannot be recorded, and closes as failed', async () => {
    const { called, calls } = await runWith('approve', { input, answers: { CloseIncident: {} }, lost: ['AskPerson'] });

    expect(called).not.toContain('Isolate');
    expect(calls.at(-1)?.payload).toMatchObject({ failure: { error: 'Boom' }, steps: [] });
  });

  it('reports a lost cut as failed', async () => {
    const { calls } = await runWith('approve', {
      input,
      answers: { ...decide(true), CloseIncident: {} },
      lost: ['Isolate'],
    });

    expect(calls.at(-1)?.payload['steps']).toMatchObject([
      [ask, { action: 'revoke-security-groups', status: 'failed' }],
    ]);
  });
});
