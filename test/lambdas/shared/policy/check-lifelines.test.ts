import { describe, expect, it } from 'vitest';
import { buildPolicy } from '../../../builders/policy.ts';

const lifeline = { name: 'core', kind: 'clearing', servers: { service: 'shop' } };
const time = { sources: ['10.0.7.1', 'GPS'], backup: { kind: 'reference-clock', referenceId: 'PHC0' }, limitMs: 0.05 };

describe('checkLifelines', () => {
  it('takes addresses and ids of clocks, and words for the bypass of life support', () => {
    const icu = { name: 'icu', kind: 'life-support', servers: { service: 'shop' }, bypass: 'grey box in rack 4' };

    const { lifelines } = buildPolicy({ lifelines: [{ ...lifeline, time }, icu] });

    expect(lifelines).toMatchObject([{ time }, { bypass: 'grey box in rack 4' }]);
  });

  it.each([
    ['a host name', { ...time, sources: ['pool.ntp.org'] }, 'lifelines.0.time.sources.0: must be the address'],
    ['this host itself', { ...time, sources: ['127.0.0.1'] }, 'lifelines.0.time.sources.0: must be the address'],
    ['a source twice', { ...time, sources: ['GPS', 'GPS'] }, 'lifelines.0.time.sources: must name each source once'],
    ['a backup that is a source', { ...time, sources: ['PHC0'] }, 'lifelines.0.time.backup: must be another'],
    [
      'a server that is no address',
      { ...time, backup: { kind: 'server', address: 'fade' } },
      'lifelines.0.time.backup.address: must be the address',
    ],
    ['a limit finer than a microsecond', { ...time, limitMs: 0.0005 }, 'lifelines.0.time.limitMs'],
    ['a limit of more than three decimals', { ...time, limitMs: 0.0015 }, 'must have at most three decimals'],
  ])('refuses %s', (_, wrong, fault) => {
    expect(() => buildPolicy({ lifelines: [{ ...lifeline, time: wrong }] })).toThrow(fault);
  });

  it('refuses words for a bypass where nobody is asked for one', () => {
    expect(() => buildPolicy({ lifelines: [{ ...lifeline, bypass: 'grey box' }] })).toThrow('lifelines.0.bypass');
  });

  it.each([30, 31])('refuses a reminder after %i of 30 minutes', (remindAfterMinutes) => {
    const approvals = { timeoutMinutes: 30, remindAfterMinutes };

    expect(() => buildPolicy({ approvals })).toThrow('approvals.remindAfterMinutes: must be below');
  });
});
