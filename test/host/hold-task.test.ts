import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTaskScript } from '../../documents/hold-task.ts';
import type { HostWorld } from '../../lab/hosts/host-world.ts';
import { realHosts } from './run-document.ts';
import type { Values } from './run-document.ts';
import { layUnits, runOnHost, runUnitDocument, startUnitHost } from './unit-host.ts';
import type { UnitRun } from './unit-host.ts';

const sync = {
  'sync.timer': 'UnitFileState=enabled\nTriggers=sync.service',
  'sync.service': 'UnitFileState=static\nTriggeredBy=sync.timer',
};
const startTimer = 'systemctl start sync.timer';
const writeJob = `printf '* * * * * root /usr/bin/sync-data\\n' >/etc/cron.d/sync-data; chmod 640 /etc/cron.d/sync-data`;

describe.skipIf(!realHosts.possible)('hold-task on a host with units', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startUnitHost();
  });
  afterAll(() => world.stop());

  const hold = (tasks: string, values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, holdTaskScript, { tasks, ...values });

  it('stops a timer with what it runs, and nobody can start it again', async () => {
    await layUnits(world, sync, `${startTimer} sync.service`);

    const { exitCode, things } = await hold('timer:sync');
    const tried = await runOnHost(world, `${startTimer} 2>&1; systemctl daemon-reload; ${startTimer} 2>&1; true`);
    const state = await runOnHost(world, 'systemctl show -- sync.timer sync.service | grep -E "ActiveState|UnitFile"');

    expect({ exitCode, things }).toEqual({ exitCode: 0, things: ['timer:sync active inactive held'] });
    expect(tried).toBe('Assertion failed on job for sync.timer.\n'.repeat(2));
    // The unit file state stays what it was: there is nothing to put back but one file.
    expect(state.split('\n').toSorted().filter(Boolean)).toEqual([
      'ActiveState=inactive',
      'ActiveState=inactive',
      'UnitFileState=enabled',
      'UnitFileState=static',
    ]);
  });

  it('leaves one file in the folder of units, which outlives a restart', async () => {
    await layUnits(world, sync, startTimer);

    await hold('timer:sync.timer');

    expect(await runOnHost(world, 'cd /etc/systemd/system; find . -type f -printf "%P %m\n"; cat */*')).toBe(
      'sync.timer.d/50-connection-fuse-inc-1.conf 644\n' +
        '# Held by incident inc-1 of connection-fuse; its release-task document lets go of it.\n' +
        '[Unit]\nAssertPathExists=!/\n',
    );
  });

  it('moves a file of cron aside, as it is', async () => {
    await layUnits(world, {}, writeJob);

    const { exitCode, things } = await hold('cron:sync-data', { manner: 'remove' });
    const kept = await runOnHost(
      world,
      'ls -A /etc/cron.d; cd "$CF_STATE_DIR/inc-1"; stat -c "%n %a" held-*; cat held-*',
    );

    expect({ exitCode, things }).toEqual({ exitCode: 0, things: ['cron:sync-data active inactive held'] });
    expect(kept).toBe('held-sync-data 640\n* * * * * root /usr/bin/sync-data\n');
  });

  it('says the same a second time, and reports the state before the first', async () => {
    await layUnits(world, sync, `${startTimer}; ${writeJob}`);

    const first = await hold('timer:sync cron:sync-data');
    const note = await runOnHost(world, 'cat "$CF_STATE_DIR/inc-1/tasks.note"');
    const second = await hold('timer:sync cron:sync-data');

    expect([first.verdict.ok, second.verdict.ok]).toEqual([true, true]);
    expect(second.things).toEqual([
      'timer:sync active inactive already-held',
      'cron:sync-data active inactive already-held',
    ]);
    expect(note.replaceAll(/[0-9a-f]{64}/g, 'DIGEST')).toMatch(
      /^timer:sync\.timer held active enabled DIGEST\ncron:sync-data held active DIGEST 640 0:0 \S+\/inc-1\/held-sync-data\n$/,
    );
    expect(await runOnHost(world, 'cat "$CF_STATE_DIR/inc-1/tasks.note"')).toBe(note);
  });

  it('holds a timer that is not active too, and names what is missing', async () => {
    await layUnits(world, sync);

    const { exitCode, verdict, things } = await hold('timer:sync timer:nosuch cron:nosuch');

    expect({ exitCode, things }).toEqual({
      exitCode: 1,
      things: [
        'timer:sync inactive inactive held',
        'timer:nosuch missing missing failed',
        'cron:nosuch missing missing failed',
      ],
    });
    expect(verdict.error).toBe("nosuch.timer is missing on this host; '/etc/cron.d/nosuch' is missing on this host");
  });

  it('moves a file of cron aside again that somebody put there, and keeps both', async () => {
    await layUnits(world, {}, writeJob);
    await hold('cron:sync-data');
    await runOnHost(world, 'echo "# another" >/etc/cron.d/sync-data');

    const { things } = await hold('cron:sync-data');
    const kept = await runOnHost(world, 'ls -A /etc/cron.d; cat "$CF_STATE_DIR"/inc-1/held-sync-data*');

    expect(things).toEqual(['cron:sync-data active inactive held']);
    expect(kept).toBe('* * * * * root /usr/bin/sync-data\n# another\n');
  });

  it('goes on where an earlier run ended before the move', async () => {
    await layUnits(world, {}, writeJob);
    await hold('cron:sync-data');
    await runOnHost(
      world,
      'cp -p "$CF_STATE_DIR/inc-1/held-sync-data" /etc/cron.d/sync-data; : >"$CF_STATE_DIR/inc-1/held-sync-data"',
    );

    const { things } = await hold('cron:sync-data');

    expect(things).toEqual(['cron:sync-data active inactive held']);
    expect(await runOnHost(world, 'ls "$CF_STATE_DIR"/inc-1/held-*; cat "$CF_STATE_DIR"/inc-1/held-*')).toMatch(
      /^\S+\/held-sync-data\n\* \* \* \* \* root \/usr\/bin\/sync-data\n$/,
    );
  });

  it.for([
    { what: 'a link', lines: 'ln -s /etc/hostname /etc/cron.d/odd' },
    { what: 'a folder', lines: 'mkdir /etc/cron.d/odd' },
  ])('leaves $what in the folder of cron alone', async ({ lines }) => {
    await layUnits(world, {}, lines);

    const { exitCode, verdict, things } = await hold('cron:odd');

    expect({ exitCode, things }).toEqual({ exitCode: 1, things: ['cron:odd active active failed'] });
    expect(verdict.error).toContain('is no regular file');
    expect(await runOnHost(world, 'ls /etc/cron.d')).toBe('odd\n');
  });

  it.for([
    { what: 'a timer that does not stop', unit: 'sync.timer', mode: 'ActiveState=active' },
    { what: 'a service of it that does not stop', unit: 'sync.service', mode: 'mode=stays' },
    { what: 'a service of it that is back at once', unit: 'sync.service', mode: 'mode=returns' },
  ])('does not believe the exit code: $what', async ({ unit, mode }) => {
    await layUnits(world, sync, `${startTimer} sync.service; echo ${mode} >>"$STAND_IN/units/${unit}"`);

    const { exitCode, verdict, things } = await hold('timer:sync');

    expect({ exitCode, status: things[0]?.split(' ').at(-1) }).toEqual({ exitCode: 1, status: 'failed' });
    expect(verdict.error).toBe(`sync.timer still runs after its stop, seen in ${unit}`);
  });

  it('does not call a timer held that systemd knows no hold of', async () => {
    await layUnits(world, sync, `${startTimer}; : >"$STAND_IN/no-reload"`);

    const { exitCode, verdict, things } = await hold('timer:sync');

    expect({ exitCode, things }).toEqual({ exitCode: 1, things: ['timer:sync active inactive failed'] });
    expect(verdict.error).toContain('systemd does not know that sync.timer is held');
  });

  it('leaves a timer alone that could not be brought back', async () => {
    await layUnits(world, { 'sync.timer': 'UnitFileState=transient' }, startTimer);

    const { exitCode, things } = await hold('timer:sync');

    expect({ exitCode, things }).toEqual({ exitCode: 1, things: ['timer:sync active active failed'] });
    expect(await runOnHost(world, 'ls /etc/systemd/system')).toBe('');
  });

  it('refuses a timer that runs what is never stopped, with nothing held', async () => {
    const door = {
      'door.timer': 'Triggers=door.service',
      'door.service': 'Names=door.service amazon-ssm-agent.service',
    };
    await layUnits(world, { ...door, ...sync }, `${startTimer} door.timer; ${writeJob}`);

    const { exitCode, verdict } = await hold('cron:sync-data timer:sync timer:door');

    expect({ exitCode, tasks: verdict.tasks }).toEqual({ exitCode: 64, tasks: [] });
    expect(verdict.error).toContain("names 'amazon-ssm-agent.service', which is never stopped");
    expect(await runOnHost(world, 'ls /etc/cron.d /etc/systemd/system')).toBe(
      '/etc/cron.d:\nsync-data\n\n/etc/systemd/system:\n',
    );
  });

  it('holds files of cron where there is no systemctl', async () => {
    await layUnits(world, {}, writeJob);
    const script = holdTaskScript.replace(
      '\nset -uo',
      '\nfor folder in /usr/sbin /usr/bin; do mount --bind /dev/null $folder/systemctl; done 2>/dev/null\nset -uo',
    );

    const { things } = await runUnitDocument(world, script, { tasks: 'cron:sync-data' });
    const { exitCode } = await runUnitDocument(world, script, { tasks: 'timer:sync' });

    expect(things).toEqual(['cron:sync-data active inactive held']);
    expect(exitCode).toBe(69);
  });
});
