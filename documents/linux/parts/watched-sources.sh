#!/bin/bash
# The sources that must keep a clock right, and the one that takes over: which of them answer, and which are believed.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part
readonly probe_seconds=6
watched=() failing=() backup='' backup_kind='' backup_name=''
declare -A answered=() valid_before=()

# Says whether a name is an address; the others are the ids of reference clocks.
is_address() {
  [[ $1 == *[.:]* ]]
}

# Reads the names of the sources: addresses, or ids of up to four characters.
read_watched() {
  local name
  split_list sources "$1" 400
  ((${#items[@]} >= 1 && ${#items[@]} <= 8)) || fail 64 "Parameter sources must name 1 to 8 sources, received ${#items[@]}"
  for name in "${items[@]}"; do
    if is_address "$name"; then read_source sources "$name"; else read_clock_id sources "$name"; fi
  done
  watched=("${items[@]}")
}

read_clock_id() {
  [[ $2 =~ ^[0-9A-Za-z]{1,4}$ ]] || fail 64 "Parameter $1 must name addresses or clocks, received '${2:0:80}'"
}

# Reads what takes over: `server:ADDRESS`, `clock:ID` or `holdover`.
read_backup() {
  local value=$1
  case $value in
    server:*) read_source backup "${value#*:}" ;;
    clock:*) read_clock_id backup "${value#*:}" ;;
    holdover) ;;
    *) fail 64 "Parameter backup must be server:ADDRESS, clock:ID or holdover, received '${value:0:80}'" ;;
  esac
  backup=$value backup_kind=${value%%:*} backup_name=''
  [[ $value == holdover ]] || backup_name=${value#*:}
}

# Writes each address in the one spelling chronyc prints.
spell_sources() {
  local index
  for index in "${!watched[@]}"; do
    spell "${watched[index]}"
    watched[index]=$REPLY
  done
  [[ -z $backup_name ]] || { spell "$backup_name" && backup_name=$REPLY && backup=$backup_kind:$REPLY; }
  [[ " ${watched[*]} " != *" ${backup_name:--} "* ]] ||
    fail 64 "Parameter backup is one of the sources, '$backup_name'"
}

spell() {
  REPLY=$1
  is_address "$1" || return 0
  read -r REPLY _ < <(run getent ahosts "$1")
  [[ -n $REPLY ]] || fail 70 'getent cannot spell the addresses'
}

# Puts into REPLY how many packets of a server were valid so far.
read_valid() {
  REPLY=$(run chronyc -n ntpdata "$1" 2>/dev/null | awk -F: '/^Total valid RX/ { gsub(/ /, "", $2); print $2 }')
  [[ $REPLY =~ ^[0-9]+$ ]] || REPLY=''
}

# Asks every named source now: the daemon would take minutes to notice that one fell silent. What another incident took
# offline is left so. A reference clock is read all the time: it answers when one of its last three readings came.
ask_watched() {
  local name
  for name in "${watched[@]}"; do
    answered[$name]=no
    is_address "$name" || continue
    [[ -n ${source_state[$name]-} && -z ${other_holder[offline:$name]-} && ${phase[offline:$name]-} != held ]] || continue
    read_valid "$name"
    valid_before[$name]=$REPLY
    # A refusal shows as silence.
    [[ -z $REPLY ]] || tell_daemon burst 1/2 "$name" || valid_before[$name]=''
  done
  wait_until "$probe_seconds" have_answered || return 0
}

have_answered() {
  local name missing=0
  for name in "${watched[@]}"; do
    if ! is_address "$name"; then
      answered[$name]=no
      [[ ! ${source_reach[$name]-0} =~ [1-7]$ ]] || answered[$name]=yes
    elif [[ -n ${valid_before[$name]-} ]]; then
      read_valid "$name"
      ((${REPLY:-0} <= valid_before[$name])) || answered[$name]=yes
    fi
    [[ ${answered[$name]} == yes ]] || missing=$((missing + 1))
  done
  ((missing == 0))
}

# Says whether the daemon uses a source, or would.
is_usable() {
  answers "$1" && [[ ${source_state[$1]-} =~ ^(selected|combined|reachable)$ ]]
}

works() {
  [[ ${answered[$1]-} == yes ]] && is_usable "$1"
}

has_working() {
  local name
  for name in "${watched[@]}"; do [[ ${answered[$name]} != yes ]] || return 0; done
  return 1
}

# Says whether one of the named sources works and time does not come from one that fails.
is_kept() {
  local name found=false
  for name in "${watched[@]}"; do
    if works "$name"; then
      found=true
    elif [[ $name == "$selected" ]]; then
      return 1
    fi
  done
  $found && [[ -n $selected ]] && is_right
}

# Says whether the backup carries already: the daemon switched by itself, or another incident did.
is_carried() {
  local name
  is_right || return 1
  if [[ $backup_kind == holdover ]]; then
    for name in "${watched[@]}"; do
      [[ -n ${other_holder[offline:$name]-} || ${phase[offline:$name]-} == held ]] || return 1
      ! answers "$name" || return 1
    done
    return 0
  fi
  [[ $selected == "$backup_name" ]] && is_usable "$backup_name"
}

# Lists what has to go: the sources that do not work, and all of them where the clock is not right by them.
list_failing() {
  local name
  failing=()
  for name in "${watched[@]}"; do works "$name" || failing+=("$name"); done
  ((${#failing[@]} > 0)) || failing=("${watched[@]}")
}

# Prints the named sources, each with what it did when it was asked. Where not all have room, silence comes first.
print_watched() {
  local name word source silent=() answering=()
  for name in "${watched[@]}"; do
    word=silent
    [[ ${answered[$name]-} != yes ]] || word=answers
    printf -v source '{"name":"%s","answer":"%s","state":"%s"}' "$name" "$word" "${source_state[$name]:-absent}"
    if $is_cut && [[ $word == silent ]]; then silent+=("$source"); else answering+=("$source"); fi
  done
  print_list watched 500 "${silent[@]}" "${answering[@]}"
}
