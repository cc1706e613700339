#!/bin/bash
# Holds scheduled tasks until their release, over restarts too: note what was -> hold -> look again.
# A timer cannot be started any more, and what it started is stopped. A cron file is moved aside; what cron started
# from it before runs on, as nothing tells it from other processes.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/notes.sh
source parts/notes.sh
# shellcheck source=parts/units.sh
source parts/units.sh
# shellcheck source=parts/tasks.sh
source parts/tasks.sh
readonly document=hold-task

stopping=()
# What each task will be called if it is seen held in the end, and where the files of cron go.
declare -A goal=() target=()

# Plans a timer: what it was when an incident first held it, and whether it could be brought back.
plan_timer() {
  local task=$1 name=${1#timer:} state files current service
  recall "$task"
  read -r state files _ <<<"${REPLY:-- ${unit["$name UnitFileState"]:--} -}"
  read_state "$name"
  current=$REPLY
  # Active now means that somebody started it: this document never does. Else the first look counts.
  [[ $state != - && $current != active ]] || state=$current
  before[$task]=$state
  judge "$task" failed "$current"
  if [[ $current == missing ]]; then
    trouble "$name is missing on this host"
  elif [[ $current == active ]] && ! is_startable "$name"; then
    # No hold that cannot be undone: of a transient timer nothing is left to start again.
    trouble "$name runs, but has no unit file to start it again from: left as it is"
  else
    goal[$task]=held
    ! { is_drop_in_loaded "$name" && is_down "$name"; } || goal[$task]=already-held
    [[ $current != active ]] || stopping+=("$name")
    for service in ${unit["$name Triggers"]-}; do
      read_state "$service"
      [[ $REPLY != active ]] || stopping+=("$service")
    done
    REPLY=$(print_drop_in | run sha256sum) || fail 70 'Cannot digest a drop-in'
    note "$task" held "$state $files ${REPLY%% *}"
  fi
}

# Plans a file of cron. It may be there although it is held already: a run that ended midway, or somebody put one back.
plan_cron() {
  local task=$1 file=$cron_dir/${1#cron:} state held_as kept=$PWD/held-${1#cron:}
  before[$task]=active
  recall "$task"
  read -r state held_as <<<"$REPLY"
  describe_file "$file"
  if [[ -n $REPLY ]]; then
    judge "$task" failed active
    target[$task]=$kept
    # Never over what is kept already, unless it is the same file.
    [[ -z $state || $held_as == "$REPLY $kept" ]] || target[$task]=$kept-$started_at_ms
    goal[$task]=held
    note "$task" held "${state:-active} ${held_as:-$REPLY $kept}"
  elif [[ -e $file || -L $file ]]; then
    judge "$task" failed active
    trouble "'$file' is no regular file that can be read: left as it is"
  elif [[ -n $state ]]; then
    judge "$task" failed inactive
    goal[$task]=already-held
    note "$task" held "$state $held_as"
  else
    before[$task]=missing
    judge "$task" failed missing
    trouble "'$file' is missing on this host"
  fi
}

# Writes the drop-ins; systemd reads them all at once.
hold_timers() {
  local task reload=false path
  for task in "${named[@]}"; do
    [[ $task == timer:* && -n ${goal[$task]-} ]] || continue
    find_drop_in "${task#timer:}"
    path=$REPLY
    reload=true
    [[ -d ${path%/*} ]] || mkdir -m 755 "${path%/*}" 2>/dev/null
    # systemd reads no file that does not end in `.conf`: it never sees half a one.
    { print_drop_in >"$path.new" && chmod 644 "$path.new" && run sync "$path.new" && mv -fT "$path.new" "$path"; } \
      2>hold.err || trouble "Cannot write '$path': $(<hold.err)"
  done
  ! $reload || run systemctl daemon-reload >/dev/null 2>hold.err || trouble "Cannot reload systemd: $(<hold.err)"
}

hold_files() {
  local task
  for task in "${!target[@]}"; do
    mv -fT -- "$cron_dir/${task#cron:}" "${target[$task]}" 2>hold.err || trouble "Cannot move $task: $(<hold.err)"
  done
}

# Looks at a timer again: it is held when it is down with all it started, and systemd knows of the hold.
judge_timer() {
  local task=$1 name=${1#timer:} part alive=''
  read_state "$name"
  now[$task]=$REPLY
  [[ -n ${goal[$task]-} ]] || return 0
  for part in "$name" ${unit["$name Triggers"]-}; do is_down "$part" || alive+="${alive:+, }$part"; done
  if [[ -n $alive ]]; then
    trouble "$name still runs after its stop, seen in $alive"
  elif ! is_drop_in_loaded "$name"; then
    trouble "systemd does not know that $name is held"
  else
    status[$task]=${goal[$task]}
  fi
}

# Looks at a file of cron again: it is held when it is gone there, and what is kept is what was there.
judge_cron() {
  local task=$1 file=$cron_dir/${1#cron:} held_as
  [[ -n ${goal[$task]-} ]] || return 0
  held_as=${former[$task]#active }
  if [[ -e $file || -L $file ]]; then
    trouble "'$file' is still there"
    return
  fi
  now[$task]=inactive
  describe_file "${held_as##* }"
  if [[ "$REPLY ${held_as##* }" == "$held_as" ]]; then
    status[$task]=${goal[$task]}
  else
    trouble "'${held_as##* }' is not the file that was at '$file'"
  fi
}

read_common_parameters
read_tasks
((${#named[@]} > 0)) || fail 64 'Parameter tasks names nothing'
require_tools timeout flock sync mv sha256sum stat chmod
open_state_dir
open_notes tasks.note
read_timers
for name in "${named[@]}"; do "plan_${name%%:*}" "$name"; done
check_deadline 'reading the tasks'
save_notes
remember_processes "${stopping[@]}"
hold_timers
hold_files
stop_units "${stopping[@]}"
read_timers
for name in "${named[@]}"; do "judge_${name%%:*}" "$name"; done
conclude
