import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import type { DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import type { Session, SessionSpec } from './postgres-server.ts';
import { change, countLiving, openMany, readSessionList, runKillSessions, type Values } from './run-kill-sessions.ts';

const mariadb: Values = { engine: 'mariadb', mode: 'kill' };
const loader: SessionSpec = { user: 'batch', application: 'loader', address: '127.0.0.2' };

describe.skipIf(mariadbFault !== null)('kill-sessions on a real MariaDB', () => {
  let server: DatabaseProcess;
  let admin: Session;
  let sessions: Session[] = [];
  const openSome = async (count: number, spec: Partial<SessionSpec> = {}) => {
    const opened = await openMany(count, async () => openMariadb(server, { ...loader, ...spec }));
    sessions.push(...opened);
    return opened;
  };
  const begin = async (some: readonly Session[], note: string) =>
    Promise.all(
      some.map(async (session) => {
        await session.query('start transaction');
        await session.query(`insert into shop.orders values ('${note}')`);
      }),
    );
  const countOrders = async () => admin.query('select note, count(*) from shop.orders group by note order by note');

  beforeAll(async () => {
    server = await startMariadb(['--performance-schema=on']);
    admin = await openMariadb(server, { user: 'root' });
    const made = [
      'create database shop',
      'create table shop.orders (note varchar(20)) engine=innodb',
      ...['batch', 'app', 'zabbix'].map((user) => `create user ${user}@'127.0.0.%', ${user}@localhost`),
      ...['batch', 'app'].map((user) => `grant insert, select on shop.* to ${user}@'127.0.0.%'`),
      `create user boss@'%'`,
      `grant super on *.* to boss@'%'`,
      `create user copy@'%'`,
      `grant replication slave on *.* to copy@'%'`,
    ];
    for (const statement of made) await admin.query(statement);
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    for (const user of ['batch', 'app', 'zabbix', 'boss', 'copy']) await admin.query(`kill user ${user}`);
    await admin.query('delete from shop.orders');
  });
  afterAll(async () => server.stop());

  it('ends 60 sessions with their open transactions, and leaves golden ones to commit', async () => {
    const dirty = await openSome(20);
    const idle = await openSome(40);
    const golden = await openSome(3, { address: '127.0.0.9' });
    const other = await openSome(5, { user: 'app', application: 'shop' });
    await Promise.all([begin(dirty, 'dirty'), begin(golden, 'golden'), begin(other, 'other')]);

    const { verdict, exitCode } = await runKillSessions(server, {
      ...mariadb,
      users: 'batch',
      applications: 'loader',
      clients: '127.0.0.0/8',
      golden: 'in@127.0.0.9/32@3306',
    });
    const living = await Promise.all([[...dirty, ...idle], golden, other].map(countLiving));
    await Promise.all([...golden, ...other].map(async (session) => session.query('commit')));

    const counts = { ok: true, matched: 60, killed: 60, survivors: 0, spared: 3, rolledBack: null, error: '' };
    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ...counts });
    expect(living).toEqual([0, 3, 5]);
    expect(await countOrders()).toEqual([
      ['golden', '3'],
      ['other', '5'],
    ]);
  });

  it('commits nothing of a statement that ran', async () => {
    const [busy] = await openSome(1);
    const statement = busy?.query(`insert into shop.orders select 'dirty' where sleep(30) = 0`).catch(String);

    const { verdict } = await runKillSessions(server, { ...mariadb, users: 'batch' });

    expect(await statement).toMatch(/closed|1927|1317/);
    expect(verdict).toMatchObject({ ok: true, matched: 1, killed: 1, survivors: 0 });
    expect(await countOrders()).toEqual([]);
  });

  it('lists without ending, and writes who it is', async () => {
    const opened = await openSome(2);
    await begin(opened, 'secret');
    // INNODB_TRX is a copy that the engine renews every 100 ms at most; the test before looked into it a moment ago.
    await sleep(200);

    const { verdict } = await runKillSessions(server, { ...mariadb, mode: 'list', users: 'batch' });

    const listed = readSessionList(verdict);
    expect(verdict).toMatchObject({ ok: true, mode: 'list', matched: 2, killed: 0, survivors: 2 });
    expect(await countLiving(opened)).toBe(2);
    expect(listed).toMatchObject([0, 1].map(() => ({ ...loader, choice: 'matched', state: 'Sleep' })));
    expect(listed.every(({ transactionStart }) => /^\d{4}-/.test(transactionStart))).toBe(true);
    expect(JSON.stringify(listed)).not.toContain('secret');
  });

  it.for<{
    readonly name: string;
    readonly spec: Partial<SessionSpec>;
    readonly reason: string;
    readonly values?: Values;
  }>([
    { name: 'a backup', spec: { application: 'mariadb-dump' }, reason: 'backup' },
    { name: 'monitoring', spec: { user: 'zabbix' }, reason: 'monitoring' },
    { name: 'a user of the given list', spec: {}, reason: 'monitoring', values: { spare: 'batch' } },
    { name: 'an administrator who is not named', spec: { user: 'boss' }, reason: 'administrator' },
    { name: 'an account that may replicate', spec: { user: 'copy' }, reason: 'administrator' },
    { name: 'a golden peer', spec: {}, reason: 'golden', values: { golden: '127.0.0.0/30' } },
  ])('spares $name', async ({ spec, reason, values }) => {
    const spared = await openSome(1, spec);

    const { verdict } = await runKillSessions(server, { ...mariadb, clients: '127.0.0.2', ...values });

    expect(verdict).toMatchObject({ ok: true, matched: 0, killed: 0, spared: 1 });
    expect(readSessionList(verdict)).toMatchObject([{ choice: 'spared', reason }]);
    expect(await countLiving(spared)).toBe(1);
  });

  it('never ends itself, nor root who is not named', async () => {
    const { verdict } = await runKillSessions(server, { ...mariadb, users: 'root', applications: 'mysql mariadb' });
    const unnamed = await runKillSessions(server, { ...mariadb, applications: 'loader', users: '' });

    expect(verdict).toMatchObject({ ok: true, matched: 0, killed: 0, spared: 0 });
    expect(unnamed.verdict).toMatchObject({ ok: true, matched: 0 });
    expect(await countLiving([admin])).toBe(1);
  });

  it('does not end a session that only has the number of the one it listed', async () => {
    const opened = await openSome(1);
    const script = change(killSessionsScript, [
      ['list_sessions || fail 65 "$REPLY"\n', 'list_sessions || fail 65 "$REPLY"\nsed -i "s/-.*/-0123/" wanted\n'],
      ['most_rounds=3', 'most_rounds=1'],
    ]);

    const { verdict, exitCode } = await runKillSessions(server, { ...mariadb, users: 'batch' }, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(await countLiving(opened)).toBe(1);
  });

  it('goes by the least a session can be old', async () => {
    const [idle] = await openSome(2);
    await idle?.query('start transaction');
    await idle?.query(`insert into shop.orders values ('old')`);
    await admin.query('do sleep(1.2)');
    await idle?.query('select 1');

    const { verdict } = await runKillSessions(server, { ...mariadb, mode: 'list', users: 'batch', minAgeSeconds: '1' });
    const none = await runKillSessions(server, { ...mariadb, mode: 'list', users: 'batch', minAgeSeconds: '60' });

    expect([verdict.matched, none.verdict.matched]).toEqual([2, 0]);
  });

  it('tells the start and the age of a transaction right, whatever zone new sessions count in', async () => {
    await admin.query(`set global time_zone = '+09:00'`);
    const [open] = await openSome(1);
    await begin(open === undefined ? [] : [open], 'old');
    // InnoDB shows its transactions as they were a tenth of a second ago.
    await admin.query('do sleep(0.2)');

    const { verdict } = await runKillSessions(server, { ...mariadb, mode: 'list', users: 'batch' });
    const old = await runKillSessions(server, { ...mariadb, mode: 'list', users: 'batch', minAgeSeconds: '3600' });
    await admin.query('set global time_zone = default');

    const [listed] = readSessionList(verdict);
    expect(Math.abs(Date.parse(listed?.transactionStart ?? '') - Date.now())).toBeLessThan(60_000);
    expect([verdict.matched, old.verdict.matched]).toEqual([1, 0]);
  });

  it('refuses to go by applications where the server does not know them', async () => {
    const script = change(killSessionsScript, [['select @@performance_schema', 'select 0']]);

    const { verdict, exitCode } = await runKillSessions(server, { ...mariadb, applications: 'loader' }, script);

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.error).toContain('performance_schema is off');
  });

  it('says that it cannot list where no server answers', async () => {
    const nowhere = { HOME: '/nonexistent', MYSQL_UNIX_PORT: '/nonexistent/socket' };

    const { verdict, exitCode } = await runKillSessions(server, { ...mariadb, users: 'batch' }, undefined, nowhere);

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.error).toContain('Cannot list sessions: ERROR 2002');
  });
});
