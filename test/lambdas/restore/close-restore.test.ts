import { describe, expect, it } from 'vitest';
import { closeRestore, type RestoreClosing } from '../../../lambdas/restore/close-restore.ts';
import type { UndoStatus } from '../../../lambdas/shared/contracts/restoring.ts';
import { findBrokenSeal } from '../../../lambdas/shared/seal.ts';
import { buildAssessment, buildIncident } from '../../builders/action-request.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const incident = buildIncident();
const result = (status: UndoStatus) => ({
  entry: { incidentId: incident.id, action: 'kill-connections', cohortId: 'c1' },
  status,
  summary: status,
});
const entryOf = (incidentId: string) => ({ incidentId, action: 'kill-connections', cohortId: 'c1' });
const kept = (holder: string) => ({ ...result('kept'), keptBy: [entryOf(holder)] });
const of = (incidentId: string, ended: object) => ({ ...ended, entry: entryOf(incidentId) });
const request = { incidentId: incident.id, requestedBy: 'me', reason: 'false alarm' };

async function close(over: Partial<RestoreClosing>) {
  const table = new FakeTable();
  await table.audit.openIncident({ incident, assessment: buildAssessment(), now: 'now' });
  const tools = {
    audit: table.audit,
    bus: { publish: async (type: string) => Promise.resolve(void table.calls.push(`publish ${type}`)) },
    now: () => '2026-05-06T08:00:00.000Z',
  };
  const closing = { request, results: [], failure: null, executionId: 'restore-1', ...over };
  return { table, closed: await closeRestore(closing, tools) };
}

describe('closeRestore', () => {
  it.each([
    ['everything came back', [result('undone'), result('already-undone')], 'restored'],
    ['nobody could do better', [result('irreversible')], 'restored'],
    ['an earlier incident keeps something cut', [kept('inc-2'), result('undone')], 'still-cut'],
    [
      'the earlier incident was undone after it',
      [kept('inc-2'), { ...result('undone'), entry: entryOf('inc-2') }],
      'restored',
    ],
    [
      'the earlier one was undone before it',
      [{ ...result('undone'), entry: entryOf('inc-2') }, kept('inc-2')],
      'still-cut',
    ],
    [
      'the earlier one was not put back',
      [kept('inc-2'), { ...result('drifted'), entry: entryOf('inc-2') }],
      'incomplete',
    ],
    [
      'three were undone, the newest first, and one more',
      [kept('inc-2'), of('inc-2', kept('inc-3')), of('inc-3', result('undone')), of('inc-4', result('undone'))],
      'restored',
    ],
    [
      'one is said to keep itself cut',
      [kept('inc-2'), of('inc-3', result('undone')), of('inc-2', kept('inc-2'))],
      'still-cut',
    ],
    ['nobody says what keeps it cut', [result('kept')], 'still-cut'],
    ['something drifted', [result('undone'), result('drifted')], 'incomplete'],
    ['something was refused', [result('refused')], 'incomplete'],
    ['something failed', [result('failed')], 'incomplete'],
    ['a result is none of ours', [result('undone'), { status: 'fine' }], 'incomplete'],
    ['there was nothing', [], 'nothing-to-restore'],
  ])('says, when %s: %#', async (_, results, outcome) => {
    expect((await close({ results })).closed.outcome).toBe(outcome);
  });

  it('is incomplete when the restore itself failed', async () => {
    const { closed } = await close({ results: [result('undone')], failure: { error: 'States.Timeout', cause: '' } });

    expect(closed.outcome).toBe('incomplete');
  });

  it('records and seals the incident before it tells the bus', async () => {
    const { table } = await close({ results: [result('undone')] });

    const items = await table.audit.readIncident(incident.id);
    const publishing = table.calls.indexOf('publish Restore closed');
    const writing = table.calls.findIndex((call) => call.includes('restored#'));
    expect(items.at(-1)).toMatchObject({ outcome: 'restored', sealedKeys: ['opened#01'], request });
    expect(findBrokenSeal(items)).toBeNull();
    expect(writing).toBeLessThan(publishing);
  });

  it('records a request that could not be understood', async () => {
    const { table } = await close({ request: 'please', failure: { error: 'MessageInvalidError', cause: 'no' } });

    expect(table.items.find(({ pk }) => pk.startsWith('rejected#'))).toMatchObject({ request: 'please' });
  });
});
