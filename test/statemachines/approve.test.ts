import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../lab/asl/json.ts';
import { approval, buildCohort, incident, runWith } from './machines.ts';

const cohort = buildCohort(['securityRisk'], { approval });
const input = { incident, cohort };
const ask = { action: 'ask-person', cohortId: 'c1', status: 'approved', summary: 'yes' };
const decide = (approved: boolean) => ({ AskPerson: { approved, step: ask, answeredAt: '2026-01-01T00:10:00Z' } });
const cut = { action: 'kill-connections', cohortId: 'c1', status: 'verified', summary: '' };

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
