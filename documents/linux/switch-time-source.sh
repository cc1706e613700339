#!/bin/bash
# Gives the running chronyd another time source and takes the failed one offline: add -> wait for an answer ->
# offline -> wait for the selection. The failed one goes only when the new one answers; else everything is as before.
# Reference clocks are listed and left alone.
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
# shellcheck source=parts/switch-sources.sh
source parts/switch-sources.sh
readonly document=switch-time-source
readonly answer_seconds=20 selection_seconds=30

read_parameters() {
  read_common_parameters
  read_source source "${SSM_source-}"
  source_address=$SSM_source
  [[ -n ${SSM_failedSource-} ]] || return 0
  read_source failedSource "$SSM_failedSource"
  failed_address=$SSM_failedSource
}

# Says whether time comes from a source that did not fail, and the new one is no worse than unneeded.
is_switched() {
  local fields
  [[ -n $selected && $selected != "$failed_address" ]] || return 1
  [[ ${source_state[$source_address]-} =~ ^(selected|combined|reachable)$ ]] || return 1
  IFS=, read -ra fields < <(run chronyc -n -c tracking 2>/dev/null)
  [[ ${fields[1]-} == "$selected" && ${fields[13]-} == Normal ]]
}

read_parameters
require_tools chronyc timeout flock sync mv cp sleep getent sha256sum
open_state_dir
name_sources
open_notes time-sources.note
find_daemon
read_sources
keep_list
note_presence
[[ -z $taken ]] || note_online "$taken"
save_before
add_source
wait_until "$answer_seconds" answers "$source_address" || give_up 1 "Source '$source_address' does not answer"
[[ -z $taken ]] || take_offline "$taken"
wait_until "$selection_seconds" is_switched || give_up 1 "Time does not come from a source that works"
now[$added]=${source_state[$source_address]}
conclude
