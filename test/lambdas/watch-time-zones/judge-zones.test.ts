import { describe, expect, it } from 'vitest';
import { judgeZones } from '../../../lambdas/watch-time-zones/judge-zones.ts';

const host = (server: string, offsetMinutes: number | null, more: readonly (readonly [string, number])[] = []) => ({
  server,
  service: 'orders',
  zones: [{ scope: 'host', offsetMinutes }, ...more.map(([scope, minutes]) => ({ scope, offsetMinutes: minutes }))],
});
const deviating = (...hosts: Parameters<typeof judgeZones>[0]) =>
  judgeZones(hosts, undefined).conflicts.map((conflict) => conflict.deviating.map(({ server }) => server));

describe('judgeZones', () => {
  it('names those that deviate from the majority', () => {
    const { conflicts } = judgeZones([host('i-1', 0), host('i-2', 540), host('i-3', 0), host('i-4', 60)], undefined);

    expect(conflicts).toMatchObject([
      {
        service: 'orders',
        scope: 'host',
        usualMinutes: 0,
        deviating: [
          { server: 'i-2', offsetMinutes: 540 },
          { server: 'i-4', offsetMinutes: 60 },
        ],
      },
    ]);
  });

  it('holds each for wrong where no zone has the majority', () => {
    expect(judgeZones([host('i-1', 0), host('i-2', 540)], undefined).conflicts).toMatchObject([
      { usualMinutes: null, deviating: [{ server: 'i-1' }, { server: 'i-2' }] },
    ]);
  });

  it('goes by the policy before the majority, for hosts', () => {
    const hosts = [host('i-1', 0), host('i-2', 540), host('i-3', 540)];

    expect(judgeZones(hosts, 0).conflicts).toMatchObject([
      { usualMinutes: 0, deviating: [{ server: 'i-2' }, { server: 'i-3' }] },
    ]);
    expect(judgeZones(hosts, 60).conflicts[0]?.deviating).toHaveLength(3);
  });

  it('lets a database count in its own zone, as long as all of its kind do', () => {
    const [one, two, three] = [60, 60, 0].map((utc) => [['postgresql', utc]] as const);

    expect(deviating(host('i-1', 60, three), host('i-2', 60, three))).toEqual([]);
    expect(deviating(host('i-1', 60, one), host('i-2', 60, two), host('i-3', 60, three))).toEqual([['i-3']]);
    // The policy's zone is that of hosts.
    expect(judgeZones([host('i-1', 60, one), host('i-2', 60, three)], 60).conflicts).toMatchObject([
      { scope: 'postgresql', usualMinutes: null },
    ]);
  });

  it('makes no conflict of what is not known', () => {
    expect(deviating(host('i-1', 0), host('i-2', null))).toEqual([]);
    expect(deviating(host('i-1', null), host('i-2', null))).toEqual([]);
  });

  it('finds no conflict between services, nor on one server alone', () => {
    expect(deviating(host('i-1', 0), { ...host('i-2', 540), service: 'returns' })).toEqual([]);
  });

  it('tells of processes apart: the shell of an operator has a zone of its own as well', () => {
    const hosts = [host('i-1', 0, [['process java', 0]]), host('i-2', 0, [['process java', 540]])];

    expect(judgeZones(hosts, undefined)).toEqual({ conflicts: [], processConflicts: ['orders'] });
  });

  it('gives the same conflict the same digest, whoever else agrees or answers first', () => {
    const hosts = [host('i-1', 0), host('i-2', 540), host('i-3', 0)];
    const digestOf = (all: Parameters<typeof judgeZones>[0]) => judgeZones(all, undefined).conflicts[0]?.digest;

    const digest = digestOf(hosts);
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(digestOf([...hosts.toReversed(), host('i-4', 0)])).toBe(digest);
    expect(digestOf([...hosts, host('i-4', 540), host('i-5', 0)])).not.toBe(digest);
    expect(digestOf([host('i-1', 0), host('i-2', 600), host('i-3', 0)])).not.toBe(digest);
    expect(digestOf(hosts.map((each) => ({ ...each, service: 'returns' })))).not.toBe(digest);
  });
});
