#!/bin/bash
# What every switch of time sources does: the list is kept and each former state noted before anything is changed, and a
# switch that does not come about is taken back.
# shellcheck disable=SC2004,SC2034,SC2154 # associative arrays that the scripts around this part declare, read and set
added_now=false taken_now=()
# What this incident held before this run: taking back its own steps must not forget that.
declare -A was_held=()

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

# Finds out what a source that is to go offline was; what an incident noted first stays.
note_online() {
  recall_state "$1"
  if [[ -z $REPLY && -z ${source_state[${shown[$1]}]-} ]]; then REPLY=missing; fi
  if [[ -z $REPLY ]]; then read_online "${shown[$1]}"; fi
  before[$1]=$REPLY
}

# Finds out whether the source to add was there.
note_presence() {
  recall_state "$added"
  if [[ -z $REPLY ]]; then read_state "$source_address"; fi
  before[$added]=absent
  [[ $REPLY == absent ]] || before[$added]=present
}

# Notes everything on the disk before anything is changed.
save_before() {
  local name
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

# Takes a source offline. Whether it was so already shows by the count alone.
take_offline() {
  local name=$1 address=${shown[$1]} offline_before=$offline_count
  if [[ -z ${source_state[$address]-} ]]; then
    judge "$name" already-absent absent
    return
  fi
  tell_daemon offline "$address" || give_up 70 "chronyd refuses to take '$address' offline: $said"
  read_sources
  judge "$name" already-offline offline
  ((offline_count == offline_before)) || { taken_now+=("$name") && judge "$name" taken-offline offline; }
}

# Takes back what this run did, and only that: half a switch would leave the host with a source nobody vouches for.
give_up() {
  local code=$1 text=$2 name
  read_clock
  ((deadline_at_ms - REPLY > 3000)) || deadline_at_ms=$((REPLY + 3000))
  for name in "${taken_now[@]}"; do take_back "$name" online || text+="; ${shown[$name]} stays offline"; done
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
