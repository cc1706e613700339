import { describe, expect, it } from 'vitest';
import { HeldUnits, toPlainName } from '../../../../lab/hosts/simulated/held-units.ts';

const start = (): HeldUnits =>
  new HeldUnits([
    { name: 'engine', active: true },
    { name: 'reports', active: false },
  ]);

describe('HeldUnits', () => {
  it('brings back what ran, and says so only once', () => {
    const units = start();

    const held = units.hold('a', 'engine');
    const released = units.release('a', 'engine');
    const again = units.release('a', 'engine');

    expect(held).toEqual({ name: 'engine', before: 'active', now: 'inactive', end: 'done' });
    expect(released).toEqual({ name: 'engine', before: 'active', now: 'active', end: 'done' });
    expect(again.end).toBe('already');
  });

  it('notes what did not run and does not start it', () => {
    const units = start();

    const held = units.hold('a', 'reports');

    expect(held).toMatchObject({ before: 'inactive', end: 'already' });
    expect(units.listHeld('a')).toEqual([]);
    expect(units.release('a', 'reports')).toMatchObject({ now: 'inactive', end: 'drifted' });
  });

  it('remembers over a second run of an incident what it was before the first', () => {
    const units = start();
    units.hold('a', 'engine');

    expect(units.hold('a', 'engine')).toMatchObject({ before: 'active', end: 'already' });
    expect(units.listHeld('a')).toEqual(['engine']);
  });

  it('leaves a unit down for as long as another incident holds it', () => {
    const units = start();
    units.hold('a', 'engine');
    units.hold('b', 'engine');
    // Only the first found it active: the release of that one brings it back.
    const other = units.release('b', 'engine');
    const first = units.release('a', 'engine');

    expect([other.end, first.end]).toEqual(['drifted', 'done']);
    expect(units.stateOf('engine')).toBe('active');
  });

  it('does not start again what somebody stopped after the release', () => {
    const units = start();
    units.hold('a', 'engine');
    units.release('a', 'engine');
    units.hold('b', 'engine');
    units.release('b', 'engine');
    units.hold('b', 'engine');

    expect(units.release('a', 'engine').end).toBe('drifted');
  });

  it('knows nothing of what is missing, nor of an incident that held nothing', () => {
    const units = start();

    expect(units.hold('a', 'nobody')).toEqual({ name: 'nobody', before: 'missing', now: 'missing', end: 'failed' });
    expect(units.release('a', 'nobody').end).toBe('drifted');
    expect(units.listHeld('b')).toBeNull();
  });
});

describe('toPlainName', () => {
  it.each([
    ['windows:DataSync', 'DataSync'],
    ['timer:data-sync.timer', 'data-sync'],
    ['cron:import', 'import'],
    ['trading-engine.service', 'trading-engine'],
    ['MSSQLSERVER', 'MSSQLSERVER'],
  ])('reads %s as %s', (name, plain) => {
    expect(toPlainName(name)).toBe(plain);
  });
});
