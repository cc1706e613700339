#!/bin/bash
# Stops services of this host and looks whether they are gone: note what was -> stop -> read the units again.
# What was not active is left as it is; start-service starts again what was.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/notes.sh
source parts/notes.sh
# shellcheck source=parts/units.sh
source parts/units.sh
# shellcheck source=parts/services.sh
source parts/services.sh
readonly document=stop-service

stopping=()
# What each service will be called if it is seen down in the end.
declare -A goal=()

# Plans what to do with a service, from what it is now and what it was when an incident first stopped it.
plan_stop() {
  local name=$1 part found state files pid known=() running=()
  recall "$name"
  read -r state files pid found <<<"${REPLY:-- ${unit["$name UnitFileState"]:--} ${unit["$name MainPID"]:-0} -}"
  [[ $found == - ]] || IFS=, read -ra known <<<"$found"
  list_triggers "$name"
  # Sockets come first: at the start they would be refused by a service that is already up.
  for part in "${triggers[@]}" "$name"; do
    read_state "$part"
    [[ $REPLY != active ]] || running+=("$part")
  done
  # Active now means that somebody started it: this document never does. Else the first look counts.
  if ((${#running[@]} > 0)); then state=active; elif [[ $state == - ]]; then state=$REPLY; fi
  before[$name]=$state
  judge "$name" failed "$REPLY"
  if [[ $REPLY == missing ]] && ((${#running[@]} == 0)); then
    trouble "$name is missing on this host"
  elif ! are_startable "${running[@]}"; then
    # No cut that cannot be undone: of a transient unit nothing is left to start again.
    trouble "$name runs, but has no unit file to start it again from: left as it is"
  else
    goal[$name]=already-stopped
    ((${#running[@]} == 0)) || goal[$name]=stopped
    stopping+=("${running[@]}")
    join_parts "${known[@]}" "${running[@]}"
    note "$name" held "$state $files $pid $REPLY"
  fi
}

are_startable() {
  local part
  for part; do is_startable "$part" || return 1; done
}

# Joins the units that ran into REPLY, each of them once.
join_parts() {
  local part
  REPLY=''
  for part; do [[ ,$REPLY, == *",$part,"* ]] || REPLY+="${REPLY:+,}$part"; done
  REPLY=${REPLY:--}
}

# Looks at a service again: it is stopped when all that could bring it back is down too.
judge_stop() {
  local name=$1 part alive=''
  read_state "$name"
  now[$name]=$REPLY
  [[ -n ${goal[$name]-} ]] || return 0
  list_triggers "$name"
  for part in "${triggers[@]}" "$name"; do is_down "$part" || alive+="${alive:+, }$part"; done
  if [[ -z $alive ]]; then
    status[$name]=${goal[$name]}
  else
    now[$name]=active
    trouble "$name still runs after its stop, seen in $alive"
  fi
}

read_common_parameters
read_services
((${#named[@]} > 0)) || fail 64 'Parameter services names nothing'
require_tools systemctl timeout flock sync mv
open_state_dir
open_notes services.note
resolve_aliases
read_with_triggers "${named[@]}"
for name in "${named[@]}"; do plan_stop "$name"; done
check_deadline 'reading the services'
save_notes
remember_processes "${stopping[@]}"
stop_units "${stopping[@]}"
read_with_triggers "${named[@]}"
for name in "${named[@]}"; do judge_stop "$name"; done
conclude
