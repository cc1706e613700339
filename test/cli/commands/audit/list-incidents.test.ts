import { describe, expect, it } from 'vitest';
import { listOutcomes, toIncidentRow } from '../../../../cli/commands/audit/list-incidents.ts';
import { buildItem } from '../../../builders/audit-items.ts';

const first = buildItem('opened#01', 0);
const second = buildItem('opened#02', 20);
const elsewhere = { pk: 'incident#inc-00000000000000000002' };
const closings = [
  buildItem('restored#0', 10, { outcome: 'restored' }),
  buildItem('closed#01', 3, { outcome: 'contained' }),
  buildItem('closed#02', 23, { outcome: 'handed-over' }),
  buildItem('closed#01', 4, { ...elsewhere, outcome: 'observed' }),
];

describe('listOutcomes', () => {
  it('gives each attempt its own ends, the oldest first', () => {
    expect(listOutcomes(first, [second, first], closings)).toEqual(['contained', 'restored']);
    expect(listOutcomes(second, [second, first], closings)).toEqual(['handed-over']);
    expect(listOutcomes({ ...first, ...elsewhere }, [second, first], closings)).toEqual(['observed']);
  });
});

describe('toIncidentRow', () => {
  it('says of an attempt without an end that it is not closed', () => {
    const opening = { ...first, signal: { name: 'Backdoor', servers: ['i-1', 'i-2'] } };

    expect(toIncidentRow({ opening, outcomes: [] })).toEqual([
      '2026-05-06T07:00:00.000Z',
      'inc-00000000000000000001',
      'not closed',
      'Backdoor',
      'i-1 i-2',
    ]);
  });
});
