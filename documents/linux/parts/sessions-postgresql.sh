#!/bin/bash
# Sessions of PostgreSQL 10 and newer. Values reach the statements as psql variables, quoted by psql itself.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one

# Writes every session that meets the conditions, matched or spared. to_jsonb reads a column older servers lack. The
# names of RDS are nobody's elsewhere.
list_postgresql() {
  local sees=t
  [[ $connection == local ]] || sees=$(run_postgresql <<<"select pg_has_role('pg_read_all_stats', 'usage');") || return 1
  require_sight "$sees" t || return 1
  run_postgresql -v users="${users[*]}" -v clients="${clients[*]}" -v applications="${applications[*]}" \
    -v golden="${golden[*]}" -v spare="${spare[*]}" -v min_age="$min_age" <<'SQL'
with wanted as (
  select string_to_array(:'users', ' ') as users, string_to_array(:'clients', ' ')::inet[] as clients,
    string_to_array(:'applications', ' ') as applications, string_to_array(:'golden', ' ')::inet[] as golden,
    string_to_array(:'spare', ' ') as spare
), chosen as (
  select a.*, case
      when a.pid = pg_backend_pid() then 'own'
      when a.backend_type = 'walsender' then 'replication'
      when a.backend_type is distinct from 'client backend' or a.usename in ('rdsadmin', 'rdsrepladmin') then 'engine'
      when a.usename = any (w.spare) then 'monitoring'
      when a.application_name ~* '^(pg_dump|pg_basebackup|pg_receivewal|pg_recvlogical|pg_rewind|pgbackrest|barman|wal-[ge])'
        then 'backup'
      when coalesce(r.rolsuper or r.rolreplication or exists (select from pg_auth_members m join pg_roles g on g.oid = m.roleid
        where m.member = r.oid and g.rolname in ('rds_superuser', 'rds_replication')), true) and not coalesce(a.usename = any (w.users), false)
        then 'administrator'
      when a.client_addr <<= any (w.golden) then 'golden'
      when a.client_addr is null and (w.users = '{}' or w.applications = '{}') then 'no-address'
      else '' end as reason
  from pg_stat_activity a cross join wanted w left join pg_roles r on r.oid = a.usesysid
  where (w.users = '{}' or a.usename = any (w.users))
    and (w.clients = '{}' or a.client_addr <<= any (w.clients))
    and (w.applications = '{}' or a.application_name = any (w.applications))
    and (:'min_age' = '0' or a.backend_start <= clock_timestamp() - :'min_age' * interval '1 second')
)
select case reason when '' then 'matched' else 'spared' end, coalesce(nullif(reason, ''), '-'),
  pid || '-' || round((extract(epoch from backend_start) * 1000000)::numeric),
  translate(coalesce(usename, '-'), E'\t\r\n', '???'),
  coalesce(nullif(translate(application_name, E'\t\r\n', '???'), ''), '-'),
  coalesce(host(client_addr), '-'), coalesce(nullif(client_port, -1)::text, '-'),
  to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  coalesce(to_char(xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '-'),
  coalesce(state, '-'), coalesce(to_jsonb(chosen) ->> 'query_id', '-')
from chosen order by backend_start, pid;
SQL
}

# Writes a line for psql that sets a list of identities; the file holds digits and hyphens only.
set_identities() {
  printf '\\set identities '"'%s'"'\n' "$(paste -sd' ' "$1")"
}

# Ends the sessions that still are the ones listed: a process number alone may be somebody else's by now. Without a
# time-out, which would wait for them one after the other. Writes identity and write transaction of each: the session
# shows the lower half of its number, the nearest whole one is meant.
kill_postgresql() {
  { set_identities "$1" && cat <<'SQL'; } | run_postgresql | awk -F'\t' '$3 == "t" { print $1 "\t" $2 }'
with listed as (
  select split_part(i, '-', 1)::int as pid, split_part(i, '-', 2)::numeric as started
  from unnest(string_to_array(:'identities', ' ')) i
), horizon as (
  select txid_snapshot_xmax(txid_current_snapshot()) as near
)
select a.pid || '-' || started,
  coalesce((near + ((a.backend_xid::text::bigint - near + 2147483648) & 4294967295) - 2147483648)::text, '-'),
  pg_terminate_backend(a.pid)
from pg_stat_activity a join listed on a.pid = listed.pid cross join horizon
where round((extract(epoch from a.backend_start) * 1000000)::numeric) = started
  and a.backend_type = 'client backend' and a.pid <> pg_backend_pid() and a.usename not in ('rdsadmin', 'rdsrepladmin');
SQL
}

# Writes which of these identities are still there.
find_alive_postgresql() {
  { set_identities "$1" && cat <<'SQL'; } | run_postgresql
select i from unnest(string_to_array(:'identities', ' ')) i join pg_stat_activity
  on i = pid || '-' || round((extract(epoch from backend_start) * 1000000)::numeric);
SQL
}

# Counts the transactions, given by number, that the server itself says were aborted.
count_rolled_back_postgresql() {
  { set_identities "$1" && cat <<'SQL'; } | run_postgresql
select count(*) from unnest(string_to_array(:'identities', ' ')) i where txid_status(i::bigint) = 'aborted';
SQL
}

# Writes the roles of these names: name, connection limit, whether no limit can hold it.
read_logins_postgresql() {
  run_postgresql -v names="$*" <<'SQL'
select rolname, rolconnlimit, case when rolsuper then 'free' when rolcanlogin then 'bound' else 'none' end
from pg_roles where rolname = any (string_to_array(:'names', ' ')) order by rolname;
SQL
}

# Sets one role's limit, if it still is the one expected.
set_login_postgresql() {
  run_postgresql -v name="$1" -v expected="$2" -v value="$3" <<'SQL'
select format('alter role %I connection limit %s', rolname, :'value'::int)
from pg_roles where rolname = :'name' and rolconnlimit = :'expected'::int \gexec
SQL
}
