import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assess, type AssessTools } from '../../../lambdas/assess/assess.ts';
import { AuditTable } from '../../../lambdas/shared/clients/audit-table.ts';
import { Budget } from '../../../lambdas/shared/clients/budget.ts';
import type { Assessment } from '../../../lambdas/shared/contracts/incident.ts';
import { AuditWriteError } from '../../../lambdas/shared/errors.ts';
import { buildAssessTools, buildDelivery, listAsked, listCutAtOnce } from '../../builders/assess-tools.ts';
import { buildFinding, readFixture, withValue } from '../../builders/events.ts';
import { startLabTable, type LabTable } from '../../builders/lab-table.ts';
import { buildPolicy } from '../../builders/policy.ts';

const window = '2026-05-06T07:00:00.000Z';

describe('the budget under races', () => {
  let lab: LabTable;
  let tableName = '';

  beforeAll(async () => {
    lab = await startLabTable();
  });
  afterAll(async () => lab.stop());
  beforeEach(async () => {
    tableName = await lab.addTable();
  });

  /** Tools on one table; the calls of a storm wait for each other here, so nobody is impatient. */
  function buildTools(servers: number, tagsOf?: Parameters<typeof buildAssessTools>[1]): AssessTools {
    return buildAssessTools(
      {
        policy: buildPolicy({ budgets: { servers } }),
        audit: new AuditTable(lab.direct, tableName),
        budget: new Budget(lab.direct, tableName, { patienceMs: 60_000 }),
      },
      tagsOf,
    );
  }

  const readCounted = async (windowStart = window) => lab.readBudget(tableName, `${windowStart}#all`);
  const incidents = (assessments: readonly Assessment[]) => assessments.filter(({ outcome }) => outcome === 'incident');

  it('cuts as many of a hundred findings at once as the budget has room for, and asks about the others', async () => {
    const findings = Array.from({ length: 100 }, (_, index) => ({ servers: [`i-${index}`], requestId: `t${index}` }));
    const tools = buildTools(30);

    const assessments = await Promise.all(
      findings.map(async (finding, index) =>
        assess(buildDelivery(finding, { executionId: `execution-${index}` }), tools),
      ),
    );

    expect(assessments.flatMap(listCutAtOnce)).toHaveLength(30);
    expect(assessments.flatMap(listAsked)).toHaveLength(70);
  });

  it('counts a server once about which a sensor and a finding speak at the same time', async () => {
    const server = 'i-0b0c0d0e0f00000a1';
    const finding = buildFinding('Backdoor:EC2/C&CActivity.B');
    const sensor = ['value', 'unit', 'seconds'].reduce(
      (event, key) => withValue(event, `detail.${key}`, undefined),
      withValue(
        withValue(readFixture('sensor-clock-offset'), 'detail.kind', 'abnormal-orders'),
        'detail.instanceId',
        server,
      ),
    );
    const tools = buildTools(1, () => ({ profile: 'trading' }));

    const assessments = await Promise.all(
      [finding, sensor].map(async (event, index) =>
        assess({ ...buildDelivery({ servers: [] }), event, executionId: `execution-${index}` }, tools),
      ),
    );

    expect(new Set(assessments.map(({ incident }) => incident?.id)).size).toBe(2);
    expect(assessments.map(listCutAtOnce)).toEqual([[server], [server]]);
  });

  it.each([
    ['later', '2026-05-06T13:05:31.000Z', '2026-05-06T13:00:00.000Z'],
    ['earlier, for it was held up', '2026-05-06T06:59:59.000Z', '2026-05-06T06:00:00.000Z'],
  ])('takes no room for a repeat that was received %s', async (_title, receivedAt, windowStart) => {
    const tools = buildTools(5);
    const delivery = buildDelivery({ servers: ['i-1', 'i-2'] });
    const first = await assess(delivery, tools);
    const id = first.incident?.id ?? '';
    await tools.audit.putInIncident(id, 'closed#01', { outcome: 'contained', steps: [], at: delivery.receivedAt });

    const again = await assess({ ...delivery, receivedAt, executionId: 'execution-2' }, tools);

    expect(again.outcome).toBe('repeated');
    expect(await readCounted()).toEqual(['i-1', 'i-2']);
    expect(await readCounted(windowStart)).toEqual([]);
  });

  it('takes room again for a repeat that acts', async () => {
    const tools = buildTools(5);
    const delivery = buildDelivery({ servers: ['i-1', 'i-2'] });
    const first = await assess(delivery, tools);
    await tools.audit.putInIncident(first.incident?.id ?? '', 'failed#01', { at: delivery.receivedAt });

    const later = { ...delivery, receivedAt: '2026-05-06T13:05:31.000Z', executionId: 'execution-2' };
    const again = await assess(later, { ...tools, policy: buildPolicy({ budgets: { servers: 1 } }) });

    expect(again.cohorts.map(({ id, servers }) => [id, servers])).toEqual([
      ['c1001', ['i-1']],
      ['c1002', ['i-2']],
    ]);
    expect(await readCounted('2026-05-06T13:00:00.000Z')).toEqual(['i-1']);
  });

  it('finds the room of a try that died before it opened the incident', async () => {
    const tools = buildTools(2);
    const delivery = buildDelivery({ servers: ['i-1', 'i-2', 'i-3'] });
    const { audit } = tools;
    const dying: AssessTools['audit'] = {
      openIncident: async () => Promise.reject(new AuditWriteError('died')),
      readIncident: async (id) => audit.readIncident(id),
      putInIncident: async (id, sk, content) => audit.putInIncident(id, sk, content),
    };

    await expect(assess(delivery, { ...tools, audit: dying })).rejects.toThrow('died');
    expect(await readCounted()).toEqual(['i-1', 'i-2']);
    const other = await assess(buildDelivery({ servers: ['i-9'], requestId: 't2' }, { executionId: 'other' }), tools);
    const retried = await assess(delivery, tools);

    // The dead try holds no more than its incident asked for, and its retry gets just that.
    expect(listAsked(other)).toEqual(['i-9']);
    expect(listCutAtOnce(retried)).toEqual(['i-1', 'i-2']);
    expect(listAsked(retried)).toEqual(['i-3']);
  });

  it('hands on what an earlier try came to, whatever fits by now', async () => {
    const tools = buildTools(1);
    const delivery = buildDelivery({ servers: ['i-1', 'i-2'] });

    const first = await assess(delivery, tools);
    const retried = await assess(delivery, buildTools(100));

    expect(listCutAtOnce(first)).toEqual(['i-1']);
    expect(retried).toEqual(first);
  });

  it('comes to one word where a dead try still lives', async () => {
    const tools = buildTools(1);
    const delivery = buildDelivery({ servers: ['i-1', 'i-2'] });

    const [one, two] = await Promise.all([assess(delivery, tools), assess(delivery, tools)]);

    expect(one).toEqual(two);
  });

  it('never cuts more than the budget, each incident once, whatever comes together and however often', async () => {
    const incident = fc.record({
      servers: fc.uniqueArray(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 5 }),
      kind: fc.constantFrom('other-threat', 'ransomware', 'crypto-mining'),
      deliveries: fc.integer({ min: 1, max: 3 }),
    });

    await fc.assert(
      fc.asyncProperty(
        fc.array(incident, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 12 }),
        async (storm, limit) => {
          tableName = await lab.addTable();
          const tools = buildTools(limit);
          const deliveries = storm.flatMap(({ servers, kind, deliveries: times }, index) =>
            Array.from({ length: times }, (_, turn) =>
              buildDelivery(
                { servers: servers.map((server) => `i-${server}`), kind, requestId: `t${index}` },
                { executionId: `execution-${index}-${turn}` },
              ),
            ),
          );

          const assessments = await Promise.all(deliveries.map(async (delivery) => assess(delivery, tools)));

          const acting = incidents(assessments);
          expect(new Set(acting.map(({ incident: found }) => found?.id)).size).toBe(storm.length);
          const cut = new Set(acting.flatMap(listCutAtOnce));
          expect(cut.size).toBeLessThanOrEqual(limit);
          expect(acting).toHaveLength(storm.length);
          const counted = await readCounted();
          expect(counted.length).toBeLessThanOrEqual(limit);
          expect(counted).toEqual(expect.arrayContaining([...cut]));
          for (const { incident: found, cohorts } of acting) {
            expect(cohorts.flatMap(({ servers }) => servers).sort()).toEqual([...(found?.signal.servers ?? [])].sort());
            const items = await tools.audit.readIncident(found?.id ?? '');
            const recorded = items.find(({ sk }) => sk === 'reserved#01') ?? items.find(({ sk }) => sk === 'opened#01');
            expect(recorded?.['assessment']).toMatchObject({ cohorts });
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
