#!/bin/bash
# Sessions of MariaDB (10.4 and newer) and MySQL (5.7 and newer). Their clients bind no values, so the statements are
# written with literals whose grammar was checked: names, addresses, digits.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly engine_users="'system user', 'event_scheduler', 'unauthenticated user', 'mysql.sys', 'mysql.session', 'mysql.infoschema', 'mariadb.sys', 'rdsadmin', 'rdsrepladmin'"

# Writes a list of CIDRs as rows (net, bits) into REPLY; one row that matches nothing when there are none.
to_rows() {
  local cidr address bits
  REPLY="select '' as net, 0 as bits"
  for cidr in "$@"; do
    address=${cidr%/*} bits=${cidr##*/}
    if [[ $cidr != */* ]]; then
      if [[ $cidr == *:* ]]; then bits=128; else bits=32; fi
    fi
    REPLY+=" union all select '$address', $bits"
  done
}

# Writes a condition into REPLY: the address is in one of these CIDRs. Hex digit by hex digit, then the bits of the last.
to_condition() {
  to_rows "$@"
  REPLY="exists (select 1 from ($REPLY) c where length(inet6_aton(c.net)) = length(inet6_aton(s.address))
      and left(hex(inet6_aton(c.net)), c.bits div 4) = left(hex(inet6_aton(s.address)), c.bits div 4)
      and conv(substr(concat(hex(inet6_aton(c.net)), '0'), c.bits div 4 + 1, 1), 16, 10) >> (4 - c.bits mod 4)
        = conv(substr(concat(hex(inet6_aton(s.address)), '0'), c.bits div 4 + 1, 1), 16, 10) >> (4 - c.bits mod 4))"
}

# Writes the statement that lists. The engine keeps no login time: what a session can at least be old is how long it
# has been in its state, or in its transaction. Names compare as binary, as the engine itself does.
print_mysql_list() {
  local in_users in_applications in_spare in_clients in_golden query_id=p.query_id program=null named='1 = 1'
  quote_names "${users[@]}" && in_users=$REPLY
  quote_names "${applications[@]}" && in_applications=$REPLY
  quote_names "${spare[@]}" && in_spare=$REPLY
  to_condition "${clients[@]}" && in_clients=$REPLY
  to_condition "${golden[@]}" && in_golden=$REPLY
  [[ $engine == mariadb ]] || query_id=null
  # With golden peers a host that is known by name only might be one of them.
  ((${#golden[@]} == 0)) || named="s.host = 'localhost'"
  [[ $1 == 0 ]] || program="(select max(attr_value) from performance_schema.session_connect_attrs
      where processlist_id = p.id and attr_name = 'program_name')"
  cat <<SQL
select if(reason = '', 'matched', 'spared'), if(reason = '', '-', reason), concat(id, '-', md5(concat_ws('@', user, host))),
  user, ifnull(program, '-'), ifnull(address, '-'), ifnull(port, '-'), '-',
  ifnull(date_format(convert_tz(transaction_start, 'SYSTEM', '+00:00'), '%Y-%m-%dT%H:%i:%sZ'), '-'), state, ifnull(query_id, '-')
from (select s.*, case
      when s.id = connection_id() then 'own'
      when s.command like 'Binlog Dump%' or s.command like 'Slave%' or s.command = 'Register Slave' then 'replication'
      when s.command = 'Daemon' or s.user in ($engine_users) then 'engine'
      when cast(s.user as binary) in ($in_spare) then 'monitoring'
      when lower(s.program) regexp '^(mysqldump|mariadb-dump|mariabackup|mariadb-backup|xtrabackup|mydumper|mysqlpump|mysqlbackup)'
        then 'backup'
      when cast(s.user as binary) not in ($in_users) and exists (select 1 from information_schema.user_privileges u
        where u.privilege_type in ('SUPER', 'REPLICATION SLAVE', 'CONNECTION_ADMIN', 'CONNECTION ADMIN')
          and left(u.grantee, char_length(s.user) + 3) = concat('''', s.user, '''@')) then 'administrator'
      when $in_golden then 'golden'
      when inet6_aton(s.address) is null and not (${#users[@]} > 0 and ${#applications[@]} > 0 and $named) then 'no-address'
      else '' end as reason
  from (select p.id, p.user, p.host, p.command, p.time, concat_ws(' ', p.command, nullif(p.state, '')) as state,
      $query_id as query_id, $program as program,
      if(p.host like '%:%', replace(left(p.host, char_length(p.host) - char_length(substring_index(p.host, ':', -1)) - 1),
        '::ffff:', ''), null) as address,
      if(p.host like '%:%', substring_index(p.host, ':', -1), null) as port,
      (select min(trx_started) from information_schema.innodb_trx where trx_mysql_thread_id = p.id) as transaction_start
    from information_schema.processlist p) s
  where (${#users[@]} = 0 or cast(s.user as binary) in ($in_users))
    and (${#clients[@]} = 0 or $in_clients)
    and (${#applications[@]} = 0 or cast(s.program as binary) in ($in_applications))
    and greatest(s.time, ifnull(timestampdiff(second, s.transaction_start, now()), 0)) >= $min_age) chosen
order by id;
SQL
}

list_mysql() {
  local instrumented sees
  # Accounts of others are shown to who may read their table, transactions to who may see every session, else an error.
  sees=$(run_mysql <<<'select @@performance_schema, (select count(distinct grantee) > 1 from information_schema.user_privileges),
    (select count(*) >= 0 from information_schema.innodb_trx);') || return 1
  instrumented=${sees%%$'\t'*}
  require_sight "${sees#*$'\t'}" $'1\t1' || return 1
  if [[ $instrumented != 1 ]] && ((${#applications[@]} > 0)); then
    echo 'performance_schema is off: nobody can tell the applications of sessions' >database.err
    return 1
  fi
  print_mysql_list "$instrumented" | run_mysql
}

# Ends the sessions that still are the ones listed. KILL takes no query, hence the variable between the two statements;
# the engine gives no number twice, so what may happen between them is only that the session ends by itself. On RDS
# nobody but its own procedure may end a session of others. Writes the identities that were found.
kill_mysql() {
  local id key verb='kill connection @id'
  [[ $connection == local ]] || verb='call mysql.rds_kill(@id)'
  while IFS=- read -r id key; do
    printf '%s\n' "set @id = (select p.id from information_schema.processlist p where p.id = $id" \
      "and md5(concat_ws('@', p.user, p.host)) = '$key' and p.id <> connection_id()" \
      "and p.command not in ('Daemon', 'Binlog Dump', 'Binlog Dump GTID') and p.user not in ($engine_users));" \
      "select '$id-$key' from dual where @id is not null;" "$verb;"
    # --force: a session that ended by itself is an error to KILL, and the next one must not be missed for it.
  done <"$1" | run_mysql --force || true
}

# Writes which of these identities are still there, however their state reads now.
find_alive_mysql() {
  local keys
  keys=$(paste -sd, "$1")
  run_mysql <<SQL
select concat(id, '-', md5(concat_ws('@', user, host))) from information_schema.processlist
where concat(id, '-', md5(concat_ws('@', user, host))) in ('${keys//,/\',\'}');
SQL
}

# Writes the accounts of these names: name@host, whether locked, whether it must stay open.
read_logins_mysql() {
  local source="select user, host, account_locked = 'Y' as held from mysql.user"
  [[ $engine == mysql ]] || source="select user, host, ifnull(json_value(priv, '$.account_locked') = 1, false) as held
    from mysql.global_priv where not ifnull(json_value(priv, '$.is_role') = 1, false)"
  quote_names "$@"
  run_mysql <<SQL
select concat(a.user, '@', a.host), if(a.held, 'locked', 'unlocked'), if(exists (select 1 from information_schema.user_privileges u
  where u.privilege_type = 'SUPER' and left(u.grantee, char_length(a.user) + 3) = concat('''', a.user, '''@')), 'free', 'bound')
from ($source) a where cast(a.user as binary) in ($REPLY) order by 1;
SQL
}

# Locks or unlocks one account, if it still is as expected.
set_login_mysql() {
  local account=$1 verb=lock now
  [[ $3 == locked ]] || verb=unlock
  now=$(read_logins_mysql "${account%%@*}") || return 1
  [[ $'\n'$now == *$'\n'"$account"$'\t'"$2"$'\t'* ]] || return 0
  run_mysql <<<"alter user '${account%%@*}'@'${account#*@}' account $verb;"
}

list_mariadb() { list_mysql; }
kill_mariadb() { kill_mysql "$1"; }
find_alive_mariadb() { find_alive_mysql "$1"; }
read_logins_mariadb() { read_logins_mysql "$@"; }
set_login_mariadb() { set_login_mysql "$@"; }
