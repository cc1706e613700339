import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { killSessionsScript } from '../../documents/kill-sessions.ts';
import type { DatabaseProcess } from './database-process.ts';
import { change, readSessionList, runKillSessions, type Values } from './run-kill-sessions.ts';

// Neither Oracle nor SQL Server is at hand: a client that only writes down what it is told, and answers from files,
// stands in for them. The statements themselves are read in every run of the validators, by two parsers of SQL in the
// dialects oracle and tsql (`npm run validate -- --only sql`); sqlglot once found that EXEC takes no CAST.

const isRoot = process.getuid?.() === 0;

/** Answers a list with the file `rows`, a kill with the identities it names, a look for what is left with `left`. */
const client = `#!/bin/bash
cd "$(dirname "$0")" || exit 9
text=$(cat)
printf '%s\\n====\\n' "$text" >>said
printf '%s ' "$@" >>arguments
case $text in
  *spared*) cat rows ;;
  *[Kk][Ii][Ll][Ll]\\ *) sed -n "s/^.*put_line('\\(.*\\)').*$/\\1/p; s/^select '\\(.*\\)';$/\\1/p" <<<"$text" && : >rows ;;
  *) cat left ;;
esac
`;
let folder = '';
let server: DatabaseProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cf-fake-'));
  mkdirSync(join(folder, 'bin'));
  for (const name of ['rows', 'left']) writeFileSync(join(folder, 'bin', name), '');
  for (const name of ['sqlplus', 'sqlcmd']) {
    writeFileSync(join(folder, 'bin', name), client);
    chmodSync(join(folder, 'bin', name), 0o755);
  }
  server = { folder, port: 0, stop: async () => Promise.resolve() };
});
afterEach(() => rmSync(folder, { recursive: true }));

const answer = (name: 'rows' | 'left', text: string) => writeFileSync(join(folder, 'bin', name), text);
const said = () => readFileSync(join(folder, 'bin', 'said'), 'utf8').split('\n====\n');
const row = (choice: string, reason: string, identity: string, user: string) =>
  `${[choice, reason, identity, user, 'loader', '-', '-', '2026-11-23T01:02:03', '-', 'INACTIVE', '-'].join('\t')}\n`;

describe.skipIf(!isRoot)('kill-sessions told to a stand-in for Oracle', () => {
  const oracle: Values = { engine: 'oracle', mode: 'kill', users: 'batch', applications: 'loader' };
  const run = async (values: Values = {}) => {
    writeFileSync(join(folder, 'oratab'), `# comment\nORCL:${folder}:Y\n`);
    const script = change(killSessionsScript, [
      ['/etc/oratab', join(folder, 'oratab')],
      ['setpriv --reuid=oracle --regid="$(id -g oracle)" --init-groups -- ', ''],
    ]);
    return runKillSessions(server, { ...oracle, ...values }, script);
  };

  it('selects from gv$session, kills what it looked up, and looks again', async () => {
    answer('rows', row('matched', '-', '132-874-1', 'BATCH') + row('spared', 'monitoring', '7-9-2', 'ZABBIX'));

    const { verdict } = await run({ minAgeSeconds: '60' });

    expect(verdict).toMatchObject({ ok: true, engine: 'oracle', matched: 1, killed: 1, survivors: 0, spared: 1 });
    const [list, kill, look] = said();
    expect(list).toContain(`from gv$session s left join gv$transaction t on t.addr = s.taddr and t.inst_id = s.inst_id
where s.type = 'USER' and s.status <> 'KILLED'
and (1 = 0 or upper(s.username) in ('BATCH'))
and (1 = 0 or lower(regexp_substr(s.program, '^[^@ ]+')) in ('loader'))
and (60 = 0 or s.logon_time <= sysdate - 60 / 86400)) chosen`);
    expect(kill).toContain(`where sid = 132 and serial# = 874 and inst_id = 1 and type = 'USER'`);
    expect(kill).toContain(
      `'alter system kill session ''' || s.sid || ',' || s.serial || ',@' || s.inst_id || ''' immediate';`,
    );
    expect(look).toContain(`where sid = 132 and serial# = 874 and inst_id = 1 and status <> 'KILLED';`);
    expect(readFileSync(join(folder, 'bin', 'arguments'), 'utf8')).toContain('-S -L / as sysdba ');
  });

  it('does not believe a kill that left the session there', async () => {
    answer('rows', row('matched', '-', '132-874-1', 'BATCH'));
    answer('left', '132-874-1\n');

    const { verdict, exitCode } = await run({ deadlineSeconds: '2' });

    expect({ exitCode, ...verdict }).toMatchObject({ exitCode: 1, ok: false, matched: 1, killed: 0, survivors: 1 });
  });

  it.each<Values>([{ clients: '10.0.0.1' }, { golden: '10.0.0.1' }, { holdLogins: 'yes' }])(
    'refuses what it cannot tell there: %j',
    async (values) => {
      const { verdict, exitCode } = await run(values);

      expect({ exitCode, ok: verdict.ok }).toEqual({ exitCode: 64, ok: false });
    },
  );

  it('refuses a host with two databases, and a list that is none', async () => {
    answer('rows', 'ORA-01034: ORACLE not available\n');
    const strange = await run();
    const script = change(killSessionsScript, [['/etc/oratab', join(folder, 'two')]]);
    writeFileSync(join(folder, 'two'), `A:${folder}:Y\nB:${folder}:Y\n`);

    const two = await runKillSessions(server, oracle, script);

    expect([strange, two].map(({ exitCode, verdict }) => [exitCode, verdict.ok])).toEqual([
      [65, false],
      [65, false],
    ]);
  });
});

describe.skipIf(!isRoot)('kill-sessions told to a stand-in for SQL Server', () => {
  const sqlserver: Values = { engine: 'sqlserver', mode: 'kill', users: 'batch' };
  const run = async (values: Values = {}) => {
    const script = change(killSessionsScript, [
      ['/opt/mssql-tools18/bin/sqlcmd', join(folder, 'bin', 'sqlcmd')],
      ['/etc/connection-fuse/sqlcmd', join(folder, 'login')],
    ]);
    return runKillSessions(server, { ...sqlserver, ...values }, script);
  };

  it('selects from sys.dm_exec_sessions, checks the login time right before KILL, and looks again', async () => {
    answer('rows', row('matched', '-', '57-2026-11-23T01:02:03.123', 'batch'));

    const { verdict } = await run({ clients: '10.0.0.7/8', golden: 'in@10.1.0.0/16@1433 fd00::/8' });

    expect(verdict).toMatchObject({ ok: true, engine: 'sqlserver', matched: 1, killed: 1, survivors: 0 });
    const [list, kill, look] = said();
    expect(list).toContain(`from sys.dm_exec_sessions e
join sys.dm_exec_connections c on c.session_id = e.session_id and c.parent_connection_id is null
left join sys.dm_exec_requests r on r.session_id = e.session_id
where e.is_user_process = 1) s
where (1 = 0 or lower(s.login_name) in ('batch'))`);
    expect(list).toContain('union all select 167772160, 184549375) c where s.ip between c.low and c.high))');
    expect(list).toContain(
      `union all select 167837696, 167903231) g where s.ip between g.low and g.high) then 'golden'`,
    );
    expect(kill).toContain(`where session_id = 57 and is_user_process = 1
and session_id <> @@spid and convert(varchar(23), login_time, 126) = '2026-11-23T01:02:03.123'`);
    expect(kill).toContain(`declare @kill varchar(20) = 'KILL ' + cast(@id as varchar(10));\nexec(@kill);`);
    expect(look).toContain(
      `where session_id = 57 and convert(varchar(23), login_time, 126) = '2026-11-23T01:02:03.123';`,
    );
    expect(readFileSync(join(folder, 'bin', 'arguments'), 'utf8')).toContain(
      '-S localhost -E -C -b -x -h -1 -W -I -l 5',
    );
  });

  it('takes a login from a file only root can read, and refuses one that others can', async () => {
    writeFileSync(join(folder, 'login'), 'fuse\nsecret\n', { mode: 0o600 });
    const closed = await run({ mode: 'list' });
    const parameters = readFileSync(join(folder, 'bin', 'arguments'), 'utf8');
    chmodSync(join(folder, 'login'), 0o644);

    const open = await run({ mode: 'list' });

    expect([closed.exitCode, open.exitCode]).toEqual([0, 65]);
    expect(parameters).not.toMatch(/-E|secret|fuse/);
  });

  it('leaves in its list what is spared, with the reason', async () => {
    answer('rows', row('spared', 'golden', '57-2026-11-23T01:02:03', 'batch'));

    const { verdict } = await run();

    expect(verdict).toMatchObject({ ok: true, matched: 0, spared: 1 });
    expect(readSessionList(verdict)).toMatchObject([{ choice: 'spared', reason: 'golden', user: 'batch' }]);
  });

  it.each<Values>([{ clients: 'fd00::/8' }, { holdLogins: 'yes' }])(
    'refuses what it cannot do there: %j',
    async (values) => {
      expect((await run(values)).exitCode).toBe(64);
    },
  );
});
