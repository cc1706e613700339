import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdTaskScript } from '../../documents/hold-task.ts';
import { releaseTaskScript } from '../../documents/release-task.ts';
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
const writeJob = `printf '* * * * * root /usr/bin/sync-data\\n' >/etc/cron.d/sync-data
chmod 640 /etc/cron.d/sync-data; touch -d '2026-01-02 03:04:05' /etc/cron.d/sync-data`;
/** Everything that a hold and its release could leave behind, in one text. */
const photograph = `systemctl show -- sync.timer sync.service
find /etc/cron.d /etc/systemd/system -printf '%p %y %m %u %g %s\\n' | sort
find /etc/cron.d -type f -printf '%p %t\\n' -exec cat {} +`;

describe.skipIf(!realHosts.possible)('release-task on a host with units', () => {
  let world: HostWorld;
  beforeAll(async () => {
    world = await startUnitHost();
  });
  afterAll(() => world.stop());

  const hold = (tasks: string, values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, holdTaskScript, { tasks, ...values });
  const release = (tasks = '', values: Values = {}): Promise<UnitRun> =>
    runUnitDocument(world, releaseTaskScript, { tasks, ...values });

  it('puts everything back exactly, and says so a second time', async () => {
    const before = await layUnits(world, sync, `${startTimer}; ${writeJob}\n${photograph}`);
    await hold('timer:sync cron:sync-data');
    const during = await runOnHost(world, photograph);

    const first = await release('timer:sync cron:sync-data');
    const after = await runOnHost(world, photograph);
    const second = await release();

    expect(during).not.toBe(before);
    expect(after).toBe(before);
    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.things).toEqual(['timer:sync active active released', 'cron:sync-data active active released']);
    expect(second.things).toEqual([
      'timer:sync.timer active active already-released',
      'cron:sync-data active active already-released',
    ]);
  });

  it('releases only what it is told', async () => {
    await layUnits(world, sync, `${startTimer}; ${writeJob}`);
    await hold('timer:sync cron:sync-data');

    const { things } = await release('cron:sync-data');

    expect(things).toEqual(['cron:sync-data active active released']);
    expect(await runOnHost(world, 'systemctl show -- sync.timer | grep ActiveState')).toBe('ActiveState=inactive\n');
  });

  it('does not start a timer that was not active', async () => {
    await layUnits(world, sync);
    await hold('timer:sync');

    const { things } = await release();

    expect(things).toEqual(['timer:sync.timer inactive inactive released']);
    expect(await runOnHost(world, 'ls /etc/systemd/system')).toBe('');
  });

  it("leaves other people's settings of the timer where they are", async () => {
    const folder = '/etc/systemd/system/sync.timer.d';
    await layUnits(world, sync, `${startTimer}; mkdir ${folder}; echo '[Timer]' >${folder}/10-ours.conf`);
    await hold('timer:sync');

    await release();

    expect(await runOnHost(world, `ls ${folder}`)).toBe('10-ours.conf\n');
  });

  it.for([
    { what: 'its unit file is gone', lines: 'rm "$STAND_IN/units/sync.timer"', now: 'missing' },
    { what: 'it was disabled', lines: 'echo UnitFileState=disabled >"$STAND_IN/units/sync.timer"', now: 'inactive' },
    { what: 'the hold was changed', lines: 'echo "# mine" >>/etc/systemd/system/sync.timer.d/*.conf', now: 'inactive' },
    {
      what: 'the hold was lifted',
      lines: 'rm -r /etc/systemd/system/sync.timer.d; systemctl daemon-reload',
      now: 'inactive',
    },
    { what: 'its note is gone', lines: 'rm "$CF_STATE_DIR/inc-1/tasks.note"', now: 'inactive' },
  ])('leaves a timer alone when $what', async ({ what, lines, now }) => {
    await layUnits(world, sync, startTimer);
    await hold('timer:sync');
    await runOnHost(world, lines);
    const found = await runOnHost(world, photograph);

    const { exitCode, things } = await release('timer:sync');

    const before = what === 'its note is gone' ? 'unknown' : 'active';
    expect({ exitCode, things }).toEqual({ exitCode: 3, things: [`timer:sync ${before} ${now} drifted`] });
    expect(await runOnHost(world, photograph)).toBe(found);
  });

  it('has nothing to do where somebody lifted the hold and started the timer', async () => {
    await layUnits(world, sync, startTimer);
    await hold('timer:sync');
    await runOnHost(world, `rm -r /etc/systemd/system/sync.timer.d; systemctl daemon-reload; ${startTimer}`);

    const { exitCode, things } = await release('timer:sync');

    expect({ exitCode, things }).toEqual({ exitCode: 0, things: ['timer:sync active active already-released'] });
  });

  it('tells of a timer that does not start, and can be tried again', async () => {
    await layUnits(world, sync, startTimer);
    await hold('timer:sync');
    await runOnHost(world, 'echo mode=refuses >>"$STAND_IN/units/sync.timer"');

    const failed = await release();
    await runOnHost(world, 'echo mode= >>"$STAND_IN/units/sync.timer"');
    const again = await release();

    expect({ exitCode: failed.exitCode, things: failed.things }).toEqual({
      exitCode: 1,
      things: ['timer:sync.timer active inactive failed'],
    });
    expect(failed.verdict.error).toContain('Job for sync.timer failed');
    expect(again.things).toEqual(['timer:sync.timer active active released']);
  });

  it.for([
    { what: 'another file is there', lines: 'echo "# another" >/etc/cron.d/sync-data', now: 'active' },
    {
      what: 'it is there with another mode',
      lines: 'mv "$CF_STATE_DIR/inc-1/held-sync-data" /etc/cron.d/sync-data; chmod 600 /etc/cron.d/sync-data',
      now: 'active',
    },
    { what: 'what was kept was changed', lines: 'echo x >>"$CF_STATE_DIR/inc-1/held-sync-data"', now: 'missing' },
    { what: 'what was kept is gone', lines: 'rm "$CF_STATE_DIR/inc-1/held-sync-data"', now: 'missing' },
    { what: 'a link lies in its place', lines: 'ln -s nowhere /etc/cron.d/sync-data', now: 'active' },
  ])('leaves a file of cron alone when $what', async ({ lines, now }) => {
    await layUnits(world, {}, writeJob);
    await hold('cron:sync-data');
    await runOnHost(world, lines);
    const found = await runOnHost(world, 'find /etc/cron.d -printf "%p %m %s\n"');

    const { exitCode, things } = await release('cron:sync-data');

    expect({ exitCode, things }).toEqual({ exitCode: 3, things: [`cron:sync-data active ${now} drifted`] });
    expect(await runOnHost(world, 'find /etc/cron.d -printf "%p %m %s\n"')).toBe(found);
  });

  it('does not put a file of cron back twice', async () => {
    await layUnits(world, {}, writeJob);
    await hold('cron:sync-data');
    await release();
    await runOnHost(world, 'rm /etc/cron.d/sync-data');

    const { exitCode, things } = await release('cron:sync-data');

    expect({ exitCode, things }).toEqual({ exitCode: 3, things: ['cron:sync-data active missing drifted'] });
  });

  it('goes on where an earlier run ended half way back', async () => {
    await layUnits(world, {}, writeJob);
    await hold('cron:sync-data');
    await runOnHost(world, 'mv "$CF_STATE_DIR/inc-1/held-sync-data" /etc/cron.d/.sync-data.connection-fuse');

    const { things } = await release();

    expect(things).toEqual(['cron:sync-data active active released']);
    expect(await runOnHost(world, 'ls -A /etc/cron.d')).toBe('sync-data\n');
  });

  it('leaves tasks held that another incident holds, until that one lets go', async () => {
    const before = await layUnits(world, sync, `${startTimer}; ${writeJob}\n${photograph}`);
    await hold('timer:sync cron:sync-data', { incident: 'inc-1' });
    const second = await hold('timer:sync cron:sync-data', { incident: 'inc-2' });

    const early = await release('', { incident: 'inc-1' });
    const late = await release('', { incident: 'inc-2' });
    const after = await release('', { incident: 'inc-1' });

    expect(second.things).toEqual(['timer:sync active inactive held', 'cron:sync-data active inactive already-held']);
    expect({ exitCode: early.exitCode, things: early.things }).toEqual({
      exitCode: 3,
      things: ['timer:sync.timer active inactive drifted', 'cron:sync-data active missing drifted'],
    });
    expect(late.things).toEqual(['timer:sync.timer active active released', 'cron:sync-data active active released']);
    expect(after.things).toEqual([
      'timer:sync.timer active active already-released',
      'cron:sync-data active active already-released',
    ]);
    expect(await runOnHost(world, photograph)).toBe(before);
  });
});
