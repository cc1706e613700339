import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TableReader } from '../../../../cli/commands/audit/table-reader.ts';
import { findPercentile, readStatus } from '../../../../cli/commands/status/read-status.ts';
import { showStatus } from '../../../../cli/commands/status/show-status.ts';
import { toAttributes } from '../../../../lambdas/shared/clients/audit-item.ts';
import { AuditTable, type Question } from '../../../../lambdas/shared/clients/audit-table.ts';
import { startLabTable, type LabTable } from '../../../builders/lab-table.ts';

let lab: LabTable;
beforeAll(async () => {
  lab = await startLabTable();
});
afterAll(async () => lab.stop());

const counts = { limit: 2, over: 10 };
const minute = (number: number) => `2026-05-06T07:${String(number).padStart(2, '0')}:00.000Z`;

describe('readStatus', () => {
  let tableName: string;
  let table: AuditTable;
  beforeEach(async () => {
    tableName = await lab.addTable();
    table = new AuditTable(lab.client, tableName);
  });
  const read = async () => readStatus({ table, reader: new TableReader(lab.client, tableName) }, counts);

  const put = async (item: Readonly<Record<string, unknown>> & { pk: string; sk: string }) =>
    lab.client.send(new PutItemCommand({ TableName: tableName, Item: toAttributes(item) }));

  /** An incident opened in that minute and closed at once; null leaves it open. */
  async function addIncident(number: number, verifiedMs: number | null): Promise<string> {
    const incidentId = `inc-0000000000000000000${number}`;
    const pk = `incident#${incidentId}`;
    const signal = { name: `finding ${number}`, servers: ['i-1', 'i-2'] };
    const opened = { openedAt: minute(number), gsi1pk: 'incidents', gsi1sk: `${minute(number)}#${incidentId}` };
    await put({ pk, sk: 'opened#01', signal, ...opened });
    if (verifiedMs === null) return incidentId;
    const closed = { at: minute(number), gsi1pk: 'closings', gsi1sk: `${minute(number)}#${incidentId}` };
    const latency = { cutMs: verifiedMs - 100, verifiedMs };
    await put({ pk, sk: 'closed#01', outcome: 'contained', latency, ...closed });
    return incidentId;
  }

  const question = (over: Partial<Question> = {}): Question => ({
    incidentId: 'inc-00000000000000000009',
    cohortId: 'c1',
    reason: 'Budget is used up',
    servers: ['i-9'],
    askedAt: new Date().toISOString(),
    until: new Date(Date.now() + 60_000).toISOString(),
    onTimeout: 'leave',
    executionId: 'arn',
    taskToken: 'secret token',
    ...over,
  });

  it('of a fresh deployment says shadow and nothing else', async () => {
    const status = await read();

    expect(status).toEqual({
      mode: { mode: 'shadow', setBy: null, at: null, reason: null },
      cuts: [],
      questions: [],
      incidents: [],
      latency: { incidents: 0, cuts: 0, p50Ms: null, p99Ms: null },
      budget: null,
    });
    expect(showStatus(status).join('\n')).toContain('shadow, never set: nothing is changed');
  });

  it('names the mode with who set it, and every server that is cut, with since and until', async () => {
    await table.writeMode('armed', { setBy: 'eve', reason: 'reviewed', at: minute(1) });
    await table.putCut({
      entry: { incidentId: 'inc-00000000000000000001', action: 'revoke-security-groups', cohortId: 'c1' },
      since: minute(2),
      expiresAt: null,
      targets: ['i-1', 'i-2', 'i-1', 'i-3', 'i-4'].map((server) => ({ target: `eni of ${server}`, server })),
      inherited: [],
    });

    const status = await read();

    expect(status.mode).toEqual({ mode: 'armed', setBy: 'eve', at: minute(1), reason: 'reviewed' });
    expect(status.cuts).toEqual([
      {
        incidentId: 'inc-00000000000000000001',
        action: 'revoke-security-groups',
        servers: ['i-1', 'i-2', 'i-3', 'i-4'],
        since: minute(2),
        expiresAt: null,
      },
    ]);
    expect(showStatus(status).join('\n')).toMatch(/i-1 i-2 i-3 and 1 more {2}since .* until a person restores it/);
  });

  it('tells open questions without their tokens, and none that was answered or is over', async () => {
    await table.putQuestion(question());
    await table.putQuestion(question({ cohortId: 'c2' }));
    await table.putQuestion(question({ cohortId: 'c3', until: minute(1) }));
    await table.putInIncident('inc-00000000000000000009', 'answered#c2', { at: minute(1) });

    const { questions } = await read();

    expect(questions.map(({ cohortId }) => cohortId)).toEqual(['c1']);
    expect(JSON.stringify(questions)).not.toContain('secret token');
  });

  it('lists the latest incidents with their latency, and the percentiles over more of them', async () => {
    for (const [index, verifiedMs] of [900, 1500, 3200, null].entries()) await addIncident(index + 1, verifiedMs);

    const status = await read();

    expect(status.incidents.map(({ name, outcomes, verifiedMs }) => [name, outcomes, verifiedMs])).toEqual([
      ['finding 4', [], null],
      ['finding 3', ['contained'], 3200],
    ]);
    expect(status.latency).toEqual({ incidents: 4, cuts: 3, p50Ms: 1500, p99Ms: 3200 });
    expect(showStatus(status).join('\n')).toContain('3 in the last 4 incidents: p50 1500 ms, p99 3200 ms of 3000 ms');
  });

  it('tells the use of the budget in its newest window only', async () => {
    await put({ pk: 'budget', sk: `${minute(0)}#all`, servers: ['i-1', 'i-2'] });
    await put({ pk: 'budget', sk: `${minute(30)}#all`, servers: ['i-3'] });
    await put({ pk: 'budget', sk: `${minute(30)}#service#shop`, servers: ['i-3'] });

    expect((await read()).budget).toEqual({ windowStart: minute(30), servers: 1, services: { shop: 1 } });
  });
});

describe('findPercentile', () => {
  it.each([
    [[], 50, null],
    [[7], 99, 7],
    [[3, 1, 2], 50, 2],
    [Array.from({ length: 200 }, (_, index) => index + 1), 99, 198],
    [Array.from({ length: 50 }, (_, index) => index + 1), 99, 50],
  ])('of %j at %i is %s', (values, percent, expected) => {
    expect(findPercentile(values, percent)).toBe(expected);
  });
});
