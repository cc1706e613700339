import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killSession, listSessions } from '../../lambdas/shared/actions/kill-sessions/rds-statements.ts';
import { databaseEngines, type DatabaseEngine } from '../../lambdas/shared/actions/kill-sessions/session-selection.ts';
import type { DatabaseProcess } from './database-process.ts';
import { makeRdsFolder, type RdsFolder } from './rds-folder.ts';
import { change, runKillSessions, type Values } from './run-kill-sessions.ts';

// RDS is not at hand: one client that only writes down what it is told stands in for all of them.

const isRoot = process.getuid?.() === 0;

/** Answers whether others can be seen, a list with the file `rows`, a kill with what was to be ended, else nothing. */
const client = `#!/bin/bash
cd "$(dirname "$0")" || exit 9
text=$(cat)
printf '%s\\n====\\n' "$text" >>said
printf '%s\\n' "$@" >>arguments
env >>environment
case $text in
  *spared*) cat rows ;;
  *has_role*) echo t ;;
  *grantee\\)\\ \\>\\ 1*) printf '1\\t1\\t1\\n' ;;
  *has_perms*) echo 1 ;;
  *rds_kill* | *rdsadmin_util* | *'@kill'* | *terminate*) cat ended && : >rows ;;
esac
`;

interface Case {
  readonly engine: DatabaseEngine;
  readonly identity: string;
  /** What the operator writes: the file that is checked, and the one with the entry where that is another one. */
  readonly file: string;
  readonly entryFile?: string;
  readonly entry: string;
  /** A text in which the entry is missing. */
  readonly without: string;
  /** How the client is to be called. */
  readonly called: readonly string[];
}
const mysqlCase = (engine: 'mariadb' | 'mysql'): Case => ({
  engine,
  identity: '12-0123456789abcdef0123456789abcdef',
  file: 'mysql.cnf',
  entry: '[client_orders]\nhost=orders.example\n',
  without: '[client]\nhost=orders.example\n[client_orders]\nuser=fuse\n#host=a\n[client_orders2]\nhost=b\n',
  called: ['--defaults-group-suffix=_orders', '--protocol=tcp'],
});
const cases: readonly Case[] = [
  {
    engine: 'postgresql',
    identity: '4711-1795407504142086',
    file: 'pg_service.conf',
    entry: '[orders]\nhost=orders.example\n',
    without: '[other]\nhost=orders.example\n[orders]\nuser=fuse\nhost=/var/run/postgresql\n',
    called: ['-d'],
  },
  mysqlCase('mariadb'),
  mysqlCase('mysql'),
  {
    engine: 'oracle',
    identity: '132-874',
    file: 'oracle',
    entryFile: 'oracle/tnsnames.ora',
    entry: 'ORDERS = (DESCRIPTION=(ADDRESS=(PROTOCOL=TCPS)(HOST=orders.example)(PORT=2484)))\n',
    without: 'orders2 = (DESCRIPTION=)\n',
    called: ['-S', '-L', '/@orders'],
  },
  {
    engine: 'sqlserver',
    identity: '57-2026-11-23T01:02:03.123',
    file: 'sqlcmd-orders',
    entry: 'orders.example,1433\nfuse\nsecret\n',
    without: 'fuse\nsecret\n',
    called: ['-S', 'orders.example,1433', '-N', '-b'],
  },
];

let bin = '';
let folder: RdsFolder;
let server: DatabaseProcess;

beforeEach(() => {
  const own = mkdtempSync(join(tmpdir(), 'cf-fake-'));
  bin = join(own, 'bin');
  mkdirSync(bin);
  for (const name of ['psql', 'mariadb', 'sqlplus', 'sqlcmd']) writeFileSync(join(bin, name), client, { mode: 0o755 });
  for (const name of ['rows', 'ended']) writeFileSync(join(bin, name), '');
  folder = makeRdsFolder();
  server = { folder: own, port: 0, stop: async () => Promise.resolve() };
});
afterEach(() => {
  rmSync(server.folder, { recursive: true });
  folder.remove();
});

const write = ({ file, entryFile, entry }: Case, text = entry) => {
  if (entryFile !== undefined) mkdirSync(join(folder.path, file), { mode: 0o700 });
  folder.write(entryFile ?? file, text);
};
const run = async ({ engine }: Case, values: Values = {}) => {
  const script = change(folder.script, [
    ['PATH=/usr/sbin:', `PATH=${bin}:/usr/sbin:`],
    ['/opt/oracle/instantclient*/sqlplus', join(bin, 'sqlplus')],
    ['/opt/mssql-tools18/bin/sqlcmd', join(bin, 'sqlcmd')],
  ]);
  const all = { engine, mode: 'kill', connection: 'rds:orders', users: 'batch', applications: 'loader', ...values };
  return runKillSessions(server, all, script, { PGHOST: 'elsewhere', MYSQL_PWD: 'x' });
};
const read = (name: string) => readFileSync(join(bin, name), 'utf8');

describe.skipIf(!isRoot).each(cases)('kill-sessions on RDS for $engine, told to a stand-in', (one) => {
  const { engine, identity, file } = one;
  // The document goes by three numbers where several instances share a database; RDS has one.
  const listed = engine === 'oracle' ? `${identity}-1` : identity;

  /** Lists one session, ends it, and returns what was said to the client. */
  const kill = async () => {
    const row = ['matched', '-', listed, 'batch', 'loader', '-', '-', '-', '-', '-', '-'];
    writeFileSync(join(bin, 'rows'), `${row.join('\t')}\n`);
    writeFileSync(join(bin, 'ended'), engine === 'postgresql' ? `${listed}\t-\tt\n` : `${listed}\n`);
    write(one);
    const { verdict, exitCode } = await run(one);
    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 0, ok: true, matched: 1, killed: 1, survivors: 0 });
    return read('said').split('\n====\n').map(flatten);
  };

  it('ends a session by the statement that is known for RDS, under all of its conditions', async () => {
    const said = await kill();

    const text = said.find((statement) => /rds_kill|rdsadmin_util|@kill|pg_terminate/.test(statement)) ?? '';
    const wanted = killSession(engine, identity).flatMap(({ text: known, values }) =>
      splitConditions(toDocumentWords(engine, known, values)),
    );
    expect(wanted.length).toBeGreaterThan(4);
    expect(wanted.filter((condition) => !text.includes(condition))).toEqual([]);
    expect(text).not.toMatch(/alter system|kill connection/);
  });

  it('protects whom the list for RDS protects', async () => {
    const said = await kill();

    const list = said.find((statement) => statement.includes('spared')) ?? '';
    const wanted = findProtections(listSessions(engine).text);
    expect(wanted.length).toBeGreaterThan(4);
    expect(wanted.filter((condition) => !list.includes(condition))).toEqual([]);
  });

  it('calls the client with the entry, without a password of ours, in an environment of its own', async () => {
    write(one);

    const { verdict, exitCode } = await run(one, { mode: 'list' });

    expect({ exitCode, error: verdict.error }).toEqual({ exitCode: 0, error: '' });
    expect(read('arguments').split('\n')).toEqual(expect.arrayContaining([...one.called]));
    expect(read('arguments')).not.toMatch(/secret|root|sysdba|localhost|^-C$/m);
    // sqlcmd takes its password from there, and reads nothing else that we know of.
    expect(/^(SSM_|PGHOST|MYSQL_PWD)/m.test(read('environment'))).toBe(engine === 'sqlserver');
  });

  it.each<{ readonly name: string; readonly exitCode: number; readonly spoil: (path: string) => void }>([
    { name: 'is missing', exitCode: 69, spoil: (path) => renameSync(path, `${path}-moved`) },
    { name: 'others can read', exitCode: 65, spoil: (path) => chmodSync(path, 0o644) },
    { name: 'a group can read', exitCode: 65, spoil: (path) => chmodSync(path, 0o640) },
    { name: 'others can write', exitCode: 65, spoil: (path) => chmodSync(path, 0o602) },
    { name: 'belongs to somebody else', exitCode: 65, spoil: (path) => chownSync(path, 65_534, 0) },
    { name: 'lies where others can write', exitCode: 65, spoil: (path) => chmodSync(join(path, '..'), 0o777) },
    {
      name: 'is a link',
      exitCode: 65,
      spoil: (path) => {
        renameSync(path, `${path}-moved`);
        symlinkSync(`${path}-moved`, path);
      },
    },
  ])('refuses a file that $name, and calls nobody', async ({ exitCode, spoil }) => {
    write(one);
    spoil(join(folder.path, file));

    const end = await run(one);

    expect({ exitCode: end.exitCode, ok: end.verdict.ok }).toEqual({ exitCode, ok: false });
    expect(end.verdict.error).toContain(file);
    expect(() => read('arguments')).toThrow('ENOENT');
  });

  it('refuses a file without the entry, and calls nobody', async () => {
    write(one, one.without);

    const end = await run(one);

    expect({ exitCode: end.exitCode, ok: end.verdict.ok }).toEqual({ exitCode: 65, ok: false });
    expect(end.verdict.error).toMatch(/has no entry|names no server|must hold user and password/);
    expect(() => read('arguments')).toThrow('ENOENT');
  });
});

it('has a case for every engine', () => {
  expect(new Set(cases.map(({ engine }) => engine))).toEqual(new Set(databaseEngines));
});

/** One line, without the names a statement gives its tables: each statement has its own. */
function flatten(text: string): string {
  return text.replaceAll(/\b[a-z]\./g, '').replaceAll(/\s+/g, ' ');
}

/** Puts values where the placeholders stand; where the document says the same in other words, its words. */
function toDocumentWords(engine: DatabaseEngine, text: string, values: readonly string[]): string {
  const [number = '', mark = ''] = values;
  const words: Readonly<Record<DatabaseEngine, readonly (readonly [string, string])[]>> = {
    // One statement for all that were listed.
    postgresql: [
      ['$1::int', 'listed.pid'],
      ['$2::numeric', 'started'],
      ['select pg_', 'pg_'],
    ],
    mariadb: [['id = ?', `id = ${number}`]],
    mysql: [['id = ?', `id = ${number}`]],
    oracle: [
      [':1', number],
      [':2', mark],
      ['serial from v$session', 'serial, inst_id from gv$session'],
      [
        `sid <> sys_context('USERENV', 'SID')`,
        `not (sid = sys_context('USERENV', 'SID') and inst_id = sys_context('USERENV', 'INSTANCE'))`,
      ],
    ],
    // Between the two the document writes down whom it found.
    sqlserver: [
      ['@p1', number],
      ['@p2', `'${mark}'`],
      ['if @id is not null exec', 'exec'],
    ],
  };
  return words[engine]
    .reduce((all, [from, to]) => all.replace(from, () => to), text)
    .replace('= ?', () => `= '${mark}'`);
}

/** The parts of a statement, each of which another one must have. */
function splitConditions(text: string): readonly string[] {
  return flatten(text.replaceAll('listed.pid', 'listed_pid'))
    .split(/ (?:where|and|loop) |; ?/)
    .map((part) =>
      part
        .replace('listed_pid', 'listed.pid')
        .replace(/^(select|begin for) /, '')
        .trim(),
    )
    .filter((part) => !/^(end|end loop|)$/.test(part));
}

/** What makes a session the engine's own, a copy's or an administrator's. */
function findProtections(text: string): readonly string[] {
  const flat = flatten(text);
  const kinds = [...flat.matchAll(/when ((?:(?! then ).)+) then '(?:engine|replication)'/g)].map(
    ([, when]) => when ?? '',
  );
  const administrator = /(?:is_own,) (?:case when )?(.+?)(?: then 1 else 0 end)? as is_administrator/.exec(flat)?.[1];
  const parts = [...kinds, administrator ?? ''].flatMap((part) => part.split(/ or (?![^(]*\))/));
  // Those the document's lists leave out beforehand.
  return parts.filter((part) => part !== `type <> 'USER'` && part !== 'is_user_process = 0');
}
