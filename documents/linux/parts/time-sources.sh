#!/bin/bash
# The time sources of the running chronyd, as chronyc lists them. What is changed here lives in the daemon's memory
# only: a restart of it is an undo too.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part
declare -A source_state=() source_reach=() shown=()
source_address='' failed_address='' added='' taken='' said='' daemon=''
selected='' hardware_sources=() source_count=0 offline_count=0

# Names the two things of a switch, each address in the one spelling chronyc prints; the caller may use any of IPv6.
# A source that one switch adds may be what the next one takes offline, so the notes tell the two apart.
name_sources() {
  read -r source_address _ < <(run getent ahosts "$source_address")
  [[ -z $failed_address ]] || read -r failed_address _ < <(run getent ahosts "$failed_address")
  [[ -n $source_address ]] || fail 70 'getent cannot spell the addresses'
  [[ $source_address != "$failed_address" ]] ||
    fail 64 "Parameters source and failedSource are the same, '$source_address'"
  added=add:$source_address
  named=("$added")
  shown[$added]=$source_address
  [[ -z $failed_address ]] || name_failed
}

name_failed() {
  taken=offline:$failed_address
  named+=("$taken")
  shown[$taken]=$failed_address
}

# Finds the chronyd of this network namespace: process id and birth, for a restarted one has forgotten what we told it.
# Measurements start one of their own for moments, so the oldest counts.
find_daemon() {
  local file stat fields oldest=''
  daemon=''
  for file in /proc/[0-9]*/comm; do
    { [[ $(<"$file") == chronyd ]] && [[ ${file%/comm}/ns/net -ef /proc/self/ns/net ]]; } 2>/dev/null || continue
    { stat=$(<"${file%/comm}/stat"); } 2>/dev/null || continue
    read -ra fields <<<"${stat##*) }"
    [[ -z $oldest ]] || ((fields[19] < oldest)) || continue
    oldest=${fields[19]} daemon=${stat%% *}-${fields[19]}
  done
}

# Lists the sources with their states and how many are online. A reference clock has a word for its name, mode `#`.
read_sources() {
  local mode state name stratum poll reach counts
  run chronyc -n -c sources >sources.raw 2>&1 || fail 65 "Cannot list time sources: $(<sources.raw)"
  IFS=, read -ra counts < <(run chronyc -c activity 2>/dev/null)
  ((${#counts[@]} == 5)) || fail 65 'Cannot count time sources: chronyc activity says nothing'
  offline_count=$((counts[1] + counts[3]))
  source_state=() source_reach=() selected='' hardware_sources=() source_count=0
  while IFS=, read -r mode state name stratum poll reach _; do
    source_count=$((source_count + 1))
    read_state_word "$state"
    source_state[$name]=$REPLY source_reach[$name]=$reach
    [[ $REPLY != selected ]] || selected=$name
    [[ $mode != '#' ]] || hardware_sources+=("\"${name//[^A-Za-z0-9.:_-]/ } $REPLY\"")
  done <sources.raw
}

# Puts the word for chronyc's sign into REPLY.
read_state_word() {
  case $1 in
    '*') REPLY=selected ;;
    '+') REPLY=combined ;;
    '-') REPLY=reachable ;;
    x) REPLY=false-ticker ;;
    '~') REPLY=too-variable ;;
    *) REPLY=unusable ;;
  esac
}

# Puts the state of a source into REPLY.
read_state() {
  REPLY=${source_state[$1]:-absent}
}

# Says whether a source answered lately; taken offline, it starts again from nothing.
answers() {
  [[ ${source_reach[$1]:-0} != 0 ]]
}

# Tells the daemon something; its refusal ends up in `said`.
tell_daemon() {
  said=$(run chronyc "$@" 2>&1)
}

# Reads the sources again and again until a condition holds, for at most so many seconds.
wait_until() {
  local most_seconds=$1 until_ms
  shift
  read_clock
  until_ms=$((REPLY + most_seconds * 1000))
  while true; do
    read_sources
    "$@" && return 0
    read_clock
    ((REPLY < until_ms && REPLY < deadline_at_ms - 1000)) || return 1
    run sleep 0.5
  done
}

print_verdict() {
  local digest=''
  [[ ! -r time-sources-before.txt ]] || digest=$(sha256sum time-sources-before.txt)
  printf '{"ok":%s,"document":"%s","incident":"%s","source":"%s","failedSource":"%s","selected":"%s","daemon":"%s",' \
    "$1" "$document" "$incident" "$source_address" "$failed_address" "${selected//[^A-Za-z0-9.:_-]/ }" "$daemon"
  printf '%s,%s,"sourceCount":%d,"listFile":"%s","listDigest":"%s","error":"%s"}\n' \
    "$(print_things sources 400)" "$(print_list hardwareSources 400 "${hardware_sources[@]}")" "$source_count" \
    "${digest:+$state_dir/time-sources-before.txt}" "${digest%% *}" "$error"
}
