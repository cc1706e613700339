import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stopServiceScript } from '../../documents/stop-service.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { realHosts } from './run-document.ts';
import type { Values } from './run-document.ts';
import { layUnits, runOnHost, runUnitDocument, startUnitHost } from './unit-host.ts';
import type { UnitRun } from './unit-host.ts';

describe.skipIf(!realHosts.possible)('stop-service on a host with units', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startUnitHost();
  });
  afterAll(() => world.stop());

  const stop = (services: string, values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, stopServiceScript, { services, ...values });
  /** State of the process itself, as the kernel has it: S sleeps, Z is dead and only waits to be read. */
  const readProcess = async (name: string): Promise<string> =>
    (
      await runOnHost(world, `sed -n 's/^State:.\\(.\\).*/\\1/p' "/proc/$(<"$STAND_IN/run/${name}.pid")/status" 2>&1`)
    ).trim();

  it('stops what is active, leaves the rest as it is, and names what is missing', async () => {
    await layUnits(
      world,
      {
        'engine.service': 'UnitFileState=enabled',
        'feed@eu.service': 'UnitFileState=disabled',
        'idle.service': 'UnitFileState=static',
        'broken.service': 'UnitFileState=enabled',
      },
      'systemctl start engine.service feed@eu.service; : >"$STAND_IN/run/broken.service.failed"',
    );

    const { exitCode, verdict, things, stdout } = await stop('engine feed@eu.service idle broken nosuch');

    expect(things).toEqual([
      'engine active inactive stopped',
      'feed@eu.service active inactive stopped',
      'idle inactive inactive already-stopped',
      'broken failed failed already-stopped',
      'nosuch missing missing failed',
    ]);
    expect({ exitCode, ...verdict }).toMatchObject({
      exitCode: 1,
      ok: false,
      document: 'stop-service',
      incident: 'inc-1',
      error: 'nosuch.service is missing on this host',
    });
    expect(stdout.split('\n')).toHaveLength(2);
    expect(await readProcess('engine.service')).not.toBe('S');
    expect(await runOnHost(world, 'grep -c "^stop" "$STAND_IN/calls"; grep "^stop" "$STAND_IN/calls"')).toBe(
      '1\nstop -- engine.service feed@eu.service\n',
    );
  });

  it('notes what was before the first change, and reports it again the second time', async () => {
    await layUnits(
      world,
      { 'engine.service': 'UnitFileState=enabled', 'idle.service': 'UnitFileState=disabled' },
      'systemctl start engine.service',
    );

    const first = await stop('engine idle');
    const second = await stop('idle engine.service');

    expect([first.verdict.ok, second.verdict.ok]).toEqual([true, true]);
    expect(second.things).toEqual([
      'idle inactive inactive already-stopped',
      'engine.service active inactive already-stopped',
    ]);
    expect(await runOnHost(world, 'cat "$CF_STATE_DIR/inc-1/services.note"')).toEqual(
      expect.stringMatching(
        /^engine\.service held active enabled [1-9]\d* engine\.service\nidle\.service held inactive disabled 0 -\n$/,
      ),
    );
  });

  it('has its note on the disk when the stop never comes back', async () => {
    await layUnits(world, { 'engine.service': 'UnitFileState=enabled\nmode=hangs' }, 'systemctl start engine.service');

    const { exitCode, verdict, things } = await stop('engine', { deadlineSeconds: '1' });
    const note = await runOnHost(world, 'cat "$CF_STATE_DIR/inc-1/services.note"');

    expect({ exitCode, ok: verdict.ok, things }).toEqual({
      exitCode: 1,
      ok: false,
      things: ['engine active active failed'],
    });
    expect(verdict.error).toContain('engine.service still runs after its stop');
    expect(note).toMatch(/^engine\.service held active enabled [1-9]\d* engine\.service\n$/);
  });

  it.for([
    { mode: 'stays', what: 'a unit that does not stop', now: 'active' },
    { mode: 'returns', what: 'a unit that is back at once', now: 'active' },
    { mode: 'orphans', what: 'a unit that is inactive while its main process lives on', now: 'active' },
  ])('does not believe the exit code: $what', async ({ mode, now }) => {
    await layUnits(
      world,
      { 'engine.service': `UnitFileState=enabled\nmode=${mode}`, 'other.service': '' },
      'systemctl start engine.service other.service',
    );

    const { exitCode, things } = await stop('engine other');

    expect(exitCode).toBe(1);
    expect(things).toEqual([`engine active ${now} failed`, 'other active inactive stopped']);
    expect(await readProcess('engine.service')).toBe('S');
  });

  it('sees processes that a unit leaves behind in its control group', async () => {
    await layUnits(
      world,
      { 'engine.service': 'ControlGroup=/system.slice/engine.service', 'other.service': '' },
      'systemctl start engine.service other.service',
    );
    const covered = `#!/bin/bash
mkdir -p "$CF_STATE_DIR/groups/system.slice/engine.service/child"
echo 4711 >"$CF_STATE_DIR/groups/system.slice/engine.service/child/cgroup.procs"
: >"$CF_STATE_DIR/groups/system.slice/engine.service/cgroup.procs"
mount --bind "$CF_STATE_DIR/groups" /sys/fs/cgroup
${stopServiceScript.replace('#!/bin/bash\n', '')}`;

    const { things } = await runUnitDocument(world, covered, { services: 'engine other' });

    expect(things).toEqual(['engine active active failed', 'other active inactive stopped']);
  });

  it('takes a unit that fails while it stops for stopped', async () => {
    await layUnits(world, { 'engine.service': 'UnitFileState=enabled\nmode=fails' }, 'systemctl start engine.service');

    const { verdict, things } = await stop('engine');

    expect({ ok: verdict.ok, things }).toEqual({ ok: true, things: ['engine active failed stopped'] });
  });

  it('stops the sockets that would start a service on demand, and counts such a service as active', async () => {
    await layUnits(
      world,
      {
        'web.service': 'UnitFileState=indirect\nTriggeredBy=web.socket web.path web.timer',
        'web.socket': 'UnitFileState=enabled',
        'web.path': 'UnitFileState=disabled',
        'web.timer': 'UnitFileState=enabled',
      },
      'systemctl start web.socket web.timer',
    );

    const { verdict, things } = await stop('web');

    expect({ ok: verdict.ok, things }).toEqual({ ok: true, things: ['web active inactive stopped'] });
    expect(await runOnHost(world, 'cat "$CF_STATE_DIR/inc-1/services.note"; ls "$STAND_IN/run"')).toBe(
      'web.service held active indirect 0 web.socket\nweb.timer.on\n',
    );
  });

  it.for(['transient', 'masked', 'masked-runtime', 'bad'])(
    'leaves a unit alone that could not be started again: %s',
    async (state) => {
      await layUnits(world, { 'engine.service': `UnitFileState=${state}` }, 'systemctl start engine.service');

      const { exitCode, verdict, things } = await stop('engine');

      expect({ exitCode, things }).toEqual({ exitCode: 1, things: ['engine active active failed'] });
      expect(verdict.error).toContain('has no unit file to start it again from');
      expect(await readProcess('engine.service')).toBe('S');
    },
  );

  it('calls a service by its own name, whatever alias it is given', async () => {
    await layUnits(
      world,
      { 'mariadb.service': 'UnitFileState=enabled\nNames=mariadb.service mysql.service' },
      'ln -s mariadb.service "$STAND_IN/units/mysql.service"; systemctl start mariadb.service',
    );

    const first = await stop('mysql');
    const second = await stop('mariadb mysql');

    expect(first.things).toEqual(['mysql active inactive stopped']);
    expect(second.things).toEqual(['mariadb active inactive already-stopped']);
  });

  it('refuses an alias of what is never stopped, with nothing stopped', async () => {
    await layUnits(
      world,
      { 'door.service': 'Names=door.service sshd.service', 'engine.service': '' },
      'systemctl start door.service engine.service',
    );

    const { exitCode, verdict } = await stop('engine door');

    expect({ exitCode, error: verdict.error }).toEqual({
      exitCode: 64,
      error: "Parameter services names 'sshd.service', which is never stopped",
    });
    expect(await readProcess('engine.service')).toBe('S');
  });

  it('changes nothing when systemctl does not answer', async () => {
    await layUnits(world, { 'engine.service': '' }, 'systemctl start engine.service; : >"$STAND_IN/broken"');

    const { exitCode, verdict } = await stop('engine');

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, services: [] });
    expect(verdict.error).toContain('Cannot read units with systemctl: Failed to connect to bus');
    expect(await readProcess('engine.service')).toBe('S');
  });

  it('says so when there is no systemctl', async () => {
    const script = stopServiceScript.replace(
      '\nset -uo',
      '\nfor folder in /usr/sbin /usr/bin; do mount --bind /dev/null $folder/systemctl; done 2>/dev/null\nset -uo',
    );

    const { exitCode, verdict } = await runUnitDocument(world, script, { services: 'engine' });

    expect({ exitCode, error: verdict.error }).toEqual({
      exitCode: 69,
      error: "Tool 'systemctl' is missing on this host",
    });
  });
});
