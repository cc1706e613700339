#!/bin/bash
# Reads time zones: of the host, of processes that were given one of their own, and of database engines.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one

# Leaves in REPLY what can stand in our JSON and in a line of the list.
clean() {
  REPLY=${1//[^A-Za-z0-9_+\/:. -]/?}
  REPLY=${REPLY:0:40}
}

# Turns `+0530` into minutes in REPLY; null when it is not of that form.
to_minutes() {
  local minutes
  REPLY=null
  [[ $1 =~ ^([+-])([0-9]{2}):?([0-9]{2})$ ]] || return 0
  minutes=$((10#${BASH_REMATCH[2]} * 60 + 10#${BASH_REMATCH[3]}))
  REPLY=$((${BASH_REMATCH[1]}minutes))
}

# Puts the offset of a zone's name into REPLY: minutes east of UTC now, null for a name nobody here knows. date itself
# takes an unknown name for UTC, so it is asked only about names that are known.
read_zone_offset() {
  local zone=${1#:}
  REPLY=null
  zone=${zone#/usr/share/zoneinfo/}
  [[ $zone != /etc/localtime ]] || zone=$host_zone
  if [[ $zone =~ ^[A-Za-z][A-Za-z0-9_+/-]{0,63}$ && -f /usr/share/zoneinfo/$zone ]] ||
    [[ $zone =~ ^[A-Za-z]{3,6}[+-]?[0-9]{1,2}(:[0-5][0-9])?$ ]]; then
    to_minutes "$(TZ=$zone date +%z)"
  fi
}

# Java counts the sign of GMT+9 the other way round than POSIX does.
read_java_offset() {
  local zone=$1
  if [[ $zone =~ ^GMT([+-])([0-9]{1,2})(:?([0-5][0-9]))?$ ]]; then
    printf -v zone '%s%02d%02d' "${BASH_REMATCH[1]}" "$((10#${BASH_REMATCH[2]}))" "$((10#${BASH_REMATCH[4]:-0}))"
    to_minutes "$zone"
  elif [[ $zone =~ ^[A-Za-z] && -f /usr/share/zoneinfo/$zone ]]; then
    read_zone_offset "$zone"
  else
    REPLY=null
  fi
}

# Reads what `date` says without a TZ of the agent, and which file that comes from.
read_host_zone() {
  local said
  unset TZ
  to_minutes "$(date +%z)"
  host_offset=$REPLY
  clean "$(readlink -f /etc/localtime)"
  localtime=$REPLY host_zone=${REPLY#*/zoneinfo/}
  said=$(run timeout 5 timedatectl show -p Timezone -p NTPSynchronized 2>/dev/null) || said=''
  [[ $said =~ NTPSynchronized=(yes|no) ]] && ntp_synchronized=${BASH_REMATCH[1]}
  [[ $said =~ Timezone=([A-Za-z0-9_+/-]+) ]] && host_zone=${BASH_REMATCH[1]}
  [[ $host_offset != null ]]
}

# Writes name, source and zone of every process that was given a zone, by its environment or by a flag of Java; nothing
# else of an environment leaves this function.
list_process_zones() {
  local file item name
  while IFS= read -r -d '' item; do
    file=${item%%:*} item=${item#*:}
    { read -r name <"${file%/*}/comm"; } 2>/dev/null || continue
    clean "$name" && name=$REPLY
    case $item in
      # An empty TZ is UTC.
      TZ=*) clean "${item#TZ=}" && printf '%s\tTZ\t%s\n' "$name" "${REPLY:-UTC}" ;;
      *) clean "${item#*=}" && printf '%s\tuser.timezone\t%s\n' "$name" "$REPLY" ;;
    esac
  done < <(
    run grep -zsHa '^TZ=' /proc/[0-9]*/environ
    run grep -zsHa '^-Duser\.timezone=' /proc/[0-9]*/cmdline
  )
}

# Finds the engines that run here, by the names of their processes.
find_engines() {
  local file name
  engines=()
  for file in /proc/[0-9]*/comm; do
    { read -r name <"$file"; } 2>/dev/null || continue
    case $name in
      postgres) name=postgresql ;;
      mariadbd) name=mariadb ;;
      mysqld) name=mysql ;;
      ora_pmon_*) name=oracle ;;
      sqlservr) name=sqlserver ;;
      *) continue ;;
    esac
    [[ " ${engines[*]} " == *" $name "* ]] || engines+=("$name")
  done
}

# Asks one engine for its zone, where the zone comes from, and its offset in minutes now, as one row.
ask_postgresql() {
  run_postgresql <<<"select setting, source, extract(timezone from now())::int / 60 from pg_settings where name = 'TimeZone';"
}

ask_mysql() {
  run_mysql <<'SQL'
set session time_zone = @@global.time_zone;
select @@global.time_zone, @@system_time_zone, timestampdiff(second, utc_timestamp(), now()) div 60;
SQL
}

ask_mariadb() { ask_mysql; }

ask_oracle() {
  find_oracle_home
  run_oracle <<'SQL'
set heading off feedback off pagesize 0 linesize 200 trimspool on tab off define off verify off echo off
whenever sqlerror exit 9
select sessiontimezone || chr(9) || 'DBTIMEZONE ' || dbtimezone || chr(9)
  || (extract(timezone_hour from systimestamp) * 60 + extract(timezone_minute from systimestamp)) from dual;
SQL
}

ask_sqlserver() {
  find_sqlcmd
  run_sqlserver <<'SQL'
set nocount on;
select current_timezone(), 'SYSDATETIMEOFFSET', datepart(tz, sysdatetimeoffset());
go
SQL
}
