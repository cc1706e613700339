import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import type { DatabaseProcess } from './database-process.ts';
import { openPostgres, postgresFault, startPostgres, type Session, type SessionSpec } from './postgres-server.ts';
import { change, countLiving, openMany, readSessionList, runKillSessions, type Values } from './run-kill-sessions.ts';

const postgresql: Values = { engine: 'postgresql', mode: 'kill' };
const loader: SessionSpec = { user: 'batch', application: 'loader', address: '127.0.0.2' };

describe.skipIf(postgresFault !== null)('kill-sessions on a real PostgreSQL', () => {
  let server: DatabaseProcess;
  let admin: Session;
  let sessions: Session[] = [];
  const open = async (spec: Partial<SessionSpec>) => openPostgres(server, { ...loader, ...spec });
  const openSome = async (count: number, spec: Partial<SessionSpec> = {}) => {
    const opened = await openMany(count, async () => open(spec));
    sessions.push(...opened);
    return opened;
  };
  const begin = async (some: readonly Session[], note: string) =>
    Promise.all(some.map(async (session) => session.query(`begin; insert into orders values ('${note}')`)));
  const countOrders = async () => admin.query('select note, count(*) from orders group by note order by note');

  beforeAll(async () => {
    server = await startPostgres();
    admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query(`create role batch login; create role app login; create role zabbix login;
      create role boss login superuser; create role copy login replication;
      create table orders (note text); grant all on orders to public`);
  });
  afterEach(async () => {
    for (const session of sessions) session.close();
    sessions = [];
    await admin.query(`delete from orders; select pg_terminate_backend(pid) from pg_stat_activity
      where pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`);
  });
  afterAll(async () => server.stop());

  it('ends 60 sessions with their open transactions, and leaves golden ones to commit', async () => {
    const dirty = await openSome(20);
    const idle = await openSome(40);
    const golden = await openSome(3, { address: '127.0.0.9' });
    const other = await openSome(5, { user: 'app', application: 'shop' });
    await Promise.all([begin(dirty, 'dirty'), begin(golden, 'golden'), begin(other, 'other')]);

    const { verdict, exitCode } = await runKillSessions(server, {
      ...postgresql,
      users: 'batch',
      applications: 'loader',
      clients: '127.0.0.0/8',
      golden: 'in@127.0.0.9/32@5432',
    });
    const living = await Promise.all([[...dirty, ...idle], golden, other].map(countLiving));
    await Promise.all([...golden, ...other].map(async (session) => session.query('commit')));

    const counts = { ok: true, matched: 60, killed: 60, survivors: 0, spared: 3, rolledBack: 20, error: '' };
    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ...counts });
    expect(living).toEqual([0, 3, 5]);
    expect(await countOrders()).toEqual([
      ['golden', '3'],
      ['other', '5'],
    ]);
  });

  it('tells the client by 57P01, and commits nothing of a statement that ran', async () => {
    const [busy, ready] = await openSome(2);
    const statement = busy?.query(`insert into orders select 'dirty' from pg_sleep(30)`).catch(String);
    await ready?.query('select 1');

    const { verdict } = await runKillSessions(server, { ...postgresql, users: 'batch' });

    expect(await statement).toContain('57P01');
    expect(verdict).toMatchObject({ ok: true, matched: 2, killed: 2, rolledBack: 0 });
    expect(await countOrders()).toEqual([]);
  });

  it('lists without ending, and writes who it is but never what was asked', async () => {
    const opened = await openSome(2);
    await begin(opened, 'secret');

    const { verdict } = await runKillSessions(server, { ...postgresql, mode: 'list', users: 'batch' });

    const listed = readSessionList(verdict);
    expect(verdict).toMatchObject({ ok: true, mode: 'list', matched: 2, killed: 0, survivors: 2, rolledBack: null });
    expect(await countLiving(opened)).toBe(2);
    expect(listed).toMatchObject([0, 1].map(() => ({ ...loader, choice: 'matched', state: 'idle in transaction' })));
    expect(listed.every(({ transactionStart }) => /^\d{4}-.*Z$/.test(transactionStart))).toBe(true);
    const text = readFileSync(verdict.listFile, 'utf8');
    expect(createHash('sha256').update(text).digest('hex')).toBe(verdict.listDigest);
    expect(text).not.toContain('secret');
  });

  it.for<{
    readonly name: string;
    readonly spec: Partial<SessionSpec>;
    readonly reason: string;
    readonly values?: Values;
  }>([
    { name: 'a replica', spec: { user: 'copy', isReplication: true }, reason: 'replication' },
    { name: 'a backup', spec: { application: 'pg_dump' }, reason: 'backup' },
    { name: 'monitoring', spec: { user: 'zabbix' }, reason: 'monitoring' },
    { name: 'monitoring that is named', spec: { user: 'zabbix' }, reason: 'monitoring', values: { users: 'zabbix' } },
    { name: 'a user of the given list', spec: {}, reason: 'monitoring', values: { spare: 'batch' } },
    { name: 'a superuser who is not named', spec: { user: 'boss' }, reason: 'administrator' },
    { name: 'a role that may replicate', spec: { user: 'copy' }, reason: 'administrator' },
    { name: 'a golden peer', spec: {}, reason: 'golden', values: { golden: '127.0.0.0/24' } },
    { name: 'a golden channel of any port', spec: {}, reason: 'golden', values: { golden: 'out@127.0.0.2@any' } },
  ])('spares $name', async ({ spec, reason, values }) => {
    const [spared] = await openSome(1, spec);

    const { verdict } = await runKillSessions(server, {
      ...postgresql,
      clients: '127.0.0.2',
      ...values,
    });

    expect(verdict).toMatchObject({ ok: true, matched: 0, killed: 0, spared: 1 });
    expect(readSessionList(verdict)).toMatchObject([{ choice: 'spared', reason }]);
    expect(spared === undefined || (spec.isReplication ?? false) ? 1 : await countLiving([spared])).toBe(1);
  });

  it('ends an administrator who is named, and never itself', async () => {
    const [boss] = await openSome(1, { user: 'boss' });

    const { verdict } = await runKillSessions(server, {
      ...postgresql,
      users: 'boss postgres',
      applications: 'loader connection-fuse',
    });

    expect(verdict).toMatchObject({ ok: true, matched: 1, killed: 1, survivors: 0 });
    expect(readSessionList(verdict)).toMatchObject([{ choice: 'matched', user: 'boss' }]);
    expect(await countLiving(boss === undefined ? [] : [boss])).toBe(0);
  });

  it('ends a session over the socket only when user and application are both named', async () => {
    const local = await openSome(1, { address: undefined });
    const run = async (values: Values) => (await runKillSessions(server, { ...postgresql, ...values })).verdict;

    const verdicts = [
      await run({ users: 'batch' }),
      await run({ applications: 'loader' }),
      await run({ users: 'batch', applications: 'loader', clients: '127.0.0.0/8' }),
      await run({ users: 'batch', applications: 'loader', golden: '127.0.0.0/8' }),
    ];

    expect(verdicts.map(({ matched, killed, spared }) => [matched, killed, spared])).toEqual([
      [0, 0, 1],
      [0, 0, 1],
      [0, 0, 0],
      [1, 1, 0],
    ]);
    expect(await countLiving(local)).toBe(0);
  });

  it('does not end a session that only has the number of the one it listed', async () => {
    const opened = await openSome(1);
    const script = change(killSessionsScript, [
      ['list_sessions || fail 65 "$REPLY"\n', 'list_sessions || fail 65 "$REPLY"\nsed -i "s/-.*/-1/" wanted\n'],
      ['most_rounds=3', 'most_rounds=1'],
    ]);

    const { verdict, exitCode } = await runKillSessions(server, { ...postgresql, users: 'batch' }, script);

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, matched: 1, killed: 0, survivors: 1 });
    expect(verdict.error).toBe('1 sessions are still there');
    expect(await countLiving(opened)).toBe(1);
  });

  it('goes by age, and is content when nobody is left', async () => {
    const opened = await openSome(2);
    const young = await runKillSessions(server, { ...postgresql, users: 'batch', minAgeSeconds: '60' });
    const first = await runKillSessions(server, { ...postgresql, users: 'batch' });

    const second = await runKillSessions(server, { ...postgresql, users: 'batch' });

    const counts = [young, first, second].map(({ verdict }) => [verdict.ok, verdict.matched, verdict.killed]);
    expect(counts).toEqual([
      [true, 0, 0],
      [true, 2, 2],
      [true, 0, 0],
    ]);
    expect(await countLiving(opened)).toBe(0);
  });

  it('also ends what was opened between the list and the kill', async () => {
    await openSome(1);
    const ask = `psql -h 127.0.0.1 -p ${server.port} -U`;
    const count = `${ask} postgres -Atc "select count(*) from pg_stat_activity where usename = 'batch'" postgres`;
    const late = `${ask} batch -c 'select pg_sleep(20)' postgres >/dev/null 2>&1 9>&- & until [[ $(${count}) == 2 ]]; do :; done`;
    const script = change(killSessionsScript, [
      ['list_sessions || fail 65 "$REPLY"\n', `list_sessions || fail 65 "$REPLY"\n${late}\n`],
    ]);

    const { verdict } = await runKillSessions(server, { ...postgresql, users: 'batch' }, script);

    expect(verdict).toMatchObject({ ok: true, matched: 2, killed: 2, survivors: 0 });
    expect(readSessionList(verdict)).toHaveLength(2);
  });

  it('says that it cannot list where no server answers, within its deadline', async () => {
    const nowhere = { ...server, port: 1 };

    const { verdict, exitCode } = await runKillSessions(nowhere, { ...postgresql, users: 'batch' });

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(verdict.error).toContain('Cannot list sessions: psql: error');
  });

  it('gives up on a server that does not answer', async () => {
    const script = change(killSessionsScript, [["' ') as spare\n", "' ') as spare from pg_sleep(30)\n"]]);
    const values = { ...postgresql, users: 'batch', deadlineSeconds: '1' };

    const { verdict, exitCode } = await runKillSessions(server, values, script);

    expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 65, ok: false });
    // What the server still does after the client gave up would come true behind our back.
    const countRunning = async () =>
      admin.query(`select count(*) from pg_stat_activity
        where state = 'active' and query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`);
    await expect.poll(countRunning, { timeout: 10_000 }).toEqual([['0']]);
  });
});
