#!/bin/bash
# Starts the services again that stop-service stopped, where they still are what the stop left behind.
# Compares three states: what was before, what the stop made of it, what is now; what fits none of it is left alone.
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
readonly document=start-service
# A service that dies of its start is up for a moment.
readonly settle_seconds=0.5

starting=() waiting=()
# Units to start again, by service.
declare -A parts=()

# Takes the services from the note of this incident: those that were active.
read_noted_services() {
  local name
  for name in "${noted[@]}"; do
    [[ ${former[$name]} != 'active '* ]] || { named+=("$name") && shown[$name]=$name; }
  done
  ((${#noted[@]} > 0)) || fail 3 'Parameter services is empty, and no note on this host says what was active'
}

# Finds the units that make up each service: those that ran. Without a note the parameter is the only witness, and
# knows the service alone.
find_parts() {
  local name list
  for name in "${named[@]}"; do
    parts[$name]=$name
    [[ ${phase[$name]-} ]] || continue
    list=${former[$name]##* }
    [[ $list == - ]] || parts[$name]=${list//,/ }
  done
}

are_up() {
  local part
  for part; do is_up "$part" || return 1; done
}

# Plans what to do with a service.
plan_start() {
  local name=$1 list files=${unit["$1 UnitFileState"]:--} former_files=''
  read -ra list <<<"${parts[$name]}"
  [[ -z ${phase[$name]-} ]] || read -r _ former_files _ <<<"${former[$name]}"
  read_state "$name"
  before[$name]=active
  judge "$name" drifted "$REPLY"
  if are_up "${list[@]}"; then
    now[$name]=active
    settle "$name" already-started
  elif [[ -n ${other_holder[$name]-} ]]; then
    trouble "$name is still stopped by incident ${other_holder[$name]}, whose release starts it"
    settle "$name" drifted
  elif [[ ${phase[$name]-} == undone ]]; then
    trouble "$name was started again already, and stopped by somebody since"
  elif ! is_startable "$name"; then
    trouble "$name has no unit file any more, or is masked"
  elif [[ -n $former_files && $former_files != "$files" ]]; then
    trouble "$name was $former_files before, and somebody made it $files"
  else
    judge "$name" failed "$REPLY"
    starting+=("${list[@]}")
    waiting+=("$name")
  fi
}

# Ends the hold on a service: this incident does not keep it down any more.
settle() {
  status[$1]=$2
  [[ -z ${phase[$1]-} ]] || note "$1" undone "${former[$1]}"
}

start_units() {
  ((${#starting[@]} > 0)) || return 0
  run systemctl start -- "${starting[@]}" >/dev/null 2>start.err
  run sleep "$settle_seconds"
  read_clock
  ((deadline_at_ms - REPLY > 1000)) || deadline_at_ms=$((REPLY + 1000))
}

# Looks at a service again: it is started when it and its sockets are up, and stay up.
judge_start() {
  local name=$1 list
  read -ra list <<<"${parts[$name]}"
  read_state "$name"
  now[$name]=$REPLY
  if are_up "${list[@]}" && [[ ${unit["$name NRestarts"]:-0} == 0 ]]; then
    # Before, too, a service that waits for its socket counted as active.
    now[$name]=active
    settle "$name" started
  else
    trouble "$name is ${unit["$name ActiveState"]} after its start: $(<start.err)"
  fi
}

read_common_parameters
read_services
require_tools systemctl timeout flock sync mv sleep
open_state_dir
open_notes services.note
((${#named[@]} > 0)) || read_noted_services
resolve_aliases
find_parts
read_with_triggers "${named[@]}"
read -ra all_parts <<<"${parts[*]}"
read_units "${all_parts[@]}"
for name in "${named[@]}"; do plan_start "$name"; done
check_deadline 'reading the services'
start_units
read_units "${all_parts[@]}"
for name in "${waiting[@]}"; do judge_start "$name"; done
save_notes
conclude
