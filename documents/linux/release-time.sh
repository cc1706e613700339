#!/bin/bash
# Puts the time sources back as they were before a lifeline was held by its backup: what went offline comes online, what
# was added goes. Works by the note on this host and compares three states: before, what was made of it, now. A restarted
# chronyd has forgotten it all by itself.
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
readonly document=release-time

was_changed=''

print_verdict() {
  printf '{"ok":%s,"document":"%s","incident":"%s","selected":"%s","daemon":"%s",%s,"error":"%s"}\n' \
    "$1" "$document" "$incident" "${selected//[^A-Za-z0-9.:_-]/ }" "$daemon" "$(print_things sources 1200)" "$error"
}

read_parameters() {
  read_common_parameters
  was_changed=${SSM_changed-}
  [[ $was_changed =~ ^(yes|no)?$ ]] ||
    fail 64 "Parameter changed must be yes, no or empty, received '${was_changed:0:80}'"
}

# Reads what was noted before the first change; without a note nothing may be taken away.
read_former() {
  local name state born
  if ((${#noted[@]} == 0)); then
    [[ $was_changed == no ]] || fail 3 'No note on this host says what was held'
  fi
  named=("${noted[@]}")
  for name in "${noted[@]}"; do
    read -r _ state born <<<"${former[$name]}"
    before[$name]=$state
    shown[$name]=${name#*:}
    [[ $name != add:* ]] || { added=$name && source_address=${name#*:} && told_daemon=${born#unknown}; }
  done
}

read_parameters
require_tools chronyc timeout flock sync mv sleep
open_state_dir
open_notes time-sources.note
read_former
find_daemon
read_sources
for name in "${named[@]}"; do [[ $name != offline:* ]] || put_online "$name"; done
check_deadline 'putting the former sources online'
[[ -z $added ]] || take_away
save_notes
read_results
check_deadline 'restoring the sources'
conclude
