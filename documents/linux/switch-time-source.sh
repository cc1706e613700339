#!/bin/bash
# Gives the running chronyd another time source and takes the failed one offline: add -> wait for an answer ->
# offline -> wait for the selection. The failed one goes only when the new one answers; else everything is as before.
# Reference clocks are listed and left alone.
# shellcheck disable=SC2317 # the clock of the prelude gives way to a steady one
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/steady-time.sh
source parts/steady-time.sh
# shellcheck source=parts/notes.sh
source parts/notes.sh
# shellcheck source=parts/time-sources.sh
source parts/time-sources.sh
readonly document=switch-time-source
readonly answer_seconds=20 selection_seconds=30

added_now=false taken_now=false
# What this incident held before this run: taking back its own steps must not forget that.
declare -A was_held=()

read_parameters() {
  read_common_parameters
  read_source source "${SSM_source-}"
  source_address=$SSM_source
  [[ -n ${SSM_failedSource-} ]] || return 0
  read_source failedSource "$SSM_failedSource"
  failed_address=$SSM_failedSource
}

# Keeps the list as it was before the first change of this incident.
keep_list() {
  [[ -s time-sources-before.txt ]] && return
  cp sources.raw time-sources-before.tmp || fail 73 "Cannot write to '$state_dir'"
  mv time-sources-before.tmp time-sources-before.txt || fail 73 "Cannot write to '$state_dir'"
}

# Puts into REPLY whether a source is online. chronyc only counts; where the count leaves it open, telling it to come
# online shows by the count whether it was.
read_online() {
  local offline_before=$offline_count state=online
  if ((offline_count > 0)); then
    tell_daemon online "$1" || fail 70 "chronyd refuses to put '$1' online: $said"
    read_sources
    if ((offline_count != offline_before)); then
      state=offline
      tell_daemon offline "$1" || fail 70 "chronyd refuses to take '$1' offline again: $said"
    fi
  fi
  REPLY=$state
}

# Notes what a source was, whether the restore has something to put back, and the daemon that knows of it.
note_source() {
  local has_work=inactive
  [[ ! ${before[$1]} =~ ^(absent|online)$ ]] || has_work=active
  note "$1" "$2" "$has_work ${before[$1]} ${daemon:-unknown}"
}

# Puts into REPLY what a source was when an incident first changed it. A chronyd started since knows of no change.
recall_state() {
  local state born
  recall "$1"
  read -r _ state born <<<"$REPLY"
  [[ ${born:-unknown} == unknown || -z $daemon || $born == "$daemon" ]] || state=''
  REPLY=$state
}

# Notes both before anything is changed; what an incident noted first stays.
note_before() {
  local name
  recall_state "$added"
  if [[ -z $REPLY ]]; then read_state "$source_address"; fi
  before[$added]=absent
  [[ $REPLY == absent ]] || before[$added]=present
  if [[ -n $taken ]]; then
    recall_state "$taken"
    if [[ -z $REPLY && -z ${source_state[$failed_address]-} ]]; then REPLY=missing; fi
    if [[ -z $REPLY ]]; then read_online "$failed_address"; fi
    before[$taken]=$REPLY
  fi
  for name in "${named[@]}"; do
    [[ ${phase[$name]-} != held ]] || was_held[$name]=yes
    read_state "${shown[$name]}"
    judge "$name" failed "$REPLY"
    note_source "$name" held
  done
  save_notes
}

add_source() {
  status[$added]=already-there
  [[ -z ${source_state[$source_address]-} ]] || return 0
  tell_daemon add server "$source_address" iburst minpoll 4 maxpoll 4 ||
    give_up 70 "chronyd refuses to add '$source_address': $said"
  added_now=true
  status[$added]=added
}

take_offline() {
  local offline_before=$offline_count
  [[ -n $taken ]] || return 0
  if [[ -z ${source_state[$failed_address]-} ]]; then
    judge "$taken" already-absent absent
    return
  fi
  tell_daemon offline "$failed_address" || give_up 70 "chronyd refuses to take '$failed_address' offline: $said"
  read_sources
  judge "$taken" already-offline offline
  ((offline_count == offline_before)) || { taken_now=true && judge "$taken" taken-offline offline; }
}

# Says whether time comes from a source that did not fail, and the new one is no worse than unneeded.
is_switched() {
  local fields
  [[ -n $selected && $selected != "$failed_address" ]] || return 1
  [[ ${source_state[$source_address]-} =~ ^(selected|combined|reachable)$ ]] || return 1
  IFS=, read -ra fields < <(run chronyc -n -c tracking 2>/dev/null)
  [[ ${fields[1]-} == "$selected" && ${fields[13]-} == Normal ]]
}

# Takes back what this run did, and only that: half a switch would leave the host with a source nobody vouches for.
give_up() {
  local code=$1 text=$2 name
  read_clock
  ((deadline_at_ms - REPLY > 3000)) || deadline_at_ms=$((REPLY + 3000))
  if $taken_now; then take_back "$taken" online || text+="; $failed_address stays offline"; fi
  if $added_now; then take_back "$added" delete || text+="; $source_address stays"; fi
  read_sources
  for name in "${named[@]}"; do
    read_state "${shown[$name]}"
    judge "$name" failed "$REPLY"
    [[ ${was_held[$name]-} ]] || note_source "$name" undone
  done
  save_notes
  fail "$code" "$text"
}

# Undoes one change of this run. What cannot be undone stays noted as held, for the restore.
take_back() {
  if tell_daemon "$2" "${shown[$1]}"; then was_held[$1]=''; else was_held[$1]=yes && return 1; fi
}

read_parameters
require_tools chronyc timeout flock sync mv cp sleep getent sha256sum
open_state_dir
name_sources
open_notes time-sources.note
find_daemon
read_sources
keep_list
note_before
add_source
wait_until "$answer_seconds" answers "$source_address" || give_up 1 "Source '$source_address' does not answer"
take_offline
wait_until "$selection_seconds" is_switched || give_up 1 "Time does not come from a source that works"
now[$added]=${source_state[$source_address]}
conclude
