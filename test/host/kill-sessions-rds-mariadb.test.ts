import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import type { Session, SessionSpec } from './postgres-server.ts';
import { makeRdsFolder, type RdsFolder } from './rds-folder.ts';
import { change, countLiving, openMany, readSessionList, runKillSessions, type Values } from './run-kill-sessions.ts';

// RDS is not at hand: MariaDB over TCP, with a stand-in for the procedure that RDS brings, and a user who may not KILL.

const loader: SessionSpec = { user: 'batch', application: 'loader', address: '127.0.0.2' };
/** Who may not be ended is waited for as long as the document has time. */
const brief: Values = { deadlineSeconds: '5' };

describe.skipIf(mariadbFault !== null)('kill-sessions over a connection of RDS to a real MariaDB', () => {
  let server: DatabaseProcess;
  let admin: Session;
  let folder: RdsFolder;
  let sessions: Session[] = [];
  const openSome = async (count: number, spec: Partial<SessionSpec> = {}) => {
    const opened = await openMany(count, async () => openMariadb(server, { ...loader, ...spec }));
    sessions.push(...opened);
    return opened;
  };
  const run = async (values: Values = {}, script = folder.script) => {
    const all = { engine: 'mariadb', mode: 'kill', connection: 'rds:orders', users: 'batch', ...values };
    return runKillSessions(server, all, script);
  };

  beforeAll(async () => {
    server = await startMariadb(['--performance-schema=on']);
    admin = await openMariadb(server, { user: 'root' });
    const made = [
      'create database shop',
      'create table shop.orders (note varchar(20)) engine=innodb',
      ...['batch', 'rdsadmin', 'fuse'].map((user) => `create user ${user}@'127.0.0.%'`),
      `grant insert, select on shop.* to batch@'127.0.0.%'`,
      'create procedure mysql.rds_kill(number bigint) kill connection number',
    ];
    for (const statement of made) await admin.query(statement);
  });
  beforeEach(async () => {
    folder = makeRdsFolder();
    const entry = `[client]\nhost=127.0.0.77\n[client_orders]\nhost = 127.0.0.1\nport=${server.port}\nuser=fuse\n`;
    folder.write('mysql.cnf', entry);
    const rights = [
      'process on *.*',
      'select on mysql.*',
      'select on performance_schema.*',
      'execute on procedure mysql.rds_kill',
    ];
    for (const right of rights) await admin.query(`grant ${right} to fuse@'127.0.0.%'`);
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    folder.remove();
    for (const user of ['batch', 'rdsadmin']) await admin.query(`kill user ${user}`);
    await admin.query('delete from shop.orders');
  });
  afterAll(async () => server.stop());

  it('ends sessions with their open transactions by the procedure, and spares golden ones', async () => {
    const dirty = await openSome(5);
    const golden = await openSome(2, { address: '127.0.0.9' });
    for (const session of dirty) {
      await session.query('start transaction');
      await session.query(`insert into shop.orders values ('dirty')`);
    }

    const { verdict, exitCode } = await run({ clients: '127.0.0.0/8', applications: 'loader', golden: '127.0.0.9' });

    const counts = { ok: true, matched: 5, killed: 5, survivors: 0, spared: 2, rolledBack: null, error: '' };
    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ...counts });
    expect(await Promise.all([dirty, golden].map(countLiving))).toEqual([0, 2]);
    expect(await admin.query('select * from shop.orders')).toEqual([]);
  });

  it('could not have done so by a KILL of its own', async () => {
    const opened = await openSome(1);
    const script = change(folder.script, [['call mysql.rds_kill(@id)', 'kill connection @id']]);

    const { verdict, exitCode } = await run(brief, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(await countLiving(opened)).toBe(1);
  });

  it("never ends the service's own", async () => {
    const own = await openSome(1, { user: 'rdsadmin' });

    const { verdict } = await run({ users: 'rdsadmin', spare: '' });

    expect(verdict).toMatchObject({ ok: true, matched: 0, spared: 1 });
    expect(readSessionList(verdict)).toMatchObject([{ reason: 'engine', user: 'rdsadmin' }]);
    expect(await countLiving(own)).toBe(1);
  });

  it('does not end a session that only has the number of the one it listed', async () => {
    const opened = await openSome(1);
    const script = change(folder.script, [
      ['list_sessions || fail 65 "$REPLY"\n', 'list_sessions || fail 65 "$REPLY"\nsed -i "s/-.*/-0123/" wanted\n'],
      ['most_rounds=3', 'most_rounds=1'],
    ]);

    const { verdict, exitCode } = await run({}, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(await countLiving(opened)).toBe(1);
  });

  it.each([
    { right: 'process', on: '*.*', exitCode: 65, error: /Cannot list sessions: ERROR 1227.*PROCESS/ },
    {
      right: 'select',
      on: 'mysql.*',
      exitCode: 65,
      error: /the user of 'rds:orders' may not see the sessions of others/,
    },
    { right: 'select', on: 'performance_schema.*', exitCode: 65, error: /Cannot list sessions: ERROR 1142/ },
    { right: 'execute', on: 'procedure mysql.rds_kill', exitCode: 1, error: /1 sessions are still there/ },
  ])('does not say that all went well without the right to $right on $on', async ({ right, on, exitCode, error }) => {
    await openSome(1);
    await admin.query(`revoke ${right} on ${on} from fuse@'127.0.0.%'`);

    const end = await run({ ...brief, applications: 'loader' });

    expect({ exitCode: end.exitCode, ok: end.verdict.ok }).toEqual({ exitCode, ok: false });
    expect(end.verdict.error).toMatch(error);
  });
});
