#!/bin/bash
# Lets go of the tasks that hold-task held, where they still are what the hold left behind.
# Compares three states: what was before, what the hold made of it, what is now; what fits none of it is left alone.
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
readonly document=release-task

waiting=() starting=()

# Takes the tasks from the note of this incident.
read_noted_tasks() {
  local task
  ((${#noted[@]} > 0)) || fail 3 'Parameter tasks is empty, and no note on this host says what was held'
  for task in "${noted[@]}"; do named+=("$task") && shown[$task]=$task; done
}

# Ends the hold on a task: this incident has no part in it any more.
settle() {
  status[$1]=$2
  [[ -z ${phase[$1]-} ]] || note "$1" undone "${former[$1]}"
}

# Leaves a task to the other incident that holds it, which has the former state on its own note.
yield() {
  settle "$1" drifted
  trouble "${1#*:} is still held by incident ${other_holder[$1]}, whose release brings it back"
}

# Plans a timer. The state it had is on the note alone: without it nothing is known, and nothing done.
plan_timer() {
  local task=$1 name=${1#timer:} state files wanted drop_in found
  read -r state files wanted <<<"${former[$task]-}"
  read_state "$name"
  before[$task]=${state:-unknown}
  judge "$task" drifted "$REPLY"
  find_drop_in "$name"
  drop_in=$REPLY
  digest_file "$drop_in"
  found=$REPLY
  if [[ -z ${phase[$task]-} ]]; then
    trouble "No note on this host says what $name was"
  elif [[ ! -e $drop_in && ( ${phase[$task]} == undone || $wanted != - ) ]]; then
    # Nothing of ours is left: somebody lifted the hold, or an earlier run of this document did.
    if [[ $state != active ]] || is_up "$name"; then
      settle "$task" already-released
    elif [[ -n ${other_holder[$task]-} ]]; then
      yield "$task"
    else
      trouble "$name is not held any more, and not active as it was before"
    fi
  elif ! is_startable "$name"; then
    trouble "$name has no unit file any more, or is masked; '$drop_in' still holds it"
  elif [[ $files != "${unit["$name UnitFileState"]:--}" ]]; then
    trouble "$name was $files before, and somebody made it ${unit["$name UnitFileState"]:--}; '$drop_in' still holds it"
  elif [[ -e $drop_in && $wanted != - && $found != "$wanted" ]]; then
    trouble "'$drop_in' is not the one that was set"
  else
    judge "$task" failed inactive
    waiting+=("$task")
    # The start comes after the lifting: a run that ends in between must still know that the lifting was its own.
    note "$task" held "$state $files -"
    [[ $state != active || -n ${other_holder[$task]-} ]] || starting+=("$name")
  fi
}

# Plans a file of cron.
plan_cron() {
  local task=$1 file=$cron_dir/${1#cron:} state held_as
  read -r state held_as <<<"${former[$task]-}"
  before[$task]=${state:-unknown}
  judge "$task" drifted missing
  describe_file "$file"
  if [[ -z ${phase[$task]-} ]]; then
    trouble "No note on this host says what '$file' was"
  elif [[ -e $file || -L $file ]]; then
    now[$task]=active
    if [[ -n $REPLY && $held_as == "$REPLY "* ]]; then
      settle "$task" already-released
    else
      trouble "'$file' is there, and is not the file that was held"
    fi
  elif [[ -n ${other_holder[$task]-} ]]; then
    yield "$task"
  elif [[ ${phase[$task]} == undone ]]; then
    trouble "'$file' was put back already, and taken away by somebody since"
  elif ! find_kept "$task"; then
    trouble "'${held_as##* }' is not the file that was at '$file' any more"
  else
    judge "$task" failed inactive
    waiting+=("$task")
  fi
}

# Puts the path of the file that is kept into REPLY: its own place, or half way back where an earlier run ended.
find_kept() {
  local held_as=${former[$1]#active } place
  for place in "${held_as##* }" "$cron_dir/.${1#cron:}.connection-fuse"; do
    describe_file "$place"
    if [[ -n $REPLY && $held_as == "$REPLY "* ]]; then
      REPLY=$place
      return
    fi
  done
  return 1
}

# Removes the drop-ins and starts the timers that were active.
release_timers() {
  local task reload=false
  for task in "${waiting[@]}"; do
    [[ $task == timer:* ]] || continue
    find_drop_in "${task#timer:}"
    reload=true
    rm -f "$REPLY" 2>release.err || trouble "Cannot remove '$REPLY': $(<release.err)"
    # The directory may hold others' drop-ins: then it stays.
    rmdir "${REPLY%/*}" 2>/dev/null
  done
  $reload || return 0
  run systemctl daemon-reload >/dev/null 2>release.err || trouble "Cannot reload systemd: $(<release.err)"
  ((${#starting[@]} == 0)) || run systemctl start -- "${starting[@]}" >/dev/null 2>release.err ||
    trouble "systemctl says: $(<release.err)"
}

# Puts the files of cron back. The last step is a rename: cron never sees half a file, nor one with a leading dot.
release_files() {
  local task half
  for task in "${waiting[@]}"; do
    [[ $task == cron:* ]] || continue
    half=$cron_dir/.${task#cron:}.connection-fuse
    {
      find_kept "$task" && { [[ $REPLY == "$half" ]] || mv -fT -- "$REPLY" "$half"; } &&
        mv -nT -- "$half" "$cron_dir/${task#cron:}"
    } 2>release.err || trouble "Cannot put $task back: $(<release.err)"
  done
}

judge_timer() {
  local task=$1 name=${1#timer:}
  read_state "$name"
  now[$task]=$REPLY
  find_drop_in "$name"
  if [[ -e $REPLY ]] || is_drop_in_loaded "$name"; then
    trouble "$name is still held by '$REPLY'"
  elif [[ -n ${other_holder[$task]-} ]]; then
    yield "$task"
  elif [[ " ${starting[*]} " == *" $name "* ]] && ! is_up "$name"; then
    trouble "$name is ${unit["$name ActiveState"]} after its start"
  else
    settle "$task" released
  fi
}

judge_cron() {
  local task=$1 file=$cron_dir/${1#cron:}
  describe_file "$file"
  if [[ -n $REPLY && ${former[$task]} == "active $REPLY "* ]]; then
    now[$task]=active
    settle "$task" released
  else
    trouble "'$file' is not what it was before"
  fi
}

read_common_parameters
read_tasks
require_tools timeout flock sync mv sha256sum stat
open_state_dir
open_notes tasks.note
((${#named[@]} > 0)) || read_noted_tasks
read_timers
for name in "${named[@]}"; do "plan_${name%%:*}" "$name"; done
check_deadline 'reading the tasks'
save_notes
release_timers
release_files
read_timers
for name in "${waiting[@]}"; do "judge_${name%%:*}" "$name"; done
save_notes
conclude
