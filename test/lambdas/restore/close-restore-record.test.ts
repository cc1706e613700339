import { beforeEach, describe, expect, it } from 'vitest';
import { closeRestore, type RestoreClosing } from '../../../lambdas/restore/close-restore.ts';
import { sha256Hex } from '../../../lambdas/shared/canonical-json.ts';
import type { EntryKey, UndoStatus } from '../../../lambdas/shared/contracts/restoring.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const at = '2026-05-06T08:00:00.000Z';
const who = { requestedBy: 'ada', reason: 'false alarm' };
const request = { ...who, incidentId: 'inc-1' };

function buildEnd(number: number, status: UndoStatus = 'undone', keptBy: readonly number[] = []) {
  const entry: EntryKey = { incidentId: `inc-${number}`, action: 'kill-connections', cohortId: 'c1' };
  const holders = keptBy.map((holder) => ({ ...entry, incidentId: `inc-${holder}` }));
  return { entry, status, summary: `ended ${status}`, ...(holders.length > 0 && { keptBy: holders }) };
}

describe('closeRestore', () => {
  let table: FakeTable;
  let published: unknown[];
  let logged: unknown[];
  beforeEach(() => {
    table = new FakeTable();
    [published, logged] = [[], []];
  });

  async function close(over: Partial<RestoreClosing>) {
    return closeRestore(
      { request, results: [], failure: null, executionId: 'restore-1', ...over },
      {
        audit: table.audit,
        bus: { publish: async (...event) => Promise.resolve(void published.push(event)) },
        now: () => at,
        log: (...line) => void logged.push(line),
      },
    );
  }

  it('tells bus and log the same seals, one for each incident it touched', async () => {
    const results = [buildEnd(1), buildEnd(2), { ...buildEnd(1), entry: { ...buildEnd(1).entry, cohortId: 'c2' } }];

    const closed = await close({ results });

    const seals = table.items.map(({ pk, seal }) => ({ incidentId: pk.slice('incident#'.length), seal }));
    expect(seals.map(({ incidentId }) => incidentId)).toEqual(['inc-1', 'inc-2']);
    expect(logged).toEqual([['Restore closed', { outcome: 'restored', seals }]]);
    expect(published).toEqual([
      ['Restore closed', { ...closed, request, failure: null, executionId: 'restore-1', seals }],
    ]);
    expect(table.items[0]).toMatchObject({ ...closed, request, failure: null, executionId: 'restore-1', at });
  });

  it.each([
    [
      'one line for each entry',
      { results: [buildEnd(1), buildEnd(2, 'failed')] },
      'inc-1 kill-connections c1 undone: ended undone; inc-2 kill-connections c1 failed: ended failed',
    ],
    ['that there was none', {}, 'No entry to undo'],
    [
      'the failure that ended it',
      { results: [buildEnd(1)], failure: { error: 'States.Timeout', cause: 'too long' } },
      'States.Timeout: too long',
    ],
  ])('says %s', async (_, over, summary) => {
    expect((await close(over)).summary).toBe(summary);
  });

  it('says no more than a thousand characters, however much there is', async () => {
    const many = Array.from({ length: 40 }, (_, index) => buildEnd(index));

    expect((await close({ results: many })).summary).toHaveLength(1000);
    expect((await close({ failure: { error: 'E', cause: 'x'.repeat(2000) } })).summary).toHaveLength(1000);
  });

  it.each([
    ['by all that keep it cut', [buildEnd(1, 'kept', [2, 3]), buildEnd(2), buildEnd(3)], 'restored'],
    ['by one of two', [buildEnd(1, 'kept', [2, 3]), buildEnd(2)], 'still-cut'],
    [
      'by one that is itself kept, and let go after',
      [buildEnd(1, 'kept', [2]), buildEnd(2, 'kept', [3]), buildEnd(3)],
      'restored',
    ],
    ['by one that stays kept', [buildEnd(1, 'kept', [2]), buildEnd(2, 'kept', [3])], 'still-cut'],
    ['by none of them', [buildEnd(1, 'kept', [2]), buildEnd(3)], 'still-cut'],
  ])('is let go %s', async (_, results, outcome) => {
    expect((await close({ results })).outcome).toBe(outcome);
  });

  it('says nothing of the clock finding nothing due, however often it asks', async () => {
    const closed = await close({ request: { ...who, expired: true } });

    expect(closed).toEqual({ outcome: 'nothing-to-restore', summary: 'No entry to undo', results: [] });
    expect([...table.items, ...published, ...logged]).toEqual([]);
  });

  it.each([
    ['a person finds nothing', { request }],
    ['a request by the clock is not understood', { request: { expired: true } }],
    ['the clock fails', { request: { ...who, expired: true }, failure: { error: 'E', cause: '' } }],
    ['the clock restores something', { request: { ...who, expired: true }, results: [buildEnd(1)] }],
  ])('says so where %s', async (_, over) => {
    await close(over);

    expect([table.items.length, published.length, logged.length]).toEqual([1, 1, 1]);
  });

  it.each([
    ['the incident it named', request, 'inc-1'],
    ['the server it named', { ...who, server: 'i-1' }, 'i-1'],
    ['nothing', { ...who, action: 'kill-connections' }, ''],
    ['what it said instead of a request', 'please', '"please"'],
    ['what it said, whatever the order of its keys', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['nothing, where it said nothing', undefined, 'null'],
  ])('is recorded apart, by %s, where it touched no incident', async (_, named, subject) => {
    await close({ request: named });

    expect(table.items.map(({ pk }) => pk)).toEqual([`rejected#${sha256Hex(subject)}`]);
    expect(logged).toEqual([
      [
        'Restore closed',
        { outcome: 'nothing-to-restore', seals: [{ incidentId: null, seal: table.items[0]?.['seal'] }] },
      ],
    ]);
  });

  it('hides no result that it does not understand', async () => {
    const closed = await close({ results: [buildEnd(1), { status: 'undone' }, null] });

    expect(closed).toMatchObject({ outcome: 'incomplete', results: [buildEnd(1)] });
  });

  it('needs no log', async () => {
    const bus = { publish: async () => Promise.resolve() };

    const closed = await closeRestore(
      { request, results: [buildEnd(1)], failure: null, executionId: 'restore-1' },
      { audit: table.audit, bus, now: () => at },
    );

    expect(closed.outcome).toBe('restored');
  });
});
