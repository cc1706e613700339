#!/bin/bash
# Parameters of a hunt for database sessions: whom to match, whom never. Every name and address is checked here, so that
# what later stands between quotes in a statement holds no quote.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly name_list='^([A-Za-z0-9._-]{1,64}( [A-Za-z0-9._-]{1,64})*)?$'
engine='' mode='' hold_logins=no min_age=0
users=() clients=() applications=() golden=() spare=()

# Splits a list of names, with what names may hold beyond addresses, into `items`.
split_names() {
  local name=$1 value=$2
  items=()
  ((${#value} <= 1024)) || fail 64 "Parameter $name has ${#value} characters, at most 1024 are wanted"
  [[ $value =~ $name_list ]] || fail 64 "Parameter $name is not a list of names: '${value:0:80}'"
  IFS=' ' read -ra items <<<"$value"
}

# Splits a list of addresses into `items`. A golden channel counts by its peer alone: through a pool or a port mapping
# the port of the channel is not the one the database sees.
split_addresses() {
  local name=$1 position item
  split_list "$name" "$2" 8192
  for position in "${!items[@]}"; do
    item=${items[position]}
    if [[ $name == golden && $item =~ ^(in|out)@([^@]+)@(any|[1-9][0-9]{0,4})$ ]]; then
      item=${BASH_REMATCH[2]}
      [[ ${BASH_REMATCH[3]} == any ]] || is_number "${BASH_REMATCH[3]}" 1 65535 ||
        fail 64 "Parameter golden holds no port: '${items[position]}'"
    fi
    is_cidr "$item" || fail 64 "Parameter $name holds no CIDR: '${items[position]:0:80}'"
    items[position]=$item
  done
}

# Reads which sessions are meant. Without a condition every session would be: that is refused, not done.
read_selection() {
  local age=${SSM_minAgeSeconds-}
  split_names users "${SSM_users-}"
  users=("${items[@]}")
  split_addresses clients "${SSM_clients-}"
  clients=("${items[@]}")
  split_names applications "${SSM_applications-}"
  applications=("${items[@]}")
  split_addresses golden "${SSM_golden-}"
  golden=("${items[@]}")
  split_names spare "${SSM_spare-}"
  spare=("${items[@]}")
  is_number "$age" 0 604800 || fail 64 "Parameter minAgeSeconds must be 0 to 604800, received '${age:0:80}'"
  min_age=$age
  ((${#users[@]} + ${#clients[@]} + ${#applications[@]} > 0)) ||
    fail 64 'At least one of users, clients, applications must be given: an empty selection would be everybody'
}

# Reads engine, connection, mode and whether logins are held, and refuses what the engine cannot tell.
read_session_parameters() {
  local wanted=${SSM_engine-} how=${SSM_mode-} hold=${SSM_holdLogins-} where=${SSM_connection-}
  [[ $wanted =~ ^(postgresql|mariadb|mysql|oracle|sqlserver)$ ]] ||
    fail 64 "Parameter engine must be postgresql, mariadb, mysql, oracle or sqlserver, received '${wanted:0:80}'"
  engine=$wanted
  [[ $where =~ ^(local|rds:[A-Za-z0-9_-]{1,63})$ ]] ||
    fail 64 "Parameter connection must be local or rds:NAME, received '${where:0:80}'"
  connection=$where
  [[ $how =~ ^(list|kill)$ ]] || fail 64 "Parameter mode must be list or kill, received '${how:0:80}'"
  mode=$how
  [[ $hold =~ ^(yes|no)$ ]] || fail 64 "Parameter holdLogins must be yes or no, received '${hold:0:80}'"
  hold_logins=$hold
  [[ $hold_logins == no || $mode == kill ]] || fail 64 'Parameter holdLogins is yes, but mode list changes nothing'
  read_selection
  case $engine in
    oracle)
      # gv$session knows no address, and the machine's name is the client's own word.
      ((${#clients[@]} + ${#golden[@]} == 0)) ||
        fail 64 'Oracle does not tell addresses of sessions: clients and golden cannot be honoured there'
      ;;
    sqlserver)
      [[ "${clients[*]}" != *:* ]] || fail 64 'Parameter clients holds IPv6, which is not compared on SQL Server'
      ;;
  esac
  # What holds a login is let go by a document that knows the host's own database only.
  [[ $hold_logins == no || ($connection == local && $engine =~ ^(postgresql|mariadb|mysql)$) ]] ||
    fail 64 "Logins of engine '$engine' at '$connection' cannot be held: holdLogins must be no"
}
