import { beforeEach, describe, expect, it, vi } from 'vitest';
import { assess, type AssessTools } from '../../../lambdas/assess/assess.ts';
import type { Opening, OpeningRequest } from '../../../lambdas/shared/clients/open-incident.ts';
import { AssessmentSchema, type Assessment } from '../../../lambdas/shared/contracts/incident.ts';
import { LookupFailedError, SignalRejectedError } from '../../../lambdas/shared/errors.ts';
import { readFixture, withValue } from '../../builders/events.ts';
import { buildPolicy } from '../../builders/policy.ts';
import { buildDescription, fuseTags } from '../../builders/server.ts';
import { ownAccount } from '../../builders/signal.ts';

/** What was asked outside, in order. */
const calls: string[] = [];
const openings: OpeningRequest[] = [];

beforeEach(() => {
  calls.length = 0;
  openings.length = 0;
});

function buildTools(over: Partial<AssessTools> = {}, opening?: Opening): AssessTools {
  return {
    policy: buildPolicy(),
    accountId: ownAccount,
    region: 'us-east-1',
    describeServers: async (ids) => {
      calls.push(`describeServers ${ids.join(',')}`);
      return ids.map((id) => buildDescription({ id }));
    },
    describeAlarms: async (names) => {
      calls.push(`describeAlarms ${names.join(',')}`);
      return [{ name: 'desk-cpu', instanceIds: ['i-0b0c0d0e0f00000c1'] }];
    },
    describeServices: async () => {
      calls.push('describeServices');
      return new Map();
    },
    audit: {
      readIncident: async () => {
        calls.push('readIncident');
        return [];
      },
      openIncident: async (request) => {
        calls.push('openIncident');
        openings.push(request);
        return opening ?? { kind: 'opened', attempt: 1, assessment: request.assessment };
      },
      putInIncident: async (_id, sk) => {
        calls.push(`putInIncident ${sk}`);
        return 'written';
      },
    },
    budget: {
      take: async ({ windowStart, service }, servers) => {
        calls.push(`take ${windowStart} ${service ?? 'all'}`);
        return new Set(servers);
      },
      count: async () => void calls.push('count'),
    },
    now: () => new Date('2026-05-06T07:08:10Z'),
    ...over,
  };
}

function requestFor(event: unknown) {
  return { event, receivedAt: '2026-05-06T07:08:09.500Z', executionId: 'execution-1' };
}

describe('assess', () => {
  it('makes a finding an incident with one cohort: one read depth, one write depth', async () => {
    const assessment = await assess(requestFor(readFixture('guardduty-command-and-control')), buildTools());

    expect(calls).toEqual([
      'describeServers i-0b0c0d0e0f00000a1',
      'readIncident',
      'openIncident',
      'take 2026-05-06T07:00:00.000Z all',
    ]);
    expect(AssessmentSchema.parse(assessment)).toEqual(assessment);
    expect(assessment).toMatchObject({
      outcome: 'incident',
      reason: 'command-and-control by guardduty: "Backdoor:EC2/C&CActivity.B"',
      incident: { receivedAt: '2026-05-06T07:08:09.500Z', executionId: 'execution-1' },
      cohorts: [{ id: 'c1', servers: ['i-0b0c0d0e0f00000a1'], answers: { securityRisk: true } }],
    });
    expect(openings).toEqual([
      {
        incident: assessment.incident,
        assessment,
        now: '2026-05-06T07:08:10.000Z',
        approvals: { timeoutMinutes: 30, onTimeout: 'leave' },
      },
    ]);
  });

  it('finds the same incident for every delivery of an event, and another for another event', async () => {
    const finding = readFixture('guardduty-command-and-control');
    const tools = buildTools();

    const first = await assess(requestFor(finding), tools);
    const updated = await assess(requestFor(withValue(finding, 'detail.updatedAt', '2026-05-06T13:00:00Z')), tools);
    const other = await assess(requestFor(readFixture('guardduty-brute-force')), tools);

    expect(updated.incident?.id).toBe(first.incident?.id);
    expect(other.incident?.id).not.toBe(first.incident?.id);
    expect(first.incident?.id).toMatch(/^inc-[0-9a-f]{20}$/);
  });

  it('asks nothing and opens nothing for an event that is ignored', async () => {
    const assessment = await assess(requestFor(readFixture('console-sign-in')), buildTools());

    expect(calls).toEqual([]);
    expect(assessment).toEqual({
      outcome: 'ignored',
      reason: 'A console sign-in names no server: "AWS Console Sign In via CloudTrail"',
      incident: null,
      cohorts: [],
    });
  });

  it('opens nothing for an event that is refused', async () => {
    await expect(assess(requestFor({ source: 'x', 'detail-type': 'y' }), buildTools())).rejects.toThrow(
      SignalRejectedError,
    );

    expect(calls).toEqual([]);
  });

  it('reads the child alarms of a composite alarm before the servers, and hands over a child it cannot find', async () => {
    const assessment = await assess(requestFor(readFixture('alarm-composite')), buildTools());

    expect(calls).toEqual([
      'describeAlarms desk-cpu,desk:traffic',
      'describeServers i-0b0c0d0e0f00000c1',
      'readIncident',
      'openIncident',
    ]);
    expect(assessment.incident?.signal).toMatchObject({ servers: ['i-0b0c0d0e0f00000c1'], resource: null });
    expect(assessment.cohorts.map(({ servers, handOver }) => [servers, handOver])).toEqual([
      [['i-0b0c0d0e0f00000c1'], null],
      [
        [],
        'Child alarm "arn:aws:cloudwatch:us-east-1:123456789012:alarm:desk:traffic" could not be looked up, so its servers are not known',
      ],
    ]);
  });

  it('asks for no child alarm where the policy names the servers', async () => {
    const policy = buildPolicy({ alarms: [{ namePrefix: 'desk-', means: 'business-outage', servers: ['i-1'] }] });

    await assess(requestFor(readFixture('alarm-composite')), buildTools({ policy }));

    expect(calls).toEqual(['describeServers i-1', 'readIncident', 'openIncident']);
  });

  it('asks for no child alarm of another account', async () => {
    const reasonData = JSON.stringify({
      triggeringAlarms: [{ arn: 'arn:aws:cloudwatch:us-east-1:999999999999:alarm:a' }],
    });
    const event = withValue(readFixture('alarm-composite'), 'detail.state.reasonData', reasonData);

    const assessment = await assess(requestFor(event), buildTools());

    expect(calls).toEqual(['readIncident', 'openIncident']);
    expect(assessment.cohorts).toMatchObject([{ servers: [], handOver: expect.stringContaining('999999999999') }]);
  });

  it('does not look up servers of another account', async () => {
    const event = withValue(readFixture('guardduty-command-and-control'), 'detail.accountId', '999999999999');

    const assessment = await assess(requestFor(event), buildTools());

    expect(calls).toEqual(['readIncident', 'openIncident']);
    expect(assessment.cohorts).toMatchObject([
      { cut: { scope: 'peers', peers: [] }, answers: { securityRisk: false } },
    ]);
    expect(assessment.cohorts[0]?.handOver).toContain('999999999999');
  });

  it('takes account, region and time of a manual start from where it runs', async () => {
    const assessment = await assess(requestFor(readFixture('manual-trip')), buildTools());

    expect(assessment.incident?.signal).toMatchObject({
      accountId: ownAccount,
      region: 'us-east-1',
      occurredAt: '2026-05-06T07:08:09.500Z',
    });
    expect(assessment.cohorts).toMatchObject([{ answers: { securityRisk: true }, cut: { scope: 'server' } }]);
  });

  it('hands on the recorded answers when it runs a second time', async () => {
    const recorded: Assessment = { outcome: 'incident', reason: 'recorded', incident: null, cohorts: [] };
    const opening: Opening = { kind: 'resumed', attempt: 1, assessment: recorded, isReserved: true };

    const assessment = await assess(requestFor(readFixture('guardduty-brute-force')), buildTools({}, opening));

    expect(assessment).toBe(recorded);
  });

  it('leaves a repeat without cohorts, but with its incident', async () => {
    const opening: Opening = { kind: 'repeated', reason: 'Execution "e0" opened it' };

    const assessment = await assess(requestFor(readFixture('guardduty-brute-force')), buildTools({}, opening));

    expect(assessment).toMatchObject({ outcome: 'repeated', reason: 'Execution "e0" opened it', cohorts: [] });
    expect(assessment.incident?.id).toMatch(/^inc-/);
  });

  it('opens nothing while the servers cannot be read', async () => {
    const describeServers = vi.fn(async () => {
      throw new LookupFailedError('Instances not read');
    });

    const answer = assess(requestFor(readFixture('guardduty-brute-force')), buildTools({ describeServers }));

    await expect(answer).rejects.toThrow(LookupFailedError);
    expect(calls).toEqual(['readIncident']);
  });

  it('starts its writes at once, and waits for both', async () => {
    const ended: string[] = [];
    const slow = async <Value>(name: string, pauses: number, value: Value): Promise<Value> => {
      calls.push(name);
      for (let pause = 0; pause < pauses; pause += 1) await Promise.resolve();
      ended.push(name);
      return value;
    };
    const tools = buildTools();

    await assess(requestFor(readFixture('guardduty-command-and-control')), {
      ...tools,
      audit: {
        ...tools.audit,
        openIncident: async ({ assessment }) => slow('open', 3, { kind: 'opened', attempt: 1, assessment } as const),
      },
      budget: { ...tools.budget, take: async (_scope, servers) => slow('take', 20, new Set(servers)) },
    });

    expect(calls.slice(-2)).toEqual(['open', 'take']);
    expect(ended).toEqual(['open', 'take']);
  });

  it('reads the sizes of services beside the servers, and only for a budget that needs them', async () => {
    const policy = buildPolicy({ budgets: { servicePercent: 50 } });

    await assess(requestFor(readFixture('guardduty-command-and-control')), buildTools({ policy }));

    expect(calls.slice(0, 3)).toEqual(['describeServers i-0b0c0d0e0f00000a1', 'describeServices', 'readIncident']);
  });

  it('opens an incident although nothing can be read of it', async () => {
    const tools = buildTools();
    const readIncident = async () => Promise.reject(new LookupFailedError('Audit entry not read'));

    const assessment = await assess(requestFor(readFixture('guardduty-command-and-control')), {
      ...tools,
      audit: { ...tools.audit, readIncident },
    });

    expect(assessment).toMatchObject({ outcome: 'incident', cohorts: [{ approval: null }] });
  });

  it('says who broke the glass and why', async () => {
    const event = { ...readFixture('manual-trip'), breakGlass: true };

    const assessment = await assess(requestFor(event), buildTools());

    expect(assessment.reason).toMatch(/^\S+ by manual: "Manual start: .*"; break-glass by "[^"]+": \S/);
    expect(assessment.incident?.signal.breakGlass).toBe(true);
    expect(calls).toContain('count');
  });

  it('never cuts a lifeline, whatever is found on it', async () => {
    const tags = fuseTags({ lifeline: 'grid-dispatch', service: 'matching' });
    const tools = buildTools({ describeServers: async (ids) => ids.map((id) => buildDescription({ id, tags })) });

    const assessment = await assess(requestFor(readFixture('guardduty-malicious-file')), tools);

    expect(assessment.incident?.signal.kind).toBe('ransomware');
    expect(assessment.cohorts).toMatchObject([
      {
        answers: { lifeline: true, spreads: false, coreBusiness: false, securityRisk: false, overloaded: false },
        cut: { scope: 'peers', peers: [] },
      },
    ]);
  });
});
