import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import { releaseSessionsScript } from '../../documents/release-sessions.ts';
import type { DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import { openPostgres, postgresFault, startPostgres, type Session } from './postgres-server.ts';
import { change, countLiving, runKillSessions, runReleaseSessions, type Values } from './run-kill-sessions.ts';

describe.skipIf(postgresFault !== null)('release-sessions on a real PostgreSQL', () => {
  const kill: Values = { engine: 'postgresql', mode: 'kill', users: 'batch', holdLogins: 'yes' };
  const release: Values = { engine: 'postgresql' };
  let server: DatabaseProcess;
  let admin: Session;
  const open = async (user = 'batch', address = '127.0.0.2') =>
    openPostgres(server, { user, address, application: 'loader' });
  const readLimit = async (role = 'batch') =>
    (await admin.query(`select rolconnlimit from pg_roles where rolname = '${role}'`))[0]?.[0];

  beforeAll(async () => {
    server = await startPostgres();
    admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query('create role batch login; create role app login; create role boss login superuser');
  });
  afterEach(async () => {
    await admin.query(`alter role batch connection limit 7; alter role app connection limit -1`);
    await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type = 'client backend'`);
    rmSync(join(server.folder, 'state'), { recursive: true, force: true });
  });
  afterAll(async () => server.stop());

  it('lets exactly the held logins go, with the limit they had, and says so a second time', async () => {
    await admin.query('alter role batch connection limit 7');
    await open();
    const { verdict } = await runKillSessions(server, { ...kill, users: 'batch app' });
    const during = await open().catch(String);
    const limits = [await readLimit('batch'), await readLimit('app')];

    const first = await runReleaseSessions(server, { ...release, logins: verdict.loginsHeld.join(' ') });
    const second = await runReleaseSessions(server, { ...release, logins: verdict.loginsHeld.join(' ') });

    expect(verdict).toMatchObject({ ok: true, killed: 1, loginsHeld: ['app@-1', 'batch@7'], loginsLeft: [] });
    expect(limits).toEqual(['0', '0']);
    expect(during).toContain('53300');
    expect(first.verdict).toMatchObject({ ok: true, undone: ['app@-1', 'batch@7'], alreadyUndone: [], drifted: [] });
    expect(second.verdict).toMatchObject({ ok: true, undone: [], alreadyUndone: ['app@-1', 'batch@7'], drifted: [] });
    expect([await readLimit('batch'), await readLimit('app')]).toEqual(['7', '-1']);
  });

  it('reports in a second run what was before the first', async () => {
    await runKillSessions(server, kill);

    const { verdict } = await runKillSessions(server, kill);

    expect(verdict.loginsHeld).toEqual(['batch@7']);
  });

  it('goes by the note on the host, and refuses without one', async () => {
    await runKillSessions(server, kill);

    const noted = await runReleaseSessions(server, release);
    const again = await runReleaseSessions(server, release);
    const blind = await runReleaseSessions(server, { ...release, incident: 'inc-2' });

    expect(noted.verdict.undone).toEqual(['batch@7']);
    expect(again.verdict.alreadyUndone).toEqual(['batch@7']);
    expect({ exitCode: blind.exitCode, ok: blind.verdict.ok }).toEqual({ exitCode: 65, ok: false });
  });

  it('leaves a login alone that somebody changed, or dropped', async () => {
    await admin.query('create role gone login');
    const { verdict } = await runKillSessions(server, { ...kill, users: 'batch gone' });
    await admin.query('alter role batch connection limit 3; drop role gone');

    const { verdict: drifted, exitCode } = await runReleaseSessions(server, {
      ...release,
      logins: verdict.loginsHeld.join(' '),
    });

    expect({ exitCode, ...drifted }).toMatchObject({ exitCode: 3, ok: false, drifted: ['batch@7', 'gone@-1'] });
    expect(await readLimit()).toBe('3');
  });

  it('does not undo what somebody changed between its look and its change', async () => {
    const { verdict } = await runKillSessions(server, kill);
    const script = change(releaseSessionsScript, [
      [
        'set_login_postgresql() {\n',
        `set_login_postgresql() {\n  run_postgresql <<<'alter role batch connection limit 5'\n`,
      ],
    ]);

    const { verdict: failed, exitCode } = await runReleaseSessions(
      server,
      { ...release, logins: verdict.loginsHeld.join(' ') },
      script,
    );

    expect({ exitCode, ...failed }).toMatchObject({ exitCode: 70, ok: false, undone: [], drifted: [] });
    expect(failed.error).toBe(`Cannot release 1 logins, the first is 'batch@7'`);
    expect(await readLimit()).toBe('5');
  });

  it('keeps two incidents apart: the first release waits for the second', async () => {
    await runKillSessions(server, { ...kill, incident: 'inc-a' });
    const { verdict } = await runKillSessions(server, { ...kill, incident: 'inc-b' });

    const early = await runReleaseSessions(server, { ...release, incident: 'inc-a' });
    const limit = await readLimit();
    const second = await runReleaseSessions(server, { ...release, incident: 'inc-b' });
    const late = await runReleaseSessions(server, { ...release, incident: 'inc-a' });

    expect(verdict.loginsHeld).toEqual(['batch@0']);
    expect([early.verdict.drifted, limit]).toEqual([['batch@7'], '0']);
    expect(second.verdict.alreadyUndone).toEqual(['batch@0']);
    expect(late.verdict.undone).toEqual(['batch@7']);
    expect(await readLimit()).toBe('7');
  });

  it('holds no login that golden sessions work with, nor one a limit does not hold', async () => {
    await open();
    await open('app', '127.0.0.9');
    await open('app');

    const { verdict } = await runKillSessions(server, {
      ...kill,
      users: 'batch app boss zabbix',
      golden: '127.0.0.9',
    });

    expect(verdict).toMatchObject({ ok: true, killed: 2, spared: 1, loginsHeld: ['batch@7'] });
    expect(new Set(verdict.loginsLeft)).toEqual(new Set(['app', 'boss', 'zabbix']));
    expect([await readLimit('batch'), await readLimit('app')]).toEqual(['0', '-1']);
  });

  it('notes the former limit before the first change', async () => {
    const script = change(killSessionsScript, [
      ['set_login_postgresql() {\n', 'set_login_postgresql() {\n  cp logins-postgresql note-at-change\n'],
    ]);

    const { verdict } = await runKillSessions(server, kill, script);

    const note = readFileSync(join(server.folder, 'state', 'inc-1', 'note-at-change'), 'utf8');
    expect([note, verdict.loginsHeld]).toEqual(['batch@7\n', ['batch@7']]);
  });
});

describe.skipIf(mariadbFault !== null)('release-sessions on a real MariaDB', () => {
  const kill: Values = { engine: 'mariadb', mode: 'kill', users: 'batch boss', holdLogins: 'yes' };
  const release: Values = { engine: 'mariadb' };
  let server: DatabaseProcess;
  let admin: Session;
  const open = async () => openMariadb(server, { user: 'batch', address: '127.0.0.2' });

  beforeAll(async () => {
    server = await startMariadb(['--log-bin=bin', '--server-id=1']);
    admin = await openMariadb(server, { user: 'root' });
    for (const account of [`batch@'127.0.0.%'`, `batch@'10.%'`, `boss@'%'`])
      await admin.query(`create user ${account}`);
    await admin.query(`alter user batch@'10.%' account lock`);
    await admin.query(`grant super on *.* to boss@'%'`);
  });
  afterAll(async () => server.stop());

  it('holds every open account of a name and lets it go again, without a word to replicas', async () => {
    await open();
    const before = await admin.query('show master status');
    const { verdict } = await runKillSessions(server, kill);
    const during = await open().catch(String);

    const first = await runReleaseSessions(server, { ...release, logins: verdict.loginsHeld.join(' ') });
    const second = await runReleaseSessions(server, release);

    const held = ['batch@10.%@locked', 'batch@127.0.0.%@unlocked'];
    expect(verdict).toMatchObject({ ok: true, killed: 1, loginsHeld: held, loginsLeft: ['boss@%'] });
    expect(during).toContain('4151');
    expect(first.verdict).toMatchObject({ ok: true, undone: [held[1]], alreadyUndone: [held[0]], drifted: [] });
    expect(second.verdict).toMatchObject({ ok: true, undone: [], alreadyUndone: [...held].reverse(), drifted: [] });
    expect(await countLiving([await open()])).toBe(1);
    expect(await admin.query('show master status')).toEqual(before);
  });

  it('leaves an account alone that was dropped', async () => {
    await admin.query(`create user brief@'%'`);
    const { verdict } = await runKillSessions(server, { ...kill, incident: 'inc-9', users: 'brief' });
    await admin.query(`drop user brief@'%'`);

    const { verdict: drifted, exitCode } = await runReleaseSessions(server, { ...release, incident: 'inc-9' });

    expect(verdict.loginsHeld).toEqual(['brief@%@unlocked']);
    expect({ exitCode, ...drifted }).toMatchObject({ exitCode: 3, ok: false, drifted: ['brief@%@unlocked'] });
  });
});
