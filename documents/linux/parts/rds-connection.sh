#!/bin/bash
# How an RDS instance is reached: by what its operator wrote on this host for root alone, so that no password passes
# through us. Nothing of the agent's environment counts there.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly rds_folder=/etc/connection-fuse

# Ends the script unless this file or directory can be read and changed by root alone.
require_private() {
  [[ -e $1 ]] || fail 69 "'$1' is missing: this host was not told how to reach '$connection'"
  [[ ! -L $1 && $(stat -c '%u %a' "$1") =~ ^0\ [4-7]00$ && $(stat -c '%u %a' "${1%/*}") =~ ^0\ [0-7]?[0-7][0145]{2}$ ]] ||
    fail 65 "'$1' must be root's with mode 600 (a directory: 700), in a directory that only root can write"
}

# Ends the script unless a section of this file names a host: without one the client would turn to this host's own
# database.
require_entry() {
  require_private "$1"
  awk -v section="[$2]" '
    { gsub(/^[ \t]+|[ \t\r]+$/, "") }
    /^\[/ { inside = $0 == section }
    inside && /^host(addr)?[ \t]*=[ \t]*[^ \t\/]/ { found = 1 }
    END { exit !found }' "$1" || fail 65 "'$1' has no entry '[$2]' that names a host"
}

# Looks for what the engine's client needs for `connection`.
find_rds() {
  local name=${connection#rds:} candidate
  case $engine in
    postgresql) require_entry "$rds_folder/pg_service.conf" "$name" ;;
    mariadb | mysql) require_entry "$rds_folder/mysql.cnf" "client_$name" ;;
    oracle)
      require_private "$rds_folder/oracle"
      grep -qis "^$name *=" "$rds_folder/oracle/tnsnames.ora" ||
        fail 65 "'$rds_folder/oracle/tnsnames.ora' has no entry '$name'"
      for candidate in /opt/oracle/instantclient*/sqlplus /usr/lib/oracle/*/client64/bin/sqlplus /usr/bin/sqlplus; do
        [[ ! -x $candidate ]] || { rds_sqlplus=$candidate && return; }
      done
      fail 69 "Tool 'sqlplus' is missing on this host"
      ;;
    sqlserver)
      require_private "$rds_folder/sqlcmd-$name"
      find_sqlcmd "$rds_folder/sqlcmd-$name"
      ;;
  esac
}

# Without this right the engine shows a role its own sessions only: nobody would be found, and all would seem well.
require_sight() {
  [[ $connection == local || $1 == "$2" ]] && return 0
  echo "the user of '$connection' may not see the sessions of others" >database.err
  return 1
}
