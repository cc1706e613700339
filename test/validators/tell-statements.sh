#!/bin/bash
# Calls every function of documents/linux/parts that talks to a database, with clients that only write down what they
# are told. Records go to stdout, their four fields ended by NUL: engine, function, connection, text. First come the
# functions there are, without an engine. Takes a folder for files of its own; runs in the folder of the parts.
# shellcheck disable=SC1090,SC2034 # the parts are found by name, and read what is set here
set -uo pipefail
readonly folder=$1
answer=''

exec 3>&1 1>/dev/null
for part in database-clients.sh sessions-*.sh; do source "$part"; done

record() { printf '%s\0' "$@" >&3; }

# Stands in for all clients; who called its caller is the function that is judged.
write_down() {
  record "$engine" "${FUNCNAME[2]}" "$connection" "$(cat)"
  printf '%s\n' "$answer"
}
run_postgresql() { write_down; }
run_mysql() { write_down; }
run_oracle() { write_down; }
run_sqlserver() { write_down; }
# What a role may see is asked for, and never in the way.
require_sight() { true; }

select_everything() {
  users=(batch other.user) clients=(10.0.0.0/12 192.0.2.7 2001:db8::/33) applications=(loader cron-job)
  golden=(198.51.100.7 2001:db8:1::/48) spare=(zabbix repl) min_age=60
  # MySQL: performance_schema is on.
  answer=$'1\t1\t1'
}

select_nothing() {
  users=() clients=() applications=() golden=() spare=() min_age=0
  answer=$'0\t1\t1'
}

write_identities() {
  case $engine in
    postgresql) printf '%s\n' 4711-1795402923123456 4712-1795402923123457 ;;
    mariadb | mysql) printf '%s\n' 57-0123456789abcdef0123456789abcdef 58-fedcba9876543210fedcba9876543210 ;;
    oracle) printf '%s\n' 132-874-1 133-9-2 ;;
    sqlserver) printf '%s\n' 57-2026-11-23T01:02:03.123 58-2026-11-23T01:02:04 ;;
  esac >"$folder/identities"
}

tell_all() {
  local tell
  select_everything && "list_$engine"
  select_nothing && "list_$engine"
  for tell in kill find_alive count_rolled_back; do
    [[ $(type -t "${tell}_$engine") != function ]] || "${tell}_$engine" "$folder/identities"
  done
  [[ $(type -t "set_login_$engine") == function ]] || return 0
  "read_logins_$engine" batch other.user
  if [[ $engine == postgresql ]]; then
    "set_login_$engine" batch -1 0
  else
    answer=$'batch@%\tunlocked\tbound' && "set_login_$engine" batch@% unlocked locked
    answer=$'batch@%\tlocked\tbound' && "set_login_$engine" batch@% locked unlocked
  fi
}

for name in $(compgen -A function); do
  [[ $name != run_* && $(declare -f "$name") =~ run_(postgresql|mysql|oracle|sqlserver) ]] && record '' "$name" '' ''
done
for engine in postgresql mariadb mysql oracle sqlserver; do
  write_identities
  for connection in local rds:orders; do tell_all; done
done
