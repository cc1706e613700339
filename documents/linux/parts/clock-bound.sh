#!/bin/bash
# How far the system clock may be off, as chronyd bounds it, and what the hardware clock says to it. Nothing is set.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part
readonly growth_seconds=2 most_hardware_seconds=2
limit_us=0 bound_us='' dispersion_ns='' growth_ppm='' under_limit_seconds='' hardware_words=''

# Turns milliseconds with up to three decimals into microseconds.
read_limit() {
  local text=$1 whole part=''
  [[ $text =~ ^(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?$ ]] ||
    fail 64 "Parameter limitMs must be milliseconds with up to three decimals, received '${text:0:80}'"
  whole=${text%%.*}
  [[ $text != *.* ]] || part=${text#*.}
  part=${part}000
  limit_us=$((10#$whole * 1000 + 10#${part:0:3}))
  ((limit_us > 0)) || fail 64 "Parameter limitMs must be above 0, received '$text'"
}

# Writes microseconds as a JSON number of milliseconds into REPLY; what was not read is null.
to_json_ms() {
  [[ -n $1 ]] || { REPLY=null && return; }
  printf -v REPLY '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# Reads the bound of the error: the offset that is being mended, half the way to the reference and back, and all that
# time and sources add to it. It grows while no source answers, so old readings count for what they are worth.
read_bound() {
  bound_us='' dispersion_ns=''
  read -r bound_us dispersion_ns < <(run chronyc -n -c tracking 2>/dev/null | awk -F, '
    function broken(text) { return text !~ /^-?[0-9]+(\.[0-9]+)?$/ }
    NF >= 14 && $14 == "Normal" && !broken($5) && !broken($11) && !broken($12) {
      bound = (($5 < 0 ? -$5 : $5) + $11 / 2 + $12) * 1e6
      printf "%.0f %.0f\n", int(bound) + (bound > int(bound)), $12 * 1e9
    }')
  [[ -n $bound_us ]]
}

# Says whether the clock is surely within the limit.
is_right() {
  read_bound && ((bound_us <= limit_us))
}

describe_bound() {
  local bound limit
  to_json_ms "$bound_us"
  bound=$REPLY
  to_json_ms "$limit_us"
  limit=$REPLY
  if [[ $bound == null ]]; then echo 'chronyd is not synchronised'; else echo "up to $bound ms off, limit $limit ms"; fi
}

# Measures how fast the bound grows now that no source mends it, and so how long it stays under the limit.
measure_growth() {
  local first_ns from_ms grown_ns
  read_bound || return 0
  first_ns=$dispersion_ns
  read_clock
  from_ms=$REPLY
  run sleep "$growth_seconds"
  read_bound || return 0
  read_clock
  grown_ns=$((dispersion_ns - first_ns))
  ((grown_ns > 0 && REPLY > from_ms && bound_us <= limit_us)) || return 0
  # Nanoseconds in a millisecond are parts per million.
  growth_ppm=$(awk -v grown="$grown_ns" -v ms="$((REPLY - from_ms))" 'BEGIN { printf "%.3f", grown / ms }')
  under_limit_seconds=$(((limit_us - bound_us) * (REPLY - from_ms) / grown_ns))
}

# Reads the hardware clock; it counts whole seconds, so it can tell a clock that was set wrong but not one that drifts.
# Some hosts have none.
read_hardware_clock() {
  local said shown now
  hardware_clock=none
  [[ -x $(type -P hwclock) ]] && said=$(run hwclock --show 2>/dev/null) || return 0
  # Before util-linux 2.30 it adds how long the reading took.
  shown=$(date -d "${said%%  -*}" +%s 2>/dev/null) || return 0
  now=$(date +%s)
  hardware_clock=agrees
  ((shown - now > most_hardware_seconds || now - shown > most_hardware_seconds)) || return 0
  hardware_clock=differs
  hardware_words="Hardware clock and system clock differ by $((shown - now)) s"
}
