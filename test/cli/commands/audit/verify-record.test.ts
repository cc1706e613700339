import { describe, expect, it } from 'vitest';
import { verifyPartition, verifyRecord } from '../../../../cli/commands/audit/verify-record.ts';
import { buildItem, buildRecord, closeItems, incidentPk, laterNow } from '../../../builders/audit-items.ts';

const options = { now: laterNow, maxClockOffsetMs: 2000 };
const opened = buildItem('opened#01', 0);

describe('verifyPartition', () => {
  it('proves a whole record unchanged', () => {
    expect(verifyPartition(buildRecord(), options)).toEqual({
      incidentId: 'inc-00000000000000000001',
      status: 'unchanged',
      seals: 2,
      faults: [],
      warnings: [],
    });
  });

  it.each([
    ['is younger than an hour', '2026-05-06T08:00:00.000Z', 'open'],
    ['is older than an hour', '2026-05-06T08:00:00.001Z', 'unsealed'],
  ])('proves nothing of an incident without closing that %s', (_, now, status) => {
    expect(verifyPartition([opened], { ...options, now })).toMatchObject({ status, seals: 0 });
  });

  it('names an undo that no closing of its restore ever sealed', () => {
    const undone = buildItem('action#revoke-security-groups#c1#5-undone', 20);

    const { status, faults } = verifyPartition([...buildRecord(), undone], options);

    expect({ status, faults }).toEqual({
      status: 'unsealed',
      faults: [`Entry "${undone.sk}" of ${String(undone['at'])} is under no seal`],
    });
  });

  it('lets a repeat after the last seal wait for the next one, for it changed nothing', () => {
    expect(verifyPartition([...buildRecord(), buildItem('repeated#0', 20)], options).status).toBe('unchanged');
  });

  it('calls a record broken that is also unsealed', () => {
    const items = [...buildRecord().slice(1), buildItem('opened#02', 20)];

    expect(verifyPartition(items, options)).toMatchObject({
      status: 'broken',
      faults: ['Entry "opened#01" is missing', expect.stringContaining('"opened#02"')],
    });
  });

  it.each([
    [
      'is off',
      { offsetMs: -1990, withinMs: 11 },
      /Clock of "opened#01" may be over 2000 ms off: AWS -1990 ms, within 11/,
    ],
    ['is unknown', null, /Clock of 1 of 2 entries unknown/],
    ['was never taken', undefined, /Clock of 1 of 2 entries unknown/],
  ])('warns of a clock that %s, and breaks nothing by it', (_, clock, warning) => {
    const items = closeItems([buildItem('opened#01', 0, { clock })], 'closed#01', 3);

    const { status, warnings } = verifyPartition(items, options);

    expect({ status, warnings }).toEqual({ status: 'unchanged', warnings: [expect.stringMatching(warning)] });
  });
});

describe('verifyRecord', () => {
  const pointer = {
    pk: 'server#i-1',
    sk: incidentPk,
    incidentId: 'inc-00000000000000000001',
    openedAt: opened['openedAt'],
  };
  const cut = { pk: 'cut', sk: 'x', entry: { incidentId: 'inc-00000000000000000001' }, since: opened['openedAt'] };

  it('tells each incident and each rejected event apart', () => {
    const [rejected] = closeItems([], 'ignored#0', 1, { pk: 'rejected#0' });
    const mode = { pk: 'control', sk: 'mode', mode: 'armed' };

    const verdicts = verifyRecord([...buildRecord(), rejected ?? opened, pointer, cut, mode], options);

    expect(verdicts.map(({ incidentId, status }) => [incidentId, status])).toEqual([
      ['inc-00000000000000000001', 'unchanged'],
      ['rejected#0', 'unchanged'],
    ]);
  });

  it.each([
    ['a server', pointer],
    ['a cut', cut],
  ])('misses a whole incident to which %s points', (_, pointing) => {
    const [verdict, ...rest] = verifyRecord([pointing], options);

    expect(rest).toEqual([]);
    expect(verdict).toMatchObject({ status: 'broken', faults: [expect.stringContaining('whole incident is missing')] });
  });

  it('does not miss an incident that is being opened: its pointers are put at the same time', () => {
    expect(verifyRecord([pointer], { ...options, now: String(opened['openedAt']) })).toEqual([]);
  });
});
