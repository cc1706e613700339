import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findZoneConflict, type HostZones } from '../../../../lambdas/shared/time-zones/find-zone-conflict.ts';
import { toHostZones, type TimeZonesVerdict } from '../../../../lambdas/shared/time-zones/verdict.ts';

const host = (server: string, offsetMinutes: number | null, service = 'orders'): HostZones => ({
  server,
  service,
  zones: [{ scope: 'host', offsetMinutes }],
});

describe('findZoneConflict', () => {
  it('finds New York and Shanghai in one service, the larger group first', () => {
    const hosts = [host('c', -300), host('a', 480), host('b', 480)];

    expect(findZoneConflict(hosts)).toEqual([
      {
        service: 'orders',
        kind: 'conflict',
        scope: 'host',
        groups: [
          { offsetMinutes: 480, servers: ['a', 'b'] },
          { offsetMinutes: -300, servers: ['c'] },
        ],
      },
    ]);
  });

  it('lets two services count in two zones', () => {
    const findings = findZoneConflict([host('b', -300, 'shipping'), host('a', 480)]);

    expect(findings).toEqual([
      { service: 'orders', kind: 'agree' },
      { service: 'shipping', kind: 'agree' },
    ]);
  });

  it('compares like with like: hosts in UTC, engines in Tokyo', () => {
    const both = (server: string): HostZones => ({
      ...host(server, 0),
      zones: [
        { scope: 'host', offsetMinutes: 0 },
        { scope: 'postgresql', offsetMinutes: 540 },
      ],
    });

    expect(findZoneConflict([both('a'), both('b')])).toEqual([{ service: 'orders', kind: 'agree' }]);
  });

  it('finds two processes of one name on one server in two zones', () => {
    const zones = [540, -300].map((offsetMinutes) => ({ scope: 'process java', offsetMinutes }));

    const [finding] = findZoneConflict([{ server: 'a', service: 'orders', zones }]);

    expect(finding).toMatchObject({ kind: 'conflict', scope: 'process java' });
  });

  it('never calls what is not known fine', () => {
    const mute: HostZones = { server: 'b', service: 'orders', zones: [] };

    expect(findZoneConflict([host('c', null), host('a', 0), mute])).toEqual([
      { service: 'orders', kind: 'unknown', servers: ['b', 'c'] },
    ]);
  });

  it('sees a conflict beside what is not known', () => {
    expect(findZoneConflict([host('a', null), host('b', 0), host('c', 60)])).toMatchObject([{ kind: 'conflict' }]);
  });

  it('agrees exactly when every offset is known and the same, in any order', () => {
    const offsets = fc.array(fc.option(fc.constantFrom(0, 60, 330), { freq: 4 }), { minLength: 1, maxLength: 6 });

    fc.assert(
      fc.property(offsets, (list) => {
        const hosts = list.map((offset, index) => host(`s${index}`, offset));
        const known = new Set(list.filter((offset) => offset !== null));

        const [finding] = findZoneConflict(hosts);

        const expected = known.size > 1 ? 'conflict' : list.includes(null) ? 'unknown' : 'agree';
        expect(finding?.kind).toBe(expected);
        expect(findZoneConflict(hosts.toReversed())).toEqual([finding]);
      }),
    );
  });
});

describe('toHostZones', () => {
  const verdict: TimeZonesVerdict = {
    ok: true,
    document: 'detect-time-zones',
    incident: 'inc-1',
    offsetMinutes: 0,
    zone: 'Etc/UTC',
    localtime: '/usr/share/zoneinfo/Etc/UTC',
    ntpSynchronized: 'yes',
    engines: [{ engine: 'postgresql', zone: 'Asia/Tokyo', source: 'configuration file', offsetMinutes: 540 }],
    processes: [{ name: 'java', source: 'TZ', zone: 'Mars/Base', offsetMinutes: null, count: 2 }],
    processZones: 1,
    listFile: '',
    listDigest: '',
    totalMs: 1,
    error: '',
  };

  it('names what counts in each zone', () => {
    expect(toHostZones('a', 'orders', verdict).zones).toEqual([
      { scope: 'host', offsetMinutes: 0 },
      { scope: 'postgresql', offsetMinutes: 540 },
      { scope: 'process java', offsetMinutes: null },
    ]);
  });

  it('takes a host without a verdict as one that is not known', () => {
    expect(findZoneConflict([toHostZones('a', 'orders', null)])).toMatchObject([{ kind: 'unknown', servers: ['a'] }]);
  });
});
