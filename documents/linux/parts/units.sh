#!/bin/bash
# Units of systemd: what they are, whether they could be started again, and whether a stop really ended them.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
declare -A unit=() born=() cgroup=()
unit_properties=Id,Names,LoadState,ActiveState,UnitFileState,FragmentPath,DropInPaths
readonly unit_properties+=,MainPID,NRestarts,ControlGroup,TriggeredBy,Triggers

# Refuses what this host cannot lose: the agent that undoes us, the ways in for people, clocks, the bus, the network,
# and nftables, whose stop flushes every table of the host, ours too.
refuse_protected() {
  case ${1%.service} in
    amazon-ssm-agent* | snap.amazon-ssm-agent.* | ssh | sshd | ssh@* | sshd@* | sshd-* | systemd-* | dbus | dbus-* | \
      chrony* | ntp | ntpd | ntpsec | ntpd-* | openntpd | ptp4l* | phc2sys* | timemaster | \
      NetworkManager | networking | network | wicked* | dhcpcd* | nftables | user@* | init)
      fail 64 "Parameter $2 names '$1', which is never stopped"
      ;;
  esac
}

# Reads properties of units into `unit`, keyed by name and property. Whatever cannot be read ends the script.
read_units() {
  (($# > 0)) || return 0
  local name line position=0 names=("$@")
  for name; do unit["$name LoadState"]=''; done
  run systemctl show "--property=$unit_properties" -- "$@" >units.raw 2>units.err ||
    fail 70 "Cannot read units with systemctl: $(<units.err)"
  # One block of lines a unit, in the order they were asked for, with an empty line in between.
  while IFS= read -r line && ((position < $#)); do
    if [[ -z $line ]]; then ((position += 1)); else unit["${names[position]} ${line%%=*}"]=${line#*=}; fi
  done <units.raw
  for name; do
    [[ -n ${unit["$name LoadState"]} && -n ${unit["$name ActiveState"]-} ]] ||
      fail 70 "Cannot read unit '$name': systemctl says nothing of it"
  done
}

# Puts the state of a unit into REPLY. On the way up, down or round counts as active: there are processes to lose.
read_state() {
  case ${unit["$1 LoadState"]}/${unit["$1 ActiveState"]} in
    not-found/inactive | not-found/failed) REPLY=missing ;;
    */inactive) REPLY=inactive ;;
    */failed) REPLY=failed ;;
    *) REPLY=active ;;
  esac
}

# Says whether a unit is active in one of the ways that need nothing more to happen.
is_up() {
  [[ ${unit["$1 ActiveState"]} =~ ^(active|reloading|refreshing)$ ]]
}

# Says whether systemd could start the unit; a transient one is gone for good with its stop.
is_startable() {
  [[ ${unit["$1 LoadState"]} == loaded && -e ${unit["$1 FragmentPath"]-} &&
    ! ${unit["$1 UnitFileState"]-} =~ ^(transient|bad|masked.*)$ ]]
}

# Puts the moment of birth of a living process into REPLY; with it a process id means the same process later.
read_birth() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  REPLY=${fields[19]}
  # A zombie holds nothing any more, it only waits to be read.
  [[ ${fields[0]} != [ZX] ]]
}

# Remembers the main process and the control group of units, which systemd forgets with their end.
remember_processes() {
  local name pid
  for name; do
    pid=${unit["$name MainPID"]-0}
    [[ ! $pid =~ ^[1-9][0-9]*$ ]] || ! read_birth "$pid" || born[$name]="$pid $REPLY"
    cgroup[$name]=${unit["$name ControlGroup"]-}
  done
}

# Says whether a unit is down: inactive, its main process gone, and nobody left in its control group.
is_down() {
  local known=${born[$1]-}
  [[ ${unit["$1 ActiveState"]} =~ ^(inactive|failed)$ ]] || return 1
  [[ -z $known ]] || ! read_birth "${known% *}" || [[ $REPLY != "${known#* }" ]] || return 1
  [[ -z ${cgroup[$1]-} ]] || is_empty_group "${cgroup[$1]}"
}

# KillMode=process leaves children behind, and a unit without a main process has nothing but its group to tell of it.
is_empty_group() {
  local mount file line
  shopt -s globstar
  for mount in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    if [[ -e $mount$1/cgroup.events ]]; then
      # It speaks for the groups below as well.
      while read -r line; do [[ $line != 'populated 1' ]] || return 1; done <"$mount$1/cgroup.events"
    else
      for file in "$mount$1"/**/cgroup.procs; do
        # Files of this kind have no size: only reading tells.
        [[ ! -e $file ]] || ! read -r _ <"$file" || return 1
      done
    fi
  done 2>/dev/null # a group that vanishes meanwhile is empty
}

# Stops units, all at once, and leaves a second to look when the stop took all the time there was. What systemctl says
# is only kept for the verdict's error.
stop_units() {
  (($# > 0)) || return 0
  run systemctl stop -- "$@" >/dev/null 2>stop.err
  read_clock
  ((deadline_at_ms - REPLY > 1000)) || deadline_at_ms=$((REPLY + 1000))
}
