#!/bin/bash
# Keeps the clock of a lifeline right and cuts nothing: asks the named sources -> they answer and the clock is right: all
# stays as it is; they fail: the backup is made sure of -> the failed ones go offline -> the selection and the error's
# bound are read back. What does not come about is taken back. Nothing here steps a clock.
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
# shellcheck source=parts/watched-sources.sh
source parts/watched-sources.sh
# shellcheck source=parts/clock-bound.sh
source parts/clock-bound.sh
readonly document=hold-time
readonly answer_seconds=20 selection_seconds=30 settling_seconds=10

result=failed changed=false hardware_clock=unread

print_verdict() {
  local numbers=() value digest=''
  [[ ! -r time-sources-before.txt ]] || digest=$(sha256sum time-sources-before.txt)
  for value in "$bound_us" "$limit_us"; do
    to_json_ms "$value"
    numbers+=("$REPLY")
  done
  printf '{"ok":%s,"document":"%s","incident":"%s","backup":"%s","result":"%s","changed":%s,"selected":"%s",' \
    "$1" "$document" "$incident" "$backup" "$result" "$changed" "${selected//[^A-Za-z0-9.:_-]/ }"
  printf '"daemon":"%s",%s,%s,"sourceCount":%d,"boundMs":%s,"limitMs":%s,' \
    "$daemon" "$(print_watched)" "$(print_things sources 560)" "$source_count" "${numbers[@]}"
  printf '"growthPpm":%s,"underLimitSeconds":%s,"hardwareClock":"%s","listFile":"%s","listDigest":"%s","error":"%s"}\n' \
    "${growth_ppm:-null}" "${under_limit_seconds:-null}" "$hardware_clock" \
    "${digest:+$state_dir/time-sources-before.txt}" "${digest%% *}" "$error"
}

read_parameters() {
  read_common_parameters
  read_watched "${SSM_sources-}"
  read_backup "${SSM_backup-}"
  read_limit "${SSM_limitMs-}"
}

# Ends the script where all is well without us.
keep() {
  result=$1
  tell_verdict true
  exit 0
}

# Makes sure of the backup before a source is touched. A server is added, a reference clock must be there already:
# chronyd learns of new ones only from its configuration.
prepare_backup() {
  case $backup_kind in
    server)
      add_source
      wait_until "$answer_seconds" answers "$backup_name" || give_up 1 "Backup '$backup_name' does not answer"
      ;;
    clock)
      wait_until "$settling_seconds" answers "$backup_name" || give_up 1 "Reference clock '$backup_name' does not answer"
      ;;
    holdover)
      read_hardware_clock
      [[ $hardware_clock != differs ]] || give_up 1 "$hardware_words: nobody vouches for either"
      is_right || give_up 1 "The clock is not right enough to go on alone: $(describe_bound)"
      ;;
  esac
}

# Says whether time comes from what did not fail and the clock is right by it; in holdover, that nothing pulls at it.
is_held() {
  local name
  is_right || return 1
  for name in "${failing[@]}"; do
    [[ $selected != "$name" || $backup_kind == holdover ]] || return 1
    ! is_address "$name" || ! answers "$name" || return 1
  done
  [[ $backup_kind == holdover ]] || is_usable "$backup_name"
}

# Notes everything, then switches over. Reference clocks cannot be taken offline: one that fails is silent or outvoted.
switch_over() {
  local name
  named=()
  if [[ $backup_kind == server ]]; then
    source_address=$backup_name added=add:$backup_name
    shown[$added]=$backup_name
    named+=("$added")
    note_presence
  fi
  for name in "${failing[@]}"; do
    is_address "$name" || continue
    named+=("offline:$name")
    shown[offline:$name]=$name
    note_online "offline:$name"
  done
  save_before
  ((${#named[@]} == 0)) || changed=true
  prepare_backup
  for name in "${named[@]}"; do [[ $name != offline:* ]] || take_offline "$name"; done
  wait_until "$selection_seconds" is_held || give_up 1 "Time does not come from the backup '$backup': $(describe_bound)"
  [[ -z $added ]] || now[$added]=${source_state[$backup_name]}
}

read_parameters
require_tools chronyc timeout flock sync mv cp sleep getent sha256sum awk date
open_state_dir
spell_sources
open_notes time-sources.note
find_daemon
read_sources
ask_watched
if has_working && wait_until "$settling_seconds" is_kept; then keep kept; fi
if is_carried; then
  [[ $backup_kind != holdover ]] || read_hardware_clock
  keep carried
fi
list_failing
keep_list
switch_over
[[ $backup_kind != holdover ]] || measure_growth
result=switched
conclude
