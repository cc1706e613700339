import { FuseError } from '../../errors.ts';
import type { DatabaseEngine } from './session-selection.ts';

/** One statement with its values, in the order or by the names of the engine's own placeholders. */
export interface Statement {
  readonly text: string;
  readonly values: readonly string[];
}

/** An identity that is not of the engine's form is put into no statement. */
export class SessionIdentityError extends FuseError {
  override readonly name = 'SessionIdentityError';
}

const identityPatterns: Readonly<Record<DatabaseEngine, RegExp>> = {
  postgresql: /^(\d{1,10})-(\d{1,20})$/,
  mariadb: /^(\d{1,20})-([0-9a-f]{32})$/,
  mysql: /^(\d{1,20})-([0-9a-f]{32})$/,
  oracle: /^(\d{1,10})-(\d{1,10})$/,
  sqlserver: /^(\d{1,5})-(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?)$/,
};

const postgresqlStarted = 'round((extract(epoch from a.backend_start) * 1000000)::numeric)';
const mysqlIdentity = "concat(p.id, '-', md5(concat_ws('@', p.user, p.host)))";
const mysqlAddress = `if(p.host like '%:%', replace(left(p.host, char_length(p.host) - char_length(substring_index(p.host, ':', -1)) - 1), '::ffff:', ''), null)`;
const mysqlEngineUsers = `'system user', 'event_scheduler', 'unauthenticated user', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'rdsadmin', 'rdsrepladmin'`;

const mysqlList = `select ${mysqlIdentity} as identity, p.user as user,
  (select max(attr_value) from performance_schema.session_connect_attrs
    where processlist_id = p.id and attr_name = 'program_name') as application,
  if(inet6_aton(${mysqlAddress}) is null, null, ${mysqlAddress}) as address, p.host = 'localhost' as is_local,
  case when p.command like 'Binlog Dump%' or p.command like 'Slave%' or p.command = 'Register Slave' then 'replication'
    when p.command = 'Daemon' or p.user in (${mysqlEngineUsers}) then 'engine'
    else 'client' end as kind,
  p.id = connection_id() as is_own,
  exists (select 1 from information_schema.user_privileges u where u.privilege_type in ('SUPER', 'REPLICATION SLAVE', 'CONNECTION_ADMIN', 'CONNECTION ADMIN')
    and left(u.grantee, char_length(p.user) + 3) = concat('''', p.user, '''@')) as is_administrator,
  p.time as age_seconds
from information_schema.processlist p order by p.id`;

/**
 * Lists every session of an RDS instance in the columns of `DatabaseSession`; who is matched is `chooseSession`'s word.
 * The host document protects and ends by the same conditions, which a test compares. Not run against RDS; PostgreSQL's
 * and MariaDB's run on the engines themselves.
 */
const lists: Readonly<Record<DatabaseEngine, string>> = {
  postgresql: `select a.pid || '-' || ${postgresqlStarted} as identity, a.usename as user, nullif(a.application_name, '') as application,
  host(a.client_addr) as address, a.client_addr is null as is_local,
  case when a.backend_type = 'walsender' then 'replication'
    when a.backend_type is distinct from 'client backend' or a.usename in ('rdsadmin', 'rdsrepladmin') then 'engine'
    else 'client' end as kind,
  a.pid = pg_backend_pid() as is_own,
  coalesce(r.rolsuper or r.rolreplication or exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
    where m.member = r.oid and g.rolname in ('rds_superuser', 'rds_replication')), true) as is_administrator,
  coalesce(floor(extract(epoch from clock_timestamp() - a.backend_start)), 0) as age_seconds
from pg_stat_activity a left join pg_roles r on r.oid = a.usesysid order by a.pid`,
  mariadb: mysqlList,
  mysql: mysqlList,
  oracle: `select s.sid || '-' || s.serial# as identity, s.username as "user", regexp_substr(s.program, '^[^@ ]+') as application,
  null as address, 0 as is_local,
  case when s.type <> 'USER' or s.username is null or s.username = 'RDSADMIN' then 'engine'
    when s.username = 'PUBLIC' or s.module like 'OGG%' or s.module = 'GoldenGate' then 'replication'
    else 'client' end as kind,
  case when s.sid = sys_context('USERENV', 'SID') then 1 else 0 end as is_own,
  case when s.username in ('SYS', 'SYSTEM', 'SYSBACKUP', 'SYSDG', 'SYSKM', 'SYSRAC', 'SYSMAN', 'DBSNMP') then 1 else 0 end as is_administrator,
  floor((sysdate - s.logon_time) * 86400) as age_seconds
from v$session s where s.status <> 'KILLED' order by s.sid`,
  sqlserver: `select cast(e.session_id as varchar(10)) + '-' + convert(varchar(23), e.login_time, 126) as [identity], e.login_name as [user],
  nullif(e.program_name, '') as application, nullif(nullif(c.client_net_address, '<local machine>'), '<named pipe>') as address,
  case when c.client_net_address = '<local machine>' then 1 else 0 end as is_local,
  case when e.program_name like 'Repl%' then 'replication'
    when e.is_user_process = 0 or e.login_name in ('rdsa', 'rdsadmin') or e.login_name like 'NT SERVICE\\%'
      or e.login_name like 'NT AUTHORITY\\%' or e.login_name like '##MS[_]%' or e.program_name like 'SQLAgent%' then 'engine'
    else 'client' end as kind,
  case when e.session_id = @@spid then 1 else 0 end as is_own,
  case when isnull(is_srvrolemember('sysadmin', e.login_name), 1) = 1 or is_srvrolemember('processadmin', e.login_name) = 1
    then 1 else 0 end as is_administrator,
  datediff(second, e.login_time, getdate()) as age_seconds
from sys.dm_exec_sessions e
left join sys.dm_exec_connections c on c.session_id = e.session_id and c.parent_connection_id is null
order by e.session_id`,
};

/** The statement that ends one session, if it still is the one that was listed: numbers are given again. */
const kills: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  postgresql: [
    `select pg_terminate_backend(a.pid) from pg_stat_activity a
where a.pid = $1::int and ${postgresqlStarted} = $2::numeric
  and a.backend_type = 'client backend' and a.pid <> pg_backend_pid() and a.usename not in ('rdsadmin', 'rdsrepladmin')`,
  ],
  mariadb: mysqlKill(),
  mysql: mysqlKill(),
  oracle: [
    `begin
  for s in (select sid, serial# as serial from v$session where sid = :1 and serial# = :2 and type = 'USER'
      and username <> 'RDSADMIN' and sid <> sys_context('USERENV', 'SID')) loop
    rdsadmin.rdsadmin_util.kill(sid => s.sid, serial => s.serial, method => 'IMMEDIATE');
  end loop;
end;`,
  ],
  sqlserver: [
    `declare @id int = (select session_id from sys.dm_exec_sessions where session_id = @p1 and is_user_process = 1
  and session_id <> @@spid and convert(varchar(23), login_time, 126) = @p2 and login_name not in ('rdsa', 'rdsadmin'));
declare @kill varchar(20) = 'KILL ' + cast(@id as varchar(10));
if @id is not null exec(@kill);`,
  ],
};

/** Statement that lists all sessions. */
export function listSessions(engine: DatabaseEngine): Statement {
  return { text: lists[engine], values: [] };
}

/** Statements, for one connection and in this order, that end the session with this identity. */
export function killSession(engine: DatabaseEngine, identity: string): readonly Statement[] {
  const values = identityPatterns[engine].exec(identity)?.slice(1);
  if (values === undefined) {
    throw new SessionIdentityError(
      `Cannot end session "${identity}": wanted an identity of ${engine}, ${identityPatterns[engine].source}`,
    );
  }
  return kills[engine].map((text, index) => ({ text, values: index === 0 ? values : [] }));
}

/** `mysql.rds_kill` takes a number, no query. It knows no number that is null, and the session has ended then. */
function mysqlKill(): readonly string[] {
  return [
    `set @id = (select p.id from information_schema.processlist p where p.id = ?
  and md5(concat_ws('@', p.user, p.host)) = ? and p.id <> connection_id()
  and p.command not in ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') and p.user not in (${mysqlEngineUsers}))`,
    'call mysql.rds_kill(@id)',
  ];
}
