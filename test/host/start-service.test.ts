import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServiceScript } from '../../documents/start-service.ts';
import { stopServiceScript } from '../../documents/stop-service.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { realHosts } from './run-document.ts';
import type { Values } from './run-document.ts';
import { layUnits, runOnHost, runUnitDocument, startUnitHost } from './unit-host.ts';
import type { UnitRun } from './unit-host.ts';

// The moment in which a service may die of its start, cut short: the stand-in's services do so at once.
const quickScript = startServiceScript.replace('settle_seconds=0.5', 'settle_seconds=0.02');
const engine = { 'engine.service': 'UnitFileState=enabled' };
const startEngine = 'systemctl start engine.service';

describe.skipIf(!realHosts.possible)('start-service on a host with units', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startUnitHost();
  });
  afterAll(() => world.stop());

  const stop = (services: string, values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, stopServiceScript, { services, ...values });
  const start = (services = '', values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, quickScript, { services, ...values });

  it('starts exactly what was active, by the note on the host, and says so a second time', async () => {
    await layUnits(world, { ...engine, 'feed.service': '', 'idle.service': '' }, `${startEngine} feed.service`);
    await stop('engine feed idle');

    const first = await start();
    const second = await start();

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.things).toEqual(['engine.service active active started', 'feed.service active active started']);
    expect(second.things).toEqual([
      'engine.service active active already-started',
      'feed.service active active already-started',
    ]);
    expect(await runOnHost(world, 'systemctl show -- idle.service | grep ActiveState')).toBe('ActiveState=inactive\n');
  });

  it('starts only what it is told, and goes without a note then', async () => {
    await layUnits(world, { ...engine, 'feed.service': '' }, `${startEngine} feed.service`);
    await stop('engine feed');
    await runOnHost(world, 'rm "$CF_STATE_DIR/inc-1/services.note"');

    const { verdict, things } = await start('engine');

    expect({ ok: verdict.ok, things }).toEqual({ ok: true, things: ['engine active active started'] });
    expect(await runOnHost(world, 'systemctl show -- feed.service | grep ActiveState')).toBe('ActiveState=inactive\n');
  });

  it('knows nothing without parameter and note, and starts nothing', async () => {
    await layUnits(world, engine);

    const { exitCode, verdict } = await start();

    expect({ exitCode, ok: verdict.ok, services: verdict.services }).toEqual({ exitCode: 3, ok: false, services: [] });
    expect(verdict.error).toContain('no note on this host says what was active');
  });

  it.for([
    { what: 'its unit file is gone', lines: 'rm "$STAND_IN/units/engine.service"', now: 'missing' },
    {
      what: 'its unit file is gone, and the note as well',
      lines: 'rm "$STAND_IN/units/engine.service" "$CF_STATE_DIR/inc-1/services.note"',
      now: 'missing',
    },
    {
      what: 'somebody masked it',
      lines: 'echo UnitFileState=masked >"$STAND_IN/units/engine.service"',
      now: 'inactive',
    },
    {
      what: 'somebody disabled it',
      lines: 'echo UnitFileState=disabled >"$STAND_IN/units/engine.service"',
      now: 'inactive',
    },
  ])('leaves a service alone when $what, and starts the others', async ({ lines, now }) => {
    await layUnits(world, { ...engine, 'feed.service': '' }, `${startEngine} feed.service`);
    await stop('engine feed');
    await runOnHost(world, lines);

    const { exitCode, things } = await start('engine feed');

    expect({ exitCode, things }).toEqual({
      exitCode: 3,
      things: [`engine active ${now} drifted`, 'feed active active started'],
    });
  });

  it('leaves a service alone that somebody stopped after the release', async () => {
    await layUnits(world, engine, startEngine);
    await stop('engine');
    await start();
    await runOnHost(world, 'systemctl stop engine.service');

    const { exitCode, things } = await start('engine');

    expect({ exitCode, things }).toEqual({ exitCode: 3, things: ['engine active inactive drifted'] });
  });

  it('has nothing to do where somebody started the service before', async () => {
    await layUnits(world, engine, startEngine);
    await stop('engine');
    await runOnHost(world, `${startEngine}; rm "$STAND_IN/calls"`);

    const { verdict, things } = await start();

    expect({ ok: verdict.ok, things }).toEqual({ ok: true, things: ['engine.service active active already-started'] });
    expect(await runOnHost(world, 'cat "$STAND_IN/calls"')).not.toContain('start ');
  });

  it.for([
    { mode: 'refuses', what: 'that does not start', now: 'inactive', says: 'Job for engine.service failed' },
    { mode: 'dies', what: 'that dies of its start', now: 'failed', says: 'engine.service is failed after its start' },
  ])('tells of a service $what, and can be tried again', async ({ mode, now, says }) => {
    await layUnits(world, engine, startEngine);
    await stop('engine');
    await runOnHost(world, `echo mode=${mode} >>"$STAND_IN/units/engine.service"`);

    const failed = await start();
    await runOnHost(world, 'echo UnitFileState=enabled >"$STAND_IN/units/engine.service"');
    const again = await start();

    expect({ exitCode: failed.exitCode, things: failed.things }).toEqual({
      exitCode: 1,
      things: [`engine.service active ${now} failed`],
    });
    expect(failed.verdict.error).toContain(says);
    expect(again.things).toEqual(['engine.service active active started']);
  });

  it('does not call a service started that systemd had to restart meanwhile', async () => {
    await layUnits(world, engine, startEngine);
    await stop('engine');
    await runOnHost(world, 'echo NRestarts=4 >>"$STAND_IN/units/engine.service"');

    const { things } = await start();

    expect(things).toEqual(['engine.service active active failed']);
  });

  it('starts the socket of an idle service, and not the service', async () => {
    const web = { 'web.service': 'TriggeredBy=web.socket', 'web.socket': '' };
    await layUnits(world, web, 'systemctl start web.socket');
    await stop('web');

    const { things } = await start();

    expect(things).toEqual(['web.service active active started']);
    expect(await runOnHost(world, 'ls "$STAND_IN/run"')).toBe('web.socket.on\n');
  });

  it('keeps a service down that another incident still holds, until that one lets go', async () => {
    await layUnits(world, engine, startEngine);
    await stop('engine', { incident: 'inc-1' });
    const second = await stop('engine', { incident: 'inc-2' });

    const early = await start('engine', { incident: 'inc-1' });
    const late = await start('engine', { incident: 'inc-2' });
    const after = await start('engine', { incident: 'inc-1' });

    expect(second.things).toEqual(['engine active inactive already-stopped']);
    expect({ exitCode: early.exitCode, things: early.things }).toEqual({
      exitCode: 3,
      things: ['engine active inactive drifted'],
    });
    expect(early.verdict.error).toContain('still stopped by incident inc-2');
    expect(late.things).toEqual(['engine active active started']);
    expect(after.things).toEqual(['engine active active already-started']);
  });

  it('records afresh when the service is stopped again after the release', async () => {
    await layUnits(world, engine, startEngine);
    await stop('engine');
    await start();
    await runOnHost(world, 'systemctl stop engine.service');

    const again = await stop('engine');

    expect(again.things).toEqual(['engine inactive inactive already-stopped']);
  });
});
