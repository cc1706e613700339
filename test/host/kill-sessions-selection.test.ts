import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import {
  chooseSession,
  type DatabaseEngine,
  type DatabaseSession,
  type SessionSelection,
} from '../../lambdas/shared/actions/kill-sessions/session-selection.ts';
import type { DatabaseProcess } from './database-process.ts';
import { mariadbFault, openMariadb, startMariadb } from './mariadb-server.ts';
import { openPostgres, postgresFault, startPostgres } from './postgres-server.ts';
import { change, readSessionList, runKillSessions } from './run-kill-sessions.ts';

// The engines' own lists are replaced by tables of drawn sessions, so that the very statements of the document choose
// among hundreds of them; the pure selection must say the same of each.

const names = ['batch', 'Batch', 'app', 'boss', 'copy', 'zabbix', 'ghost'];
const programs = ['loader', 'LOADER', 'shop', 'pg_dump', 'Barman-wal', 'mariadb-dump', 'x.y-z_1'];
const near = ['10.0.0.1', '10.0.0.200', '10.0.1.1', '203.0.113.7', 'fd00::5', 'fd00:0:0:1::9', '2001:db8::1'];
const kinds = ['client', 'client', 'client', 'replication', 'engine'] as const;

const addresses = fc.oneof(
  fc.constantFrom(...near),
  fc.ipV4().filter((text) => !text.startsWith('0.')),
);
const cidrs = fc.oneof(
  fc.constantFrom(...near, '0.0.0.0/0', '::/0', 'fd00::/63'),
  fc.tuple(fc.constantFrom('10.0.0.1', '203.0.113.7', '128.0.0.0'), fc.integer({ min: 1, max: 32 })).map(writeCidr),
  fc.tuple(fc.constantFrom('fd00::5', '2001:db8::1'), fc.integer({ min: 8, max: 128 })).map(writeCidr),
);
const channels = fc.oneof(
  cidrs,
  fc.tuple(fc.constantFrom('in', 'out'), cidrs, fc.constantFrom('any', '5432')).map((parts) => parts.join('@')),
);
const some = (from: readonly string[]) => fc.uniqueArray(fc.constantFrom(...from), { maxLength: 4 });
const selections: fc.Arbitrary<SessionSelection> = fc
  .record({
    users: some(names),
    clients: fc.array(cidrs, { maxLength: 4 }),
    applications: some(programs),
    minAgeSeconds: fc.constantFrom(0, 0, 150),
    golden: fc.array(channels, { maxLength: 3 }),
    spare: some(['zabbix', 'app']),
  })
  .filter(({ users, clients, applications }) => users.length + clients.length + applications.length > 0);
/** What alone can reach sessions without an address, and what then is not enough for a host known by name. */
const namedTwice: SessionSelection = {
  users: names,
  clients: [],
  applications: programs,
  minAgeSeconds: 0,
  golden: ['10.0.0.1'],
  spare: [],
};
const drawn = fc.record({
  user: fc.constantFrom(...names),
  application: fc.option(fc.constantFrom(...programs)),
  address: fc.option(addresses),
  isLocal: fc.boolean(),
  kind: fc.constantFrom(...kinds),
  ageSeconds: fc.constantFrom(0, 100, 200),
});

/** Sessions numbered from 1, out of every reach of the server's own; who administers is the server's word. */
const sessions: readonly DatabaseSession[] = fc.sample(drawn, { numRuns: 300, seed: 7 }).map((session, index) => ({
  ...session,
  isLocal: session.address === null && session.isLocal,
  identity: String(index + 1_000_000),
  isOwn: false,
  isAdministrator: ['boss', 'copy'].includes(session.user),
}));

describe.skipIf(postgresFault !== null)('selection of PostgreSQL sessions', () => {
  let server: DatabaseProcess;
  const script = change(killSessionsScript, [['from pg_stat_activity a', 'from public.drawn a']]);
  // PostgreSQL knows no host names: without an address it was the socket. A role that is gone may have been any.
  const told = sessions.map((session) => ({
    ...session,
    isLocal: session.address === null,
    isAdministrator: session.isAdministrator || session.user === 'ghost' || session.user === 'Batch',
  }));

  beforeAll(async () => {
    server = await startPostgres();
    const admin = await openPostgres(server, { user: 'postgres', address: '127.0.0.1' });
    await admin.query(`create role batch; create role app; create role zabbix; create role boss superuser;
      create role copy replication; create table drawn as select * from pg_stat_activity with no data`);
    const types = { client: 'client backend', replication: 'walsender', engine: 'autovacuum worker' };
    const rows = told.map(
      ({ identity, user, application, address, kind, ageSeconds }) =>
        `(${identity}, '${types[kind]}', '${user}', '${application ?? ''}', ${quote(address)}, now() - interval '${ageSeconds} s')`,
    );
    await admin.query(`insert into drawn (pid, backend_type, usename, application_name, client_addr, backend_start)
      values ${rows.join(', ')};
      update drawn set usesysid = (select oid from pg_roles where rolname = usename)`);
    admin.close();
  });
  afterAll(async () => server.stop());

  it('chooses as the pure selection does', async () => {
    expect(await compareSelections(server, 'postgresql', told, script)).toBeGreaterThan(100);
  });
});

describe.skipIf(mariadbFault !== null)('selection of MariaDB sessions', () => {
  let server: DatabaseProcess;
  const script = change(killSessionsScript, [
    ['from information_schema.processlist p', 'from fuse.drawn p'],
    ['from performance_schema.session_connect_attrs', 'from fuse.attributes'],
  ]);

  beforeAll(async () => {
    server = await startMariadb(['--performance-schema=on']);
    const admin = await openMariadb(server, { user: 'root' });
    const commands = { client: 'Sleep', replication: 'Binlog Dump GTID', engine: 'Daemon' };
    const rows = sessions.map(
      ({ identity, user, kind, ageSeconds, ...session }) =>
        `(${identity}, '${user}', '${writeHost(session)}', '${commands[kind]}', ${ageSeconds}, '', 1)`,
    );
    const programsOf = sessions.flatMap(({ identity, application }) =>
      application === null ? [] : [`(${identity}, 'program_name', '${application}')`],
    );
    const statements = [
      `create user boss@'%'`,
      `grant super on *.* to boss@'%'`,
      `create user copy@'%'`,
      `grant replication slave on *.* to copy@'%'`,
      'create database fuse',
      `create table fuse.drawn (id bigint, user varchar(80), host varchar(64), command varchar(16), time int,
        state varchar(64), query_id bigint) charset utf8mb3`,
      'create table fuse.attributes (processlist_id bigint, attr_name varchar(32), attr_value varchar(99)) charset utf8mb3',
      `insert into fuse.drawn values ${rows.join(', ')}`,
      `insert into fuse.attributes values ${programsOf.join(', ')}`,
    ];
    for (const statement of statements) await admin.query(statement);
    admin.close();
  });
  afterAll(async () => server.stop());

  it('chooses as the pure selection does', async () => {
    expect(await compareSelections(server, 'mariadb', sessions, script)).toBeGreaterThan(100);
  });
});

/** Runs drawn selections over the same sessions and compares each choice. Counts matches: empty lists agree too. */
async function compareSelections(
  server: DatabaseProcess,
  engine: DatabaseEngine,
  told: readonly DatabaseSession[],
  script: string,
): Promise<number> {
  let matched = 0;
  await fc.assert(
    fc.asyncProperty(selections, async (selection) => {
      const { verdict } = await runKillSessions(server, { engine, mode: 'list', ...toValues(selection) }, script);
      expect(verdict).toMatchObject({ ok: true, error: '' });
      const listed = readSessionList(verdict).map(({ identity, choice, reason }) => [
        identity.split('-')[0],
        choice === 'matched' ? choice : reason,
      ]);

      const expected = told.flatMap((session) => {
        const choice = chooseSession(engine, session, selection);
        if (choice.kind === 'not-selected') return [];
        return [[session.identity, choice.kind === 'matched' ? choice.kind : choice.reason]];
      });
      expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(expected));
      matched += verdict.matched;
    }),
    { numRuns: 14, examples: [[namedTwice]] },
  );
  return matched;
}

function toValues({ minAgeSeconds, ...lists }: SessionSelection): Readonly<Record<string, string>> {
  const joined = Object.entries(lists).map(([name, list]) => [name, list.join(' ')]);
  return { minAgeSeconds: String(minAgeSeconds), ...(Object.fromEntries(joined) as Readonly<Record<string, string>>) };
}

/** As MariaDB shows a peer: mapped addresses, and names where it resolves them. */
function writeHost({ address, isLocal }: Pick<DatabaseSession, 'address' | 'isLocal'>): string {
  if (address === null) return isLocal ? 'localhost' : 'client.example:4711';
  return address.startsWith('203.') ? `::ffff:${address}:4711` : `${address}:4711`;
}

function writeCidr([address, bits]: readonly [string, number]): string {
  return `${address}/${bits}`;
}

function quote(text: string | null): string {
  return text === null ? 'null' : `'${text}'`;
}
