#!/bin/bash
# What hold-task and release-task have in common. A task is a systemd timer or a file of /etc/cron.d.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly cron_dir=/etc/cron.d unit_dir=/etc/systemd/system
declare -A shown=()
timers=() services=()

print_verdict() {
  printf '{"ok":%s,"document":"%s","incident":"%s",%s,"error":"%s"}\n' \
    "$1" "$document" "$incident" "$(print_things tasks 1200)" "$error"
}

# Reads the tasks into `named`, as `timer:NAME.timer` or `cron:NAME`.
read_tasks() {
  local list=${SSM_tasks-} manner=${SSM_manner-} name item items=()
  local timer_pattern='^timer:[a-zA-Z0-9][a-zA-Z0-9@_.:-]{0,99}$' cron_pattern='^cron:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,99}$'
  ((${#list} <= 564)) || fail 64 "Parameter tasks has ${#list} characters, at most 564 are wanted"
  [[ $list != *[!a-zA-Z0-9@_.:\ -]* && $list != ' '* && $list != *' ' && $list != *'  '* ]] ||
    fail 64 "Parameter tasks is not a list separated by single blanks: '${list:0:80}'"
  # Here a held task is kept aside whatever the manner is; on Windows it makes a difference.
  [[ $manner =~ ^(disable|remove)$ ]] || fail 64 "Parameter manner must be disable or remove, received '${manner:0:80}'"
  IFS=' ' read -ra items <<<"$list"
  ((${#items[@]} <= 5)) || fail 64 "Parameter tasks names ${#items[@]} tasks, at most 5 are wanted"
  for item in "${items[@]}"; do
    name=${item%.timer}
    if [[ $name =~ $timer_pattern && $name != *@ ]]; then
      name+=.timer
      refuse_protected "${name#timer:}" tasks
    elif [[ $item =~ $cron_pattern ]]; then
      name=$item
    else
      fail 64 "Parameter tasks names no task: '$item'"
    fi
    [[ -n ${shown[$name]-} ]] || named+=("$name")
    shown[$name]=$item
  done
}

# Reads the timers among the tasks, and what they start.
read_timers() {
  local name service alias
  timers=() services=()
  for name in "${named[@]}"; do [[ $name == cron:* ]] || timers+=("${name#timer:}"); done
  ((${#timers[@]} > 0)) || return 0
  require_tools systemctl
  read_units "${timers[@]}"
  for name in "${timers[@]}"; do
    for service in ${unit["$name Triggers"]-}; do
      # A blank or worse in a name cannot be told from two names.
      [[ $service =~ ^[a-zA-Z0-9@_.:\\-]+$ ]] || fail 70 "Cannot read what '$name' starts: '$service'"
      services+=("$service")
    done
  done
  read_units "${services[@]}"
  for service in "${services[@]}"; do
    for alias in ${unit["$service Names"]-}; do refuse_protected "$alias" tasks; done
  done
}

# Puts the path of our drop-in of a timer into REPLY.
find_drop_in() {
  REPLY=$unit_dir/$1.d/50-connection-fuse-$incident.conf
}

# A failed assertion keeps everybody from starting the timer, over restarts too, and tells a person who tries.
# Enabling and disabling moves links that cannot all be put back, and a mask does not hold where the unit lies in /etc.
print_drop_in() {
  echo "# Held by incident $incident of connection-fuse; its release-task document lets go of it."
  echo '[Unit]'
  echo 'AssertPathExists=!/'
}

# Says whether systemd has read our drop-in of a timer.
is_drop_in_loaded() {
  find_drop_in "$1"
  [[ " ${unit["$1 DropInPaths"]-} " == *" $REPLY "* ]]
}

# Puts the digest of a regular file into REPLY; empty when there is none, or none that can be read.
digest_file() {
  REPLY=''
  [[ -f $1 && ! -L $1 ]] || return 0
  REPLY=$(run sha256sum <"$1") || REPLY=''
  REPLY=${REPLY%% *}
}

# Puts digest, mode and owner of a regular file into REPLY, as notes have them; empty when it cannot be read.
describe_file() {
  local digest
  digest_file "$1"
  digest=$REPLY
  REPLY=''
  [[ -z $digest ]] || REPLY=$(run stat -c "$digest %a %u:%g" -- "$1") || REPLY=''
}
