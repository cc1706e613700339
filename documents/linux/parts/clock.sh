#!/bin/bash
# Measures the system clock against one source without touching it. Offsets are whole microseconds; a positive one
# means that this host's clock is behind.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part
offset_us='' bound_us='' probe_place='' probe_said=''

# Turns milliseconds with up to three decimals into microseconds, in REPLY.
to_microseconds() {
  local whole=${1%%.*} part=''
  [[ $1 != *.* ]] || part=${1#*.}
  part=${part}000
  REPLY=$((10#$whole * 1000 + 10#${part:0:3}))
}

# Writes microseconds as a JSON number of milliseconds into REPLY; what was not measured is null.
to_json_ms() {
  local absolute=${1#-} sign=''
  [[ -n $1 ]] || { REPLY=null && return; }
  [[ $1 != -* ]] || sign=-
  printf -v REPLY '%s%d.%03d' "$sign" $((absolute / 1000)) $((absolute % 1000))
}

# Asks the source once, with a chronyd of our own that controls nothing and stands beside the running one. Its log has
# what makes the error's bound: half of the way there and back and all dispersion, the source's own included.
ask_source() {
  local address=$1 place=$2 user=$3 wrong='System clock wrong by (-?[0-9]+\.[0-9]+) seconds \(ignored\)'
  rm -f "$place/measurements.log"
  probe_said=$(run chronyd -Q -t 5 "server $address iburst maxsamples 1" "pidfile $place/connection-fuse.pid" \
    'bindcmdaddress /' 'cmdport 0' "logdir $place" 'log measurements' ${user:+"user $user"} 2>&1) || return 1
  [[ $probe_said =~ $wrong && -r $place/measurements.log ]] || return 1
  # A leap that is pending or unknown is not Normal; chronyd itself refuses a source that is not synchronised.
  read -r offset_us bound_us < <(awk -v seconds="${BASH_REMATCH[1]}" '
    function number(text) { if (text !~ /^-?[0-9.]+(e[-+][0-9]+)?$/) broken = 1; return text + 0 }
    function ceiling(value) { return int(value) + (value > int(value)) }
    $1 ~ /^[0-9]+-[0-9]+-[0-9]+$/ { leap = $4; delay = number($13) + number($15); spread = number($14) + number($16) }
    END {
      if (leap != "N" || broken) exit
      size = seconds < 0 ? -seconds : seconds
      printf "%.0f %.0f\n", seconds * 1e6, ceiling((size + delay / 2 + spread) * 1e6)
    }' "$place/measurements.log")
  rm -f "$place/measurements.log"
  [[ -n $bound_us ]] || { probe_said='its leap status is not Normal' && return 1; }
}

# Puts what chronyd says for its failure into REPLY: the line before it ends.
read_last_words() {
  REPLY=${1%$'\n'*' chronyd exiting'}
  REPLY=${REPLY##*$'\n'}
}

# Measures into offset_us and bound_us. Where a profile of AppArmor or SELinux keeps chronyd to its own directories,
# it may not write into ours: then it uses its own, and lowers its privileges as ever.
measure_clock() {
  local place
  for place in ${probe_place:-"$state_dir" /var/lib/chrony}; do
    offset_us='' bound_us=''
    if [[ $place == "$state_dir" ]]; then ask_source "$1" "$place" root; else ask_source "$1" "$place" ''; fi &&
      probe_place=$place && return 0
    [[ $probe_said != *'Timeout reached'* ]] || break
  done
  return 1
}
