import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  killSession,
  listSessions,
  type Statement,
} from '../../lambdas/shared/actions/kill-sessions/rds-statements.ts';
import type { DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import { openPostgres, postgresFault, startPostgres, type Session } from './postgres-server.ts';
import { countLiving } from './run-kill-sessions.ts';

// The statements for RDS, on the engines themselves: RDS is not at hand. What only RDS has is stood in for.

/** Identities of one user's sessions, by the columns the list promises: identity, user, ..., kind, own, administrator. */
const find = (rows: readonly (readonly string[])[], user: string) => rows.filter((row) => row[1] === user);

describe.skipIf(postgresFault !== null)('RDS statements on a real PostgreSQL', () => {
  let server: DatabaseProcess;
  let admin: Session;
  const run = async ({ text, values }: Statement) => {
    await admin.query(`prepare fuse as ${text}`);
    try {
      return await admin.query(values.length === 0 ? 'execute fuse' : `execute fuse (${values.join(', ')})`);
    } finally {
      await admin.query('deallocate fuse');
    }
  };

  beforeAll(async () => {
    server = await startPostgres();
    admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query(`create role batch login; create role rds_superuser; create role chief login in role rds_superuser;
      create role rdsadmin login superuser`);
  });
  afterAll(async () => server.stop());

  it('lists who is who, and ends exactly the session it found', async () => {
    const [first, second] = await Promise.all(
      [0, 1].map(async () => openPostgres(server, { user: 'batch', application: 'loader', address: '127.0.0.2' })),
    );
    await openPostgres(server, { user: 'chief' });
    const rows = await run(listSessions('postgresql'));
    const [batch] = find(rows, 'batch');
    const [pid] = (await first?.query('select pg_backend_pid()'))?.[0] ?? [];
    const identity = find(rows, 'batch').find(([id]) => id?.startsWith(`${pid}-`))?.[0] ?? '';

    const reused = await run(killSession('postgresql', identity.replace(/-.*/, '-1'))[0] as Statement);
    const killed = await run(killSession('postgresql', identity)[0] as Statement);

    expect(batch?.slice(1, 8)).toEqual(['batch', 'loader', '127.0.0.2', 'f', 'client', 'f', 'f']);
    expect(find(rows, 'chief')[0]?.slice(3, 8)).toEqual(['', 't', 'client', 'f', 't']);
    expect(
      find(rows, 'postgres')
        .find((row) => row[6] === 't')
        ?.slice(5, 8),
    ).toEqual(['client', 't', 't']);
    expect([reused, killed]).toEqual([[], [['t']]]);
    await expect.poll(async () => countLiving(first === undefined ? [] : [first])).toBe(0);
    expect(await countLiving(second === undefined ? [] : [second])).toBe(1);
  });

  it("never ends the service's own", async () => {
    const own = await openPostgres(server, { user: 'rdsadmin' });
    const rows = await run(listSessions('postgresql'));
    const [row] = find(rows, 'rdsadmin');

    const killed = await run(killSession('postgresql', row?.[0] ?? '')[0] as Statement);

    expect([row?.[5], killed, await countLiving([own])]).toEqual(['engine', [], 1]);
  });
});

describe.skipIf(mariadbFault !== null)('RDS statements on a real MariaDB', () => {
  let server: DatabaseProcess;
  let admin: Session;
  const run = async ({ text, values }: Statement) => {
    if (values.length === 0) return admin.query(text);
    await admin.query(`prepare fuse from ${JSON.stringify(text)}`);
    await admin.query(`set @a = '${values[0]}', @b = '${values[1]}'`);
    return admin.query('execute fuse using @a, @b');
  };

  beforeAll(async () => {
    server = await startMariadb(['--performance-schema=on']);
    admin = await openMariadb(server, { user: 'root' });
    for (const user of ['batch', 'rdsadmin']) await admin.query(`create user ${user}@'127.0.0.%'`);
    // What RDS brings; it too knows no number that is null.
    await admin.query('create procedure mysql.rds_kill(number bigint) kill number');
  });
  afterAll(async () => server.stop());

  it('lists who is who, and ends exactly the session it found', async () => {
    const [first, second] = await Promise.all(
      [0, 1].map(async () => openMariadb(server, { user: 'batch', application: 'loader', address: '127.0.0.2' })),
    );
    const own = await openMariadb(server, { user: 'rdsadmin', address: '127.0.0.3' });
    const rows = await run(listSessions('mariadb'));
    const [id] = (await first?.query('select connection_id()'))?.[0] ?? [];
    const identity = find(rows, 'batch').find(([one]) => one?.startsWith(`${id}-`))?.[0] ?? '';
    const kill = async (one: string) => {
      for (const statement of killSession('mariadb', one)) await run(statement);
    };

    const reused = await kill(identity.replace(/-.*/, `-${'0'.repeat(32)}`)).catch(String);
    const service = await kill(find(rows, 'rdsadmin')[0]?.[0] ?? '').catch(String);
    await kill(identity);

    expect(find(rows, 'batch')[0]?.slice(1, 8)).toEqual(['batch', 'loader', '127.0.0.2', '0', 'client', '0', '0']);
    expect(find(rows, 'rdsadmin')[0]?.[5]).toBe('engine');
    expect(find(rows, 'root')[0]?.slice(4, 8)).toEqual(['1', 'client', '1', '1']);
    // 1094: no such number.
    expect([reused, service]).toEqual(['Error: 1094', 'Error: 1094']);
    expect(await countLiving(first === undefined ? [] : [first])).toBe(0);
    expect(await countLiving([second, own].filter((session) => session !== undefined))).toBe(2);
  });
});
