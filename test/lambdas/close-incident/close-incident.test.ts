import { describe, expect, it } from 'vitest';
import { closeIncident, type ClosingTools } from '../../../lambdas/close-incident/close-incident.ts';
import { findBrokenSeal } from '../../../lambdas/shared/seal.ts';
import type { ClosingRequest } from '../../../lambdas/shared/contracts/closing.ts';
import { buildAssessment, buildIncident, buildOutcome } from '../../builders/action-request.ts';
import { buildClosing } from '../../builders/closing.ts';
import { FakeTable } from '../../builders/fake-table.ts';

const incident = buildIncident();
const now = '2026-05-06T07:05:40.000Z';
const event = { detail: { id: 'finding' } };

async function open() {
  const table = new FakeTable();
  await table.audit.openIncident({ incident, assessment: buildAssessment(), now });
  const published: { type: string; detail: Readonly<Record<string, unknown>> }[] = [];
  const tools: ClosingTools = {
    audit: table.audit,
    bus: {
      publish: async (type, detail) => {
        table.calls.push(`publish ${type}`);
        await Promise.resolve(published.push({ type, detail }));
      },
    },
    now: () => now,
  };
  return { table, published, close: async (request: ClosingRequest) => closeIncident(request, tools) };
}

describe('closeIncident', () => {
  it.each([
    ['verified', { cutMs: 1000, verifiedMs: 1500 }],
    ['partial', { cutMs: 1000, verifiedMs: 1500 }],
    // Read back, and found not to hold: such a cut never came.
    ['failed', { cutMs: 1000, verifiedMs: null }],
  ] as const)('measures a network cut that is %s from the event to what was read back', async (status, latency) => {
    const { close } = await open();

    const result = await close(buildClosing({ steps: [[buildOutcome({ status })]] }));

    expect(result.latency).toEqual(latency);
  });

  it('lets the incident be found by each of its servers, whatever became of it', async () => {
    const { close, table } = await open();

    await close(buildClosing({ failure: { error: 'Boom', cause: 'lost' }, assessment: null }));

    const [server = ''] = buildAssessment().cohorts.flatMap(({ servers }) => servers);
    expect(await table.audit.listIncidentsOf(server)).toEqual([buildAssessment().incident?.id]);
  });

  it('measures the slowest of several cohorts, and from the answer where a person was asked first', async () => {
    const { close } = await open();
    const slow = buildOutcome({ cohortId: 'c2', verifiedAt: '2026-05-06T07:05:33.900Z' });
    const answeredAt = '2026-05-06T07:05:31.900Z';

    const whole = await close(buildClosing({ steps: [[buildOutcome()], [slow]] }));
    const apart = await close(buildClosing({ steps: [[slow]], cohortId: 'c2', receivedAt: answeredAt }));

    expect([whole.latency.verifiedMs, apart.latency.verifiedMs]).toEqual([2900, 2000]);
  });

  it('seals the incident first and publishes the outcome after', async () => {
    const { table, published, close } = await open();

    const result = await close(buildClosing({ steps: [[buildOutcome()]] }));

    expect(table.calls.slice(-2)).toEqual([`PutItem incident#${incident.id} closed#01`, 'publish Incident closed']);
    expect(result).toMatchObject({
      outcome: 'contained',
      isFailure: false,
      latency: { cutMs: 1000, verifiedMs: 1500 },
    });
    expect(published[0]?.detail).toMatchObject({ incidentId: incident.id, outcome: 'contained', event: null });
  });

  it('finds an entry that was changed or removed after the sealing', async () => {
    const { table, close } = await open();
    await close(buildClosing({ statuses: ['verified'] }));
    const items = await table.audit.readIncident(incident.id);

    const changed = items.map((item) => (item.sk === 'opened#01' ? { ...item, receivedAt: 'earlier' } : item));
    const undone = {
      pk: items[0]?.pk ?? '',
      sk: 'action#kill-connections#c1#4-undone',
      at: '2026-05-06T09:00:00.000Z',
    };
    const later = [...items, undone];

    expect(findBrokenSeal(items)).toBeNull();
    expect(findBrokenSeal(later)).toBeNull();
    expect(findBrokenSeal(changed)).not.toBeNull();
    expect(findBrokenSeal(items.filter(({ sk }) => sk !== 'opened#01'))).not.toBeNull();
  });

  it('does the same twice: one entry, the same outcome', async () => {
    const { table, close } = await open();
    const first = await close(buildClosing({ statuses: ['verified'] }));
    const entries = table.items;

    const second = await close(buildClosing({ statuses: ['verified'] }));

    expect(second).toEqual(first);
    expect(table.items).toEqual(entries);
  });

  it('keeps the event of a failed incident and opens the way for another attempt', async () => {
    const { table, published, close } = await open();
    const failure = { error: 'States.Timeout', cause: 'too long' };

    const result = await close(buildClosing({ failure, event }));

    expect(result).toMatchObject({ outcome: 'failed', isFailure: true });
    expect(table.items.find(({ sk }) => sk === 'failed#01')).toMatchObject({ failure, event });
    expect(published).toMatchObject([{ type: 'Incident failed', detail: { event } }]);
  });

  it('finds the incident of an assessment that died after opening it', async () => {
    const { table, close } = await open();

    await close(buildClosing({ assessment: null, failure: { error: 'Sandbox.Timedout', cause: '' }, event }));

    expect(table.stepsOf(incident.id)).toEqual(['failed#01', 'opened#01']);
  });

  it('records an event that could not be understood under its own digest', async () => {
    const { table, published, close } = await open();
    const failure = { error: 'SignalRejectedError', cause: 'detail.type: must be string' };

    const result = await close(buildClosing({ assessment: null, failure, event, executionId: 'another' }));

    const kept = table.items.find(({ pk }) => pk.startsWith('rejected#'));
    expect(result).toMatchObject({ incidentId: null, outcome: 'failed' });
    expect(kept).toMatchObject({ event, failure });
    expect(published[0]?.type).toBe('Incident failed');
  });

  it.each([100, 3_000, 100_000])('records an event that is nested %i levels deep', async (levels) => {
    const { close, published } = await open();
    const deep: unknown = JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);

    const failure = { error: 'SignalRejectedError', cause: 'nested too deeply' };
    const unknown = buildClosing({ failure, assessment: null, event: deep, executionId: 'another' });

    expect((await close(unknown)).seal).toEqual(expect.any(String));
    expect(published).toHaveLength(1);
  });

  it('keeps the beginning of an event that is too large', async () => {
    const { published, close } = await open();
    const large = { text: 'x'.repeat(250_000) };

    await close(buildClosing({ failure: { error: 'E', cause: '' }, event: large }));

    expect(JSON.stringify(published[0]?.detail).length).toBeLessThan(200_000);
  });

  it('records a repeat beside the incident and leaves its seal alone', async () => {
    const { table, close } = await open();
    await close(buildClosing({ statuses: ['verified'] }));
    const assessment = buildAssessment({ outcome: 'repeated', cohorts: [] });

    const result = await close(buildClosing({ assessment, executionId: 'second' }));

    expect(result.outcome).toBe('repeated');
    expect(table.stepsOf(incident.id).map((sk) => sk.split('#')[0])).toEqual(['closed', 'opened', 'repeated']);
    expect(findBrokenSeal(await table.audit.readIncident(incident.id))).toBeNull();
  });

  it('records why a signal was ignored', async () => {
    const { table, close } = await open();
    const assessment = buildAssessment({ outcome: 'ignored', incident: null, cohorts: [], reason: 'Alarm is OK' });

    await close(buildClosing({ assessment, executionId: 'third' }));

    expect(table.items.find(({ sk }) => sk.startsWith('ignored#'))).toMatchObject({ summary: 'Alarm is OK' });
  });

  it('fails a second time in the same way when one action failed', async () => {
    const { close } = await open();
    const request = buildClosing({ statuses: ['verified', 'failed'] });

    expect(await close(request)).toMatchObject({ outcome: 'partly-contained', isFailure: true });
  });
});
