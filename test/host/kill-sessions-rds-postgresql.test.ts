import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseProcess } from './database-process.ts';
import { openPostgres, postgresFault, startPostgres, type Session, type SessionSpec } from './postgres-server.ts';
import { makeRdsFolder, type RdsFolder } from './rds-folder.ts';
import { countLiving, openMany, readSessionList, runKillSessions, type Values } from './run-kill-sessions.ts';

// RDS is not at hand: PostgreSQL over TCP, with a role that may no more than a master user of RDS.

const loader: SessionSpec = { user: 'batch', application: 'loader', address: '127.0.0.2' };
/** Who may not be ended is waited for as long as the document has time. */
const brief: Values = { deadlineSeconds: '5' };

describe.skipIf(postgresFault !== null)('kill-sessions over a connection of RDS to a real PostgreSQL', () => {
  let server: DatabaseProcess;
  let admin: Session;
  let folder: RdsFolder;
  let sessions: Session[] = [];
  const openSome = async (count: number, spec: Partial<SessionSpec> = {}) => {
    const opened = await openMany(count, async () => openPostgres(server, { ...loader, ...spec }));
    sessions.push(...opened);
    return opened;
  };
  const writeService = (more = 'sslmode=disable\n') =>
    folder.write(
      'pg_service.conf',
      `# ours\n[other]\nhost=127.0.0.1\n[orders]\nhost=127.0.0.1\nport=${server.port}\ndbname=postgres\nuser=fuse\n${more}`,
    );
  const run = async (values: Values = {}, environment: Values = {}) => {
    const all = { engine: 'postgresql', mode: 'kill', connection: 'rds:orders', users: 'batch', ...values };
    return runKillSessions(server, all, folder.script, environment);
  };

  beforeAll(async () => {
    server = await startPostgres();
    admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query(`create role batch login; create role rdsadmin login superuser; create role rds_superuser;
      create role chief login in role rds_superuser; create role fuse login; create role boss login superuser;
      create table orders (note text); grant all on orders to public`);
  });
  beforeEach(async () => {
    folder = makeRdsFolder();
    writeService();
    await admin.query('grant pg_signal_backend, pg_read_all_stats to fuse');
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    folder.remove();
    await admin.query(`delete from orders; select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type = 'client backend'`);
  });
  afterAll(async () => server.stop());

  it('ends sessions with their open transactions by a role that is no superuser, and spares golden ones', async () => {
    const dirty = await openSome(5);
    const golden = await openSome(2, { address: '127.0.0.9' });
    for (const session of [...dirty, ...golden]) await session.query(`begin; insert into orders values ('dirty')`);

    const { verdict, exitCode } = await run({ clients: '127.0.0.0/8', golden: 'in@127.0.0.9@5432' });

    const counts = { ok: true, matched: 5, killed: 5, survivors: 0, spared: 2, rolledBack: 5, error: '' };
    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ...counts });
    expect(await Promise.all([dirty, golden].map(countLiving))).toEqual([0, 2]);
  });

  it("never ends the service's own, nor the master user who is not named", async () => {
    const own = await openSome(1, { user: 'rdsadmin' });
    const chief = await openSome(1, { user: 'chief' });

    const { verdict } = await run({ users: '', applications: 'loader', spare: '' });
    const named = await run({ users: 'rdsadmin', spare: '' });

    expect(readSessionList(verdict).map(({ user, reason }) => `${user} ${reason}`)).toEqual([
      'rdsadmin engine',
      'chief administrator',
    ]);
    expect([verdict.matched, named.verdict.matched, await countLiving([...own, ...chief])]).toEqual([0, 0, 2]);
  });

  it('does not say that all went well where a session may not be ended', async () => {
    const boss = await openSome(1, { user: 'boss' });

    const { verdict, exitCode } = await run({ users: 'boss', ...brief });

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(await countLiving(boss)).toBe(1);
  });

  it('refuses a role that sees its own sessions only: nobody would be found', async () => {
    await openSome(1);
    await admin.query('revoke pg_read_all_stats from fuse');

    const { verdict, exitCode } = await run({ users: '', clients: '127.0.0.2' });

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.error).toContain("the user of 'rds:orders' may not see the sessions of others");
  });

  it('says so when the role may end nobody', async () => {
    const opened = await openSome(1);
    await admin.query('revoke pg_signal_backend from fuse');

    const { verdict, exitCode } = await run(brief);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 70, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(await countLiving(opened)).toBe(1);
  });

  it('asks for the certificate of the server unless the entry says otherwise', async () => {
    writeService('');

    const { verdict, exitCode } = await run();

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.error).toMatch(/root certificate file|SSL/);
  });

  it('goes by the entry alone, whatever the environment says', async () => {
    const opened = await openSome(1);

    const { verdict } = await run({}, { PGHOSTADDR: '127.0.0.77', PGPORT: '1', PGUSER: 'boss', PGDATABASE: 'x' });

    expect(verdict).toMatchObject({ ok: true, matched: 1, killed: 1, survivors: 0 });
    expect(await countLiving(opened)).toBe(0);
  });
});
