import { describe, expect, it } from 'vitest';
import { AuditWriteError, LookupFailedError } from '../../../../lambdas/shared/errors.ts';
import { FakeTable } from '../../../builders/fake-table.ts';

const key = { incidentId: 'inc-1', action: 'kill-connections', cohortId: 'c1' } as const;
const failing = () => {
  throw new Error('connection lost');
};

describe('AuditTable', () => {
  it('never changes an entry that is there', async () => {
    const table = new FakeTable();
    await table.audit.putStep(key, '1-intended', { was: 'first' });

    const second = await table.audit.putStep(key, '1-intended', { was: 'second' });

    expect(second).toBe('existing');
    expect(table.items.map((item) => item['was'])).toEqual(['first']);
  });

  it('turns a failed write into an AuditWriteError and a failed read into a LookupFailedError', async () => {
    const table = new FakeTable();
    table.onCall = failing;

    await expect(table.audit.putStep(key, '1-intended', {})).rejects.toThrow(AuditWriteError);
    await expect(table.audit.readSteps(key)).rejects.toThrow(LookupFailedError);
    await expect(table.audit.readMode()).rejects.toThrow(LookupFailedError);
  });

  it('reads the steps of one cohort only, also where ids begin alike', async () => {
    const table = new FakeTable();
    await table.audit.putStep(key, '1-intended', {});
    await table.audit.putStep({ ...key, cohortId: 'c10' }, '1-intended', {});

    const steps = await table.audit.readSteps(key);

    expect(steps.map(({ sk }) => sk)).toEqual(['action#kill-connections#c1#1-intended']);
  });

  it.each([
    ['absent', undefined, 'shadow'],
    ['armed', 'armed', 'armed'],
    ['off', 'off', 'off'],
  ] as const)('reads the switch: %s', async (_, written, read) => {
    const table = new FakeTable();
    if (written !== undefined) await table.audit.writeMode(written, { setBy: 'me', reason: 'test', at: 'now' });

    expect(await table.audit.readMode()).toBe(read);
  });

  it('refuses a switch it does not understand', async () => {
    const table = new FakeTable();
    await table.audit.putApart('control', 'mode', { mode: 'ARMED' });

    await expect(table.audit.readMode()).rejects.toThrow(LookupFailedError);
  });

  it('lists what is cut right now until it is removed', async () => {
    const table = new FakeTable();
    const cut = {
      entry: key,
      since: '2026-05-06T07:05:32Z',
      expiresAt: null,
      targets: [{ target: 'i-1', server: 'i-1' }],
      inherited: [],
    };
    await table.audit.putCut(cut);

    const before = await table.audit.listCuts();
    await table.audit.removeCut(key);

    expect(before).toEqual([cut]);
    expect(await table.audit.listCuts()).toEqual([]);
  });
});
