import { describe, expect, it } from 'vitest';
import { putClosing, putSealedApart } from '../../../lambdas/shared/put-closing.ts';
import { findSealFaults } from '../../../lambdas/shared/seal.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const incidentId = 'inc-1';
const sk = 'closed#01';
const content = { at: '2026-05-06T07:05:40.000Z', outcome: 'contained' };

async function open() {
  const table = new FakeTable();
  await table.audit.putInIncident(incidentId, 'opened#01', { openedAt: '2026-05-06T07:05:31.000Z' });
  const close = async (over: object = {}) =>
    putClosing(table.audit, { incidentId, sk, content, items: await table.audit.readIncident(incidentId), ...over });
  return { table, close };
}

describe('putClosing', () => {
  it('returns the seal that stands in the table, and lists the closing in the index', async () => {
    const { table, close } = await open();

    const seal = await close();

    const items = await table.audit.readIncident(incidentId);
    expect(items[0]).toMatchObject({ sk, seal, previousSeal: null, sealedKeys: ['opened#01'], clock: null });
    expect(items[0]).toMatchObject({ gsi1pk: 'closings', gsi1sk: `${content.at}#${incidentId}` });
    expect(findSealFaults(items)).toEqual([]);
  });

  it('returns the seal of the first try to a retry, which closes later and would seal otherwise', async () => {
    const { table, close } = await open();
    const first = await close();
    const puts = table.calls.filter((call) => call.startsWith('PutItem')).length;

    const second = await close({ content: { ...content, at: '2026-05-06T07:05:50.000Z' } });

    expect(second).toBe(first);
    expect(table.calls.filter((call) => call.startsWith('PutItem'))).toHaveLength(puts);
  });

  it('returns the seal of a try that came between its read and its put', async () => {
    const { table, close } = await open();
    const items = await table.audit.readIncident(incidentId);
    const first = await close();

    const second = await close({ content: { ...content, at: '2026-05-06T07:05:50.000Z' }, items });

    expect(second).toBe(first);
    expect(table.items.filter((item) => item.sk === sk)).toHaveLength(1);
  });
});

describe('putSealedApart', () => {
  it('seals an entry that belongs to no incident by itself, once', async () => {
    const table = new FakeTable();

    const first = await putSealedApart(table.audit, 'rejected#0', 'failed#0', content);
    const second = await putSealedApart(table.audit, 'rejected#0', 'failed#0', { ...content, outcome: 'other' });

    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBeNull();
    expect(table.items).toMatchObject([{ seal: first, outcome: 'contained', sealedKeys: [] }]);
    expect(findSealFaults(table.items)).toEqual([]);
  });
});
