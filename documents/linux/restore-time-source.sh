#!/bin/bash
# Puts the time sources back as they were before a switch: the former one online, ours deleted. Compares three states:
# what was before, what the switch made of it, what is now. A restarted chronyd has forgotten the switch by itself.
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
readonly document=restore-time-source
readonly answer_seconds=20

was_added='' was_taken='' told_daemon=''

read_parameters() {
  read_common_parameters
  local added_text=${SSM_added-} taken_text=${SSM_takenOffline-} daemon_text=${SSM_daemon-}
  read_source source "${SSM_source-}"
  source_address=$SSM_source
  [[ $added_text =~ ^(yes|no)?$ ]] || fail 64 "Parameter added must be yes, no or empty, received '${added_text:0:80}'"
  [[ $taken_text =~ ^(yes|no)?$ ]] ||
    fail 64 "Parameter takenOffline must be yes, no or empty, received '${taken_text:0:80}'"
  [[ $daemon_text =~ ^([1-9][0-9]{0,9}-[0-9]{1,20})?$ ]] ||
    fail 64 "Parameter daemon must be a process id and its birth, received '${daemon_text:0:80}'"
  was_added=$added_text was_taken=$taken_text told_daemon=$daemon_text
  [[ -n ${SSM_failedSource-} ]] || return 0
  read_source failedSource "$SSM_failedSource"
  failed_address=$SSM_failedSource
}

# Fills in from the note on this host what no parameter says; without either nothing may be taken away.
read_former() {
  local state born
  read -r _ state born <<<"${former[$added]-}"
  if [[ -n $was_added ]]; then
    state=present
    [[ $was_added == no ]] || state=absent
  fi
  [[ -n $state ]] || fail 3 "Parameter added is empty, and no note on this host says what '$source_address' was"
  before[$added]=$state
  [[ -n $told_daemon || ${born:-unknown} == unknown ]] || told_daemon=$born
  [[ -n $taken ]] || recall_failed
  [[ -n $taken ]] || return 0
  read -r _ state _ <<<"${former[$taken]-}"
  if [[ -n $was_taken ]]; then
    state=offline
    [[ $was_taken == no ]] || state=online
  fi
  [[ -n $state ]] || fail 3 "Parameter takenOffline is empty, and no note on this host says what '$failed_address' was"
  before[$taken]=$state
}

# Takes the former source from the note where no parameter says anything of it, if there is no doubt which one.
recall_failed() {
  local name candidates=()
  [[ -z $was_taken ]] || return 0
  for name in "${noted[@]}"; do
    [[ $name != offline:* || ${former[$name]} != 'active '* ]] || candidates+=("$name")
  done
  ((${#candidates[@]} == 1)) || return 0
  failed_address=${candidates[0]#*:}
  name_failed
}

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

# Puts the former source online. Whether it was offline shows by the count alone.
restore_failed() {
  local offline_before=$offline_count
  judge "$taken" drifted ''
  if [[ ${before[$taken]} != online || ${phase[$taken]-} == undone ]]; then
    settle "$taken" already-undone
  elif [[ -z ${source_state[$failed_address]-} ]]; then
    trouble "$failed_address is no source any more"
  elif ! is_needed_elsewhere "$taken"; then
    status[$taken]=failed
    tell_daemon online "$failed_address" ||
      { trouble "chronyd refuses to put $failed_address online: $said" && return; }
    read_sources
    settle "$taken" already-undone
    ((offline_count == offline_before)) || settle "$taken" undone
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
restore_source() {
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

read_parameters
require_tools chronyc timeout flock sync mv sleep getent sha256sum
open_state_dir
name_sources
open_notes time-sources.note
read_former
find_daemon
read_sources
[[ -z $taken ]] || restore_failed
check_deadline 'putting the former source online'
restore_source
save_notes
read_sources
for name in "${named[@]}"; do
  read_state "${shown[$name]}"
  now[$name]=$REPLY
done
check_deadline 'restoring the sources'
conclude
