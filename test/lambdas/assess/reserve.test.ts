import { describe, expect, it } from 'vitest';
import { assess } from '../../../lambdas/assess/assess.ts';
import { AuditWriteError, LookupFailedError } from '../../../lambdas/shared/errors.ts';
import { buildAssessTools, buildDelivery, listAsked, listCutAtOnce } from '../../builders/assess-tools.ts';
import { FakeTable } from '../../builders/fake-table.ts';
import { buildException, buildPolicy } from '../../builders/policy.ts';

const fleet = (count: number) => Array.from({ length: count }, (_, index) => `i-${index + 1}`);

/** A budget that has room for so many servers in each scope, and notes what it was asked. */
function buildBudget(room: number | Readonly<Record<string, number | Error>>) {
  const calls: string[] = [];
  return {
    calls,
    take: async ({ service }: { service: string | null }, servers: readonly string[], limit: number) => {
      calls.push(`take ${service ?? 'all'} ${servers.join(' ')} of ${limit}`);
      const free = typeof room === 'number' ? room : (room[service ?? 'all'] ?? 0);
      if (free instanceof Error) throw free;
      return new Set(servers.slice(0, free));
    },
    count: async ({ service }: { service: string | null }, servers: readonly string[]) => {
      calls.push(`count ${service ?? 'all'} ${servers.join(' ')}`);
      const free = typeof room === 'number' ? room : room[service ?? 'all'];
      if (free instanceof Error) throw free;
    },
  };
}

const broken = new AuditWriteError('Budget not counted: ThrottlingException: slow down');
const uncounted =
  'The budget could not be counted: AuditWriteError: Budget not counted: ThrottlingException: slow down';

describe('the budget of all servers', () => {
  it('is asked about what would be cut, the most urgent first, by the order of ids', async () => {
    const budget = buildBudget(9);
    const tags = (server: string) => ({
      ...(server === 'i-2' && { lifeline: 'clearing' }),
      ...(server === 'i-3' && { service: 'matching' }),
    });

    // Core business spreads here, so it is cut like the rest and stands before it.
    await assess(
      buildDelivery({ servers: ['i-5', 'i-4', 'i-3', 'i-2'], kind: 'ransomware' }),
      buildAssessTools({ budget }, tags),
    );

    expect(budget.calls).toEqual(['take all i-3 i-4 i-5 of 100']);
  });

  it.each([
    ['a lifeline', 'ransomware', { lifeline: 'clearing' }, {}],
    ['core business that is failed over', 'other-threat', { service: 'matching' }, {}],
    ['what is only observed', 'port-probe', {}, {}],
    [
      'who waits for a person anyway',
      'other-threat',
      {},
      { exceptions: [buildException({ servers: { ids: ['i-1'] } })] },
    ],
  ])('is not asked about %s', async (_title, kind, tags, sections) => {
    const budget = buildBudget(0);
    const policy = buildPolicy(sections);

    await assess(
      buildDelivery({ servers: ['i-1'], kind }),
      buildAssessTools({ budget, policy }, () => tags),
    );

    expect(budget.calls).toEqual([]);
  });

  it('parts a cohort that does not fit, and asks about the rest', async () => {
    const table = new FakeTable();
    const policy = buildPolicy({ budgets: { servers: 2, windowMinutes: 30 } });
    const tools = buildAssessTools({ budget: buildBudget(2), policy, audit: table.audit });

    const assessment = await assess(buildDelivery({ servers: ['i-3', 'i-1', 'i-2', 'i-4'] }), tools);

    expect(assessment.cohorts.map(({ id, servers, approval }) => [id, servers, approval])).toEqual([
      ['c1', ['i-1', 'i-2'], null],
      [
        'c2',
        ['i-3', 'i-4'],
        {
          reason: 'Budget of 2 servers per 30 minutes is used up',
          timeoutSeconds: 1800,
          remindAfterSeconds: 900,
          onTimeout: 'leave',
        },
      ],
    ]);
    const [opened, reserved] = ['opened#01', 'reserved#01'].map((sk) => table.items.find((item) => item.sk === sk));
    expect(opened?.['assessment']).toMatchObject({ cohorts: [{ servers: ['i-3', 'i-1', 'i-2', 'i-4'] }] });
    expect(reserved).toMatchObject({ executionId: 'execution-1', assessment });
  });

  it('asks about all where there is no room at all', async () => {
    const assessment = await assess(
      buildDelivery({ servers: fleet(3), kind: 'ransomware' }),
      buildAssessTools({ budget: buildBudget(0) }),
    );

    expect(assessment.cohorts).toMatchObject([{ id: 'c1', servers: fleet(3), approval: { timeoutSeconds: 1800 } }]);
  });

  it('puts nothing more on record where all fit', async () => {
    const table = new FakeTable();

    await assess(
      buildDelivery({ servers: fleet(3) }),
      buildAssessTools({ budget: buildBudget(3), audit: table.audit }),
    );

    expect(table.items.map(({ sk }) => sk)).not.toContain('reserved#01');
  });
});

describe('what opens otherwise than it was foreseen', () => {
  it('is counted after it is opened: the other execution failed in between', async () => {
    const budget = buildBudget(1);
    const { audit } = new FakeTable();
    const delivery = buildDelivery({ servers: fleet(2) });
    const first = await assess({ ...delivery, executionId: 'first' }, buildAssessTools({ audit }));
    const id = first.incident?.id ?? '';
    const racing = {
      openIncident: async (request: Parameters<typeof audit.openIncident>[0]) => {
        await audit.putInIncident(id, 'failed#01', {});
        return audit.openIncident(request);
      },
      readIncident: async () => audit.readIncident(id),
      putInIncident: audit.putInIncident.bind(audit),
    };

    const assessment = await assess(delivery, buildAssessTools({ budget, audit: racing }));

    expect(budget.calls).toEqual(['take all i-1 i-2 of 100']);
    expect(assessment.cohorts.map(({ id: cohort, servers }) => [cohort, servers])).toEqual([
      ['c1001', ['i-1']],
      ['c1002', ['i-2']],
    ]);
  });
});

describe('a budget that cannot be counted', () => {
  it('asks a person', async () => {
    const assessment = await assess(
      buildDelivery({ servers: fleet(2) }),
      buildAssessTools({ budget: buildBudget({ all: broken }) }),
    );

    expect(assessment.cohorts).toMatchObject([{ servers: fleet(2), approval: { reason: uncounted } }]);
  });

  it.each([{ kind: 'ransomware' }, { kind: 'lateral-movement' }, { breakGlass: true }])(
    'does not stop %j, and that is on record',
    async (start) => {
      const table = new FakeTable();
      const tools = buildAssessTools({ budget: buildBudget({ all: broken }), audit: table.audit });

      const assessment = await assess(buildDelivery({ servers: fleet(2), ...start }), tools);

      expect(listCutAtOnce(assessment)).toEqual(fleet(2));
      expect(assessment.reason).toMatch(new RegExp(`; cut without a place in the budget: ${uncounted}$`));
      expect(table.items.find(({ sk }) => sk === 'reserved#01')?.['assessment']).toEqual(assessment);
    },
  );
});

describe('the budget of a service', () => {
  const sections = { budgets: { servicePercent: 25 } };
  const shop = () => ({ service: 'shop' });
  const tagged = (count: number) => new Map(fleet(count).map((server) => [server, 'shop']));

  it.each([
    [8, 2, 25],
    [7, 1, 25],
    [3, 1, 25],
    [1, 1, 1],
    [10, 10, 100],
  ])('of %d servers lets through %d at %d percent', async (size, limit, servicePercent) => {
    const budget = buildBudget(9);
    const policy = buildPolicy({ budgets: { servicePercent } });
    const tools = buildAssessTools({ budget, policy, describeServices: async () => tagged(size) }, shop);

    await assess(buildDelivery({ servers: ['i-1'] }), tools);

    expect(budget.calls).toEqual(['take all i-1 of 100', `take shop i-1 of ${limit}`]);
  });

  it('counts members by policy and by tag, the policy first', async () => {
    const budget = buildBudget(9);
    const policy = buildPolicy({
      budgets: { servicePercent: 100 },
      services: [
        { name: 'shop', coreBusiness: false, servers: ['i-1', 'i-7'] },
        { name: 'desk', coreBusiness: false },
      ],
      servers: { 'i-2': { service: 'desk' }, 'i-8': { service: 'shop' } },
    });
    const tools = buildAssessTools({ budget, policy, describeServices: async () => tagged(3) }, shop);

    await assess(buildDelivery({ servers: ['i-1'] }), tools);

    // i-1 by both, i-3 by tag, i-7 and i-8 by policy; i-2 belongs to another service whatever its tag says.
    expect(budget.calls).toContain('take shop i-1 of 4');
  });

  it('lets through what fits both, and says which is used up', async () => {
    const policy = buildPolicy(sections);
    const budget = buildBudget({ all: 3, shop: 2 });
    const tools = buildAssessTools({ budget, policy, describeServices: async () => tagged(8) }, shop);

    const assessment = await assess(buildDelivery({ servers: fleet(4) }), tools);

    expect(listCutAtOnce(assessment)).toEqual(['i-1', 'i-2']);
    expect(assessment.cohorts[1]).toMatchObject({
      servers: ['i-3', 'i-4'],
      approval: {
        reason:
          'Budget of 2 servers of service "shop" (25 % of 8) per 60 minutes is used up; Budget of 100 servers per 60 minutes is used up',
      },
    });
  });

  it.each([
    ['cannot be read', async () => Promise.reject(new LookupFailedError('Instances not read'))],
    ['is none', async () => Promise.resolve(new Map<string, string>())],
  ])('asks a person where its size %s, unless it spreads', async (_title, describeServices) => {
    const policy = buildPolicy(sections);
    const tools = () => buildAssessTools({ budget: buildBudget(9), policy, describeServices }, shop);

    const threat = await assess(buildDelivery({ servers: ['i-1'] }), tools());
    const spreading = await assess(buildDelivery({ servers: ['i-1'], kind: 'ransomware' }), tools());

    expect(threat.cohorts).toMatchObject([{ approval: { reason: 'The size of service "shop" is not known' } }]);
    expect(listCutAtOnce(spreading)).toEqual(['i-1']);
    expect(spreading.reason).toContain('cut without a place in the budget: The size of service "shop" is not known');
  });

  it('is none of servers without a service', async () => {
    const budget = buildBudget(9);

    await assess(buildDelivery({ servers: ['i-1'] }), buildAssessTools({ budget, policy: buildPolicy(sections) }));

    expect(budget.calls).toEqual(['take all i-1 of 100']);
  });
});

describe('broken glass', () => {
  it('passes over budget and exceptions, counts all the same, and spares lifelines', async () => {
    const budget = buildBudget(0);
    const policy = buildPolicy({
      budgets: { servers: 0, servicePercent: 1 },
      exceptions: [buildException({ instead: 'observe', servers: { ids: fleet(3) } })],
    });
    const tools = buildAssessTools(
      { budget, policy, describeServices: async () => new Map([['i-2', 'shop']]) },
      (id): Record<string, string> => (id === 'i-1' ? { lifeline: 'clearing' } : { service: 'shop' }),
    );

    const assessment = await assess(buildDelivery({ servers: fleet(3), breakGlass: true }), tools);

    expect(budget.calls).toEqual(['count all i-2 i-3', 'count shop i-2 i-3']);
    expect(listCutAtOnce(assessment)).toEqual(['i-2', 'i-3']);
    expect(listAsked(assessment)).toEqual([]);
  });
});
