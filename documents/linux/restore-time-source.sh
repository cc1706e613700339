#!/bin/bash
# Puts the time sources back as they were before a switch: the former one online, ours deleted. Compares three states:
# what was before, what the switch made of it, what is now. A restarted chronyd has forgotten the switch by itself.
# shellcheck disable=SC2317 # the clock of the prelude gives way to a steady one
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/steady-time.sh
source parts/steady-time.sh
# shellcheck source=parts/notes.sh
source parts/notes.sh
# shellcheck source=parts/time-sources.sh
source parts/time-sources.sh
# shellcheck source=parts/put-back-sources.sh
source parts/put-back-sources.sh
readonly document=restore-time-source

was_added='' was_taken=''

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

read_parameters
require_tools chronyc timeout flock sync mv sleep getent sha256sum
open_state_dir
name_sources
open_notes time-sources.note
read_former
find_daemon
read_sources
[[ -z $taken ]] || put_online "$taken"
check_deadline 'putting the former source online'
take_away
save_notes
read_results
check_deadline 'restoring the sources'
conclude
