import { describe, expect, it } from 'vitest';
import { LostActionSchema } from '../../lambdas/shared/contracts/action.ts';
import { buildCohort, incident, runWith } from './machines.ts';

const cohort = buildCohort(['underReview'], { cut: { scope: 'peers', peers: ['203.0.113.0/24'] } });
const input = { incident: { ...incident, signal: { kind: 'border-review' } }, cohort };
const network = 'RevokeSecurityGroups revoke-security-groups';
const host = 'KillConnections kill-connections';

describe('lock-border.asl.json', () => {
  it('locks the network and the hosts, with the whole cohort and the border in hand', async () => {
    const { called, calls, execution } = await runWith('lock-border', { input });

    expect(called).toEqual([network, host]);
    expect(calls.map(({ payload }) => payload['cohort'])).toEqual([cohort, cohort]);
    expect(execution.output).toMatchObject([
      { action: 'revoke-security-groups', status: 'verified' },
      { action: 'kill-connections', status: 'verified' },
    ]);
  });

  it.each([
    ['RevokeSecurityGroups', host, 'revoke-security-groups'],
    ['KillConnections', network, 'kill-connections'],
  ])('goes on with the other half when %s is lost, and reports the loss as failed', async (lost, other, action) => {
    const { called, execution } = await runWith('lock-border', { input, lost: [lost] });

    const steps = execution.output as unknown[];
    const losses = steps.filter((step) => LostActionSchema.safeParse(step).success);
    expect(called).toContain(other);
    expect(steps).toHaveLength(2);
    expect(losses).toMatchObject([{ action, cohortId: 'c1', status: 'failed' }]);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it.each(['RevokeSecurityGroups', 'KillConnections'])('tries %s again while its trouble may pass', async (lost) => {
    const { called } = await runWith('lock-border', { input, lost: [lost], error: 'LookupFailedError' });

    expect(called.filter((name) => name.startsWith(lost))).toHaveLength(4);
  });
});

describe('a compliance review in respond.asl.json', () => {
  const assess = (cohorts: object[]) => ({ incident: input.incident, outcome: 'incident', cohorts });
  const decide = async (answers: Parameters<typeof buildCohort>[0]) => {
    const { called } = await runWith('respond', {
      input: {},
      answers: { Assess: assess([buildCohort(answers)]) as never },
    });
    return called.filter((name) => !/^(Assess|CloseIncident)/.test(name));
  };

  it.each([
    ['R3: locks the border', ['underReview'], ['LockBorder']],
    ['R0: holds a lifeline open and locks nothing', ['lifeline', 'underReview'], ['HoldOpen']],
    ['R1: isolates what spreads first', ['spreads', 'securityRisk', 'underReview'], ['Isolate']],
    ['isolates a threat first', ['securityRisk', 'underReview'], ['Isolate']],
    ['comes before shedding', ['underReview', 'overloaded'], ['LockBorder']],
  ] as const)('%s', async (_words, answers, way) => {
    expect(await decide([...answers])).toEqual(way);
  });
});
