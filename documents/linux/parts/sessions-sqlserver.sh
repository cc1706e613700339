#!/bin/bash
# Sessions of SQL Server. Literals hold names and digits only, their grammar was checked.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one

# Writes IPv4 CIDRs as rows (low, high) of numbers into REPLY, and a row that matches nothing when there are none.
# IPv6 has no number here: sessions over it count as without an address.
to_ranges() {
  local cidr bytes number bits
  REPLY='select cast(1 as bigint) as low, cast(0 as bigint) as high'
  for cidr in "$@"; do
    [[ $cidr != *:* ]] || continue
    IFS=./ read -ra bytes <<<"$cidr"
    bits=$((32 - ${bytes[4]-32}))
    number=$((((bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3]) >> bits) << bits))
    REPLY+=" union all select $number, $((number + (1 << bits) - 1))"
  done
}

list_sqlserver() {
  local in_users in_applications in_spare in_clients in_golden named='1 = 1' sees
  quote_names "${users[@]}" && in_users=${REPLY,,}
  quote_names "${applications[@]}" && in_applications=${REPLY,,}
  quote_names "${spare[@]}" && in_spare=${REPLY,,}
  to_ranges "${clients[@]}" && in_clients="exists (select 1 from ($REPLY) c where s.ip between c.low and c.high)"
  to_ranges "${golden[@]}" && in_golden="exists (select 1 from ($REPLY) g where s.ip between g.low and g.high)"
  ((${#golden[@]} == 0)) || named="s.address = '<local machine>'"
  if [[ $connection != local ]]; then
    sees=$(run_sqlserver <<<"set nocount on; select has_perms_by_name(null, null, 'VIEW SERVER STATE');") || return 1
    require_sight "$sees" 1 || return 1
  fi
  run_sqlserver <<SQL
set nocount on;
select case reason when '' then 'matched' else 'spared' end, case reason when '' then '-' else reason end,
  cast(session_id as varchar(10)) + '-' + convert(varchar(23), login_time, 126),
  translate(login_name, char(9) + char(10) + char(13), '???'), translate(program_name, char(9) + char(10) + char(13), '???'),
  isnull(address, '-'), isnull(cast(port as varchar(10)), '-'), convert(varchar(23), login_time, 126),
  isnull(convert(varchar(23), transaction_start, 126), '-'), status, isnull(convert(varchar(18), query_hash, 1), '-')
from (select s.*, case
      when s.session_id = @@spid then 'own'
      when s.login_name in ('rdsa', 'rdsadmin') or s.login_name like 'NT SERVICE\%' or s.login_name like 'NT AUTHORITY\%' or s.login_name like '##MS[_]%'
        or s.program_name like 'SQLAgent%' then 'engine'
      when s.program_name like 'Repl%' then 'replication'
      when lower(s.login_name) in ($in_spare) then 'monitoring'
      when s.command like 'BACKUP%' or s.command like 'RESTORE%' then 'backup'
      when (isnull(is_srvrolemember('sysadmin', s.login_name), 1) = 1 or is_srvrolemember('processadmin', s.login_name) = 1)
        and lower(s.login_name) not in ($in_users) then 'administrator'
      when $in_golden then 'golden'
      when s.ip is null and not (${#users[@]} > 0 and ${#applications[@]} > 0 and $named) then 'no-address'
      else '' end as reason
  from (select e.session_id, e.login_time, e.login_name, isnull(nullif(e.program_name, ''), '-') as program_name, e.status,
      c.client_net_address as address, c.client_tcp_port as port, r.command, r.query_hash,
      (select min(t.transaction_begin_time) from sys.dm_tran_session_transactions x
        join sys.dm_tran_active_transactions t on t.transaction_id = x.transaction_id
        where x.session_id = e.session_id) as transaction_start,
      case when c.client_net_address like '%[^0-9.]%' then null
        else cast(parsename(c.client_net_address, 4) as bigint) * 16777216
          + cast(parsename(c.client_net_address, 3) as bigint) * 65536
          + cast(parsename(c.client_net_address, 2) as bigint) * 256
          + cast(parsename(c.client_net_address, 1) as bigint) end as ip
    from sys.dm_exec_sessions e
    join sys.dm_exec_connections c on c.session_id = e.session_id and c.parent_connection_id is null
    left join sys.dm_exec_requests r on r.session_id = e.session_id
    where e.is_user_process = 1) s
  where (${#users[@]} = 0 or lower(s.login_name) in ($in_users))
    and (${#clients[@]} = 0 or $in_clients)
    and (${#applications[@]} = 0 or lower(s.program_name) in ($in_applications))
    and ($min_age = 0 or datediff(second, s.login_time, getdate()) >= $min_age)) chosen
order by session_id;
SQL
}

# Ends the sessions that still are the ones listed. KILL takes a number only, so the statement is built from the one just
# looked up; EXEC takes a variable, no expression with a function in it. Writes the identities that were found.
kill_sqlserver() {
  local id login_time
  while IFS=- read -r id login_time; do
    cat <<SQL
set nocount on;
declare @id int = (select session_id from sys.dm_exec_sessions where session_id = $id and is_user_process = 1
  and session_id <> @@spid and convert(varchar(23), login_time, 126) = '$login_time' and login_name not in ('rdsa', 'rdsadmin'));
if @id is not null
begin
  select '$id-$login_time';
  declare @kill varchar(20) = 'KILL ' + cast(@id as varchar(10));
  exec(@kill);
end
go
SQL
  done <"$1" | run_sqlserver
}

# A session that rolls back is still there: its work is not undone before it is gone.
find_alive_sqlserver() {
  local id login_time
  while IFS=- read -r id login_time; do
    cat <<SQL
set nocount on;
select cast(session_id as varchar(10)) + '-' + convert(varchar(23), login_time, 126) from sys.dm_exec_sessions
where session_id = $id and convert(varchar(23), login_time, 126) = '$login_time';
go
SQL
  done <"$1" | run_sqlserver
}
