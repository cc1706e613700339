#!/bin/bash
# What every way back does: three states are compared, and what somebody else changed or needs is left as it is.
# shellcheck disable=SC2004,SC2034,SC2154 # associative arrays that the scripts around this part declare, read and set
readonly answer_seconds=20
told_daemon=''

# Ends the hold on a source: this incident does not need it any more.
settle() {
  status[$1]=$2
  [[ -z ${phase[$1]-} ]] || note "$1" undone "${former[$1]}"
}

# Leaves a source to another incident that needs it as it is. It knows the same former state, so this one's hold ends.
is_needed_elsewhere() {
  [[ -n ${other_holder[$1]-} ]] || return 1
  trouble "${shown[$1]} is still held by incident ${other_holder[$1]}, whose restore puts it back"
  settle "$1" drifted
}

# Puts a former source online. Whether it was offline shows by the count alone.
put_online() {
  local name=$1 address=${shown[$1]} offline_before=$offline_count
  judge "$name" drifted ''
  if [[ ${before[$name]} != online || ${phase[$name]-} == undone ]]; then
    settle "$name" already-undone
  elif [[ -z ${source_state[$address]-} ]]; then
    trouble "$address is no source any more"
  elif ! is_needed_elsewhere "$name"; then
    status[$name]=failed
    tell_daemon online "$address" || { trouble "chronyd refuses to put $address online: $said" && return; }
    read_sources
    settle "$name" already-undone
    ((offline_count == offline_before)) || settle "$name" undone
  fi
}

# Says whether some other source answers than the one that is about to go.
another_answers() {
  local name
  for name in "${!source_reach[@]}"; do
    [[ $name == "$source_address" ]] || ! answers "$name" || return 0
  done
  return 1
}

# Takes our source away, but never the last one that answers: without any the clock would drift unseen.
take_away() {
  judge "$added" drifted ''
  if [[ ${before[$added]} == present || -z ${source_state[$source_address]-} ]]; then
    settle "$added" already-undone
  elif [[ ${phase[$added]-} == undone ]]; then
    trouble "$source_address was taken away already, and somebody added it since"
  elif [[ -n $told_daemon && -n $daemon && $told_daemon != "$daemon" ]]; then
    trouble "chronyd was restarted since: the $source_address it has now is not ours"
  elif [[ -n ${other_holder["offline:$source_address"]-} ]]; then
    # Its restore wants to find the source; afterwards ours can go.
    trouble "$source_address is held offline by incident ${other_holder["offline:$source_address"]}: restore that first"
  elif ! is_needed_elsewhere "$added"; then
    status[$added]=failed
    wait_until "$answer_seconds" another_answers ||
      { trouble "No other source answers: $source_address is kept" && return; }
    tell_daemon delete "$source_address" || { trouble "chronyd refuses to delete $source_address: $said" && return; }
    read_sources
    [[ -z ${source_state[$source_address]-} ]] || { trouble "$source_address is still there" && return; }
    settle "$added" undone
  fi
}

# Reads what became of each source, for the verdict.
read_results() {
  local name
  read_sources
  for name in "${named[@]}"; do
    read_state "${shown[$name]}"
    now[$name]=$REPLY
  done
}
