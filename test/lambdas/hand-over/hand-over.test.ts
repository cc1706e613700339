import { describe, expect, it } from 'vitest';
import { handOver } from '../../../lambdas/hand-over/hand-over.ts';
import { buildCohort, buildRequest } from '../../builders/action-request.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildPolicy } from '../../builders/policy.ts';

const policy = buildPolicy({
  services: [{ name: 'matching', coreBusiness: true, standby: 'matching-b in the second region, ask the desk' }],
  priorityClasses: [
    { name: 'reports', ports: [9000] },
    { name: 'partners', peers: ['203.0.113.0/24'] },
  ],
});
const evidence = (lifeline: string) => ({ ...buildCohort().evidence, lifeline });

describe('handOver', () => {
  it.each([
    ['fail-over', { service: 'matching' }, 'matching-b in the second region, ask the desk'],
    ['fail-over', { service: 'shop' }, 'the policy names no standby'],
    ['shed-connections', {}, 'lowest first: reports ports 9000; partners peers 203.0.113.0/24'],
    [
      'hold-open',
      { evidence: evidence('Lifeline "icu" (life-support) of the policy') },
      'the bypass to a direct physical link is your decision',
    ],
    ['hold-open', { evidence: evidence('Lifeline by its tag "x=claering"') }, 'grid-dispatch: Check BeiDou-3'],
    ['fail-over', { handOver: 'Region of the alarm is not ours' }, 'Region of the alarm is not ours'],
  ] as const)('tells a person what to do for %s: %#', async (action, over, text) => {
    const table = new FakeTable();
    const request = buildRequest({ action, cohort: buildCohort(over) });

    const outcome = await handOver(request, { audit: table.audit, policy, now: () => 'now' });

    expect(outcome).toMatchObject({ action, status: 'handed-over', firstCallAt: null });
    expect(outcome.summary).toContain(text);
  });

  it('adds one entry, also when it runs twice, and touches nothing else', async () => {
    const table = new FakeTable();
    const request = buildRequest({ action: 'fail-over' });
    const tools = { audit: table.audit, policy, now: () => 'now' };

    const outcomes = [await handOver(request, tools), await handOver(request, tools)];

    expect(outcomes[0]).toEqual(outcomes[1]);
    expect(table.items.map(({ sk }) => sk)).toEqual(['action#fail-over#c1#1-handed-over']);
  });
});
