#!/bin/bash
# Sessions of Oracle, every instance of the cluster. Literals hold names and digits only, their grammar was checked.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one

print_oracle_settings() {
  cat <<'SQL'
set heading off feedback off pagesize 0 linesize 2000 trimspool on tab off define off verify off echo off
set serveroutput on size unlimited
whenever oserror exit 9
whenever sqlerror exit 9
SQL
}

# A program reads `name@machine (more)`: the name is what is compared. DBA_ views are left alone, for a standby that is
# only mounted has none; who administers is told by the names Oracle itself gives.
list_oracle() {
  local in_users in_applications in_spare
  quote_names "${users[@]}" && in_users=${REPLY^^}
  quote_names "${applications[@]}" && in_applications=${REPLY,,}
  quote_names "${spare[@]}" && in_spare=${REPLY^^}
  {
    print_oracle_settings
    cat <<SQL
select case when reason is null then 'matched' else 'spared' end || chr(9) || nvl(reason, '-') || chr(9)
  || sid || '-' || serial || '-' || inst_id || chr(9) || username || chr(9) || nvl(program, '-') || chr(9) || '-' || chr(9)
  || nvl(to_char(port), '-') || chr(9) || to_char(logon_time, 'YYYY-MM-DD"T"HH24:MI:SS') || chr(9)
  || nvl(to_char(transaction_start, 'YYYY-MM-DD"T"HH24:MI:SS'), '-') || chr(9) || status || chr(9) || nvl(sql_id, '-')
from (select s.inst_id, s.sid, s.serial# as serial, s.username, translate(s.program, chr(9) || chr(10) || chr(13), '???') as program,
    s.port, s.logon_time, s.status, s.sql_id, t.start_date as transaction_start,
    case
      when s.sid = sys_context('USERENV', 'SID') and s.inst_id = sys_context('USERENV', 'INSTANCE') then 'own'
      when s.username is null or s.username = 'RDSADMIN' then 'engine'
      when s.username = 'PUBLIC' or s.module like 'OGG%' or s.module = 'GoldenGate' then 'replication'
      when upper(s.username) in ($in_spare) then 'monitoring'
      when lower(s.program) like 'rman%' or lower(s.module) like 'rman%' or lower(s.module) like 'backup%'
        or s.module like 'Data Pump%' then 'backup'
      when s.username in ('SYS', 'SYSTEM', 'SYSBACKUP', 'SYSDG', 'SYSKM', 'SYSRAC', 'SYSMAN', 'DBSNMP')
        and s.username not in ($in_users) then 'administrator'
      when ${#users[@]} = 0 or ${#applications[@]} = 0 then 'no-address'
    end as reason
  from gv\$session s left join gv\$transaction t on t.addr = s.taddr and t.inst_id = s.inst_id
  where s.type = 'USER' and s.status <> 'KILLED'
    and (${#users[@]} = 0 or upper(s.username) in ($in_users))
    and (${#applications[@]} = 0 or lower(regexp_substr(s.program, '^[^@ ]+')) in ($in_applications))
    and ($min_age = 0 or s.logon_time <= sysdate - $min_age / 86400)) chosen
order by inst_id, sid;
SQL
  } | run_oracle
}

# Ends the sessions that still are the ones listed: serial numbers tell a number's next user from its last one. Without
# IMMEDIATE Oracle only marks them. On RDS, which has one instance, a procedure does it. Writes the identities that were
# found.
kill_oracle() {
  local sid serial instance
  local verb="execute immediate 'alter system kill session ''' || s.sid || ',' || s.serial || ',@' || s.inst_id || ''' immediate'"
  [[ $connection == local ]] || verb="rdsadmin.rdsadmin_util.kill(sid => s.sid, serial => s.serial, method => 'IMMEDIATE')"
  {
    print_oracle_settings
    while IFS=- read -r sid serial instance; do
      cat <<SQL
begin
  for s in (select sid, serial# as serial, inst_id from gv\$session
      where sid = $sid and serial# = $serial and inst_id = $instance and type = 'USER'
        and username <> 'RDSADMIN'
        and not (sid = sys_context('USERENV', 'SID') and inst_id = sys_context('USERENV', 'INSTANCE'))) loop
    dbms_output.put_line('$sid-$serial-$instance');
    $verb;
  end loop;
exception
  -- 26, 30, 31: the session is marked for its end, or has ended by itself.
  when others then if sqlcode not in (-26, -30, -31) then raise; end if;
end;
/
SQL
    done <"$1"
  } | run_oracle
}

# A session that is marked KILLED runs nothing any more; it only waits for its rollback.
find_alive_oracle() {
  local sid serial instance
  {
    print_oracle_settings
    while IFS=- read -r sid serial instance; do
      echo "select sid || '-' || serial# || '-' || inst_id from gv\$session" \
        "where sid = $sid and serial# = $serial and inst_id = $instance and status <> 'KILLED';"
    done <"$1"
  } | run_oracle
}
