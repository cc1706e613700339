import { describe, expect, it } from 'vitest';
import { LostActionSchema } from '../../lambdas/shared/contracts/action.ts';
import { buildCohort, incident, runWith } from './machines.ts';

const input = { incident, cohort: buildCohort(['securityRisk']) };
const network = 'RevokeSecurityGroups revoke-security-groups';
const host = 'KillConnections kill-connections';

describe('isolate.asl.json', () => {
  it('starts the network cut and the host cut, and leaves the standby alone', async () => {
    const { called, execution } = await runWith('isolate', { input });

    expect(called).toEqual([network, host]);
    expect(execution.output).toMatchObject([
      { action: 'revoke-security-groups', status: 'verified' },
      { action: 'kill-connections', status: 'verified' },
      { action: 'fail-over', status: 'not-asked' },
    ]);
  });

  it('R1: starts the fail-over beside the cut where core business is hit', async () => {
    const cohort = buildCohort(['coreBusiness', 'spreads', 'securityRisk']);

    const { called } = await runWith('isolate', { input: { incident, cohort } });

    expect(called).toEqual([network, host, 'FailOver fail-over']);
  });

  it.each([
    ['RevokeSecurityGroups', host],
    ['KillConnections', network],
    ['FailOver', network],
  ])('goes on with the others when %s is lost, and reports the loss as failed', async (lost, other) => {
    const cohort = buildCohort(['coreBusiness', 'spreads', 'securityRisk']);

    const { called, execution } = await runWith('isolate', { input: { incident, cohort }, lost: [lost] });

    const steps = execution.output as unknown[];
    expect(called).toContain(other);
    expect(steps).toHaveLength(3);
    expect(steps.filter((step) => LostActionSchema.safeParse(step).success)).toHaveLength(1);
    expect(execution.status).toBe('SUCCEEDED');
  });

  it('tries a throttled cut eight more times before it counts as lost', async () => {
    const { called } = await runWith('isolate', { input, lost: ['RevokeSecurityGroups'], error: 'ThrottledError' });

    expect(called.filter((name) => name === network)).toHaveLength(9);
  });

  it('calls nothing before the blocking functions', async () => {
    const { called } = await runWith('isolate', { input });

    expect(called[0]).toBe(network);
  });
});
