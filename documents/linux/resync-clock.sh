#!/bin/bash
# Measures this host's clock against one source and, in mode step, puts it right: measure -> step -> measure again.
# What a running chronyd says of itself proves nothing, so the verdict rests on readings of our own. The hardware clock
# is written FROM the system clock: the other direction would bring the error back.
# shellcheck disable=SC2317 # the clock of the prelude gives way to a steady one
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/steady-time.sh
source parts/steady-time.sh
# shellcheck source=parts/clock.sh
source parts/clock.sh
readonly document=resync-clock
readonly most_steps=3 seconds_between_readings=1

mode='' source_address='' limit_us=0 stable_seconds=0
offset_before_us='' bound_before_us='' offset_after_us='' bound_after_us=''
within_limit=false stepped=false repeated=false stable=false daemon_runs=false readings=0 hardware_clock=untouched

print_verdict() {
  local numbers=() value
  for value in "$offset_before_us" "$bound_before_us" "$offset_after_us" "$bound_after_us"; do
    to_json_ms "$value"
    numbers+=("$REPLY")
  done
  printf '{"ok":%s,"document":"%s","incident":"%s","mode":"%s","source":"%s","offsetBeforeMs":%s,"boundBeforeMs":%s,' \
    "$1" "$document" "$incident" "$mode" "$source_address" "${numbers[@]:0:2}"
  printf '"offsetAfterMs":%s,"boundAfterMs":%s,"withinLimit":%s,"stepped":%s,"repeated":%s,"readings":%d,"stable":%s,' \
    "${numbers[@]:2}" "$within_limit" "$stepped" "$repeated" "$readings" "$stable"
  printf '"daemon":%s,"hardwareClock":"%s","timeZone":"%s","error":"%s"}\n' \
    "$daemon_runs" "$hardware_clock" "$(date +%z)" "$error"
}

read_parameters() {
  read_common_parameters
  local wanted_mode=${SSM_mode-} wanted_source=${SSM_source-} limit=${SSM_limitMs-} seconds=${SSM_stableSeconds-}
  [[ $wanted_mode =~ ^(measure|step)$ ]] ||
    fail 64 "Parameter mode must be measure or step, received '${wanted_mode:0:80}'"
  mode=$wanted_mode
  read_source source "$wanted_source"
  source_address=$wanted_source
  [[ $limit =~ ^(0|[1-9][0-9]{0,4})(\.[0-9]{1,3})?$ ]] ||
    fail 64 "Parameter limitMs must be milliseconds with up to three decimals, received '${limit:0:80}'"
  to_microseconds "$limit"
  limit_us=$REPLY
  ((limit_us > 0)) || fail 64 "Parameter limitMs must be above 0, received '$limit'"
  is_number "$seconds" 0 60 || fail 64 "Parameter stableSeconds must be 0 to 60, received '${seconds:0:80}'"
  stable_seconds=$seconds
}

# Takes one reading. A clock that cannot be read is never called right.
take_reading() {
  measure_clock "$source_address" || {
    within_limit=false stable=false
    check_deadline "measuring against '$source_address'"
    read_last_words "$probe_said"
    fail 65 "Cannot measure against '$source_address': $REPLY"
  }
  readings=$((readings + 1))
  if ((bound_us < limit_us)); then within_limit=true; else within_limit=false; fi
}

# Notes what was before the first step; a later run reports that, not what the first one made.
note_before() {
  if [[ -s clock-before.txt ]]; then
    read -r offset_before_us bound_before_us <clock-before.txt
    repeated=true
    return
  fi
  ! $within_limit || return 0
  echo "$offset_before_us $bound_before_us" >clock-before.tmp || fail 73 "Cannot write to '$state_dir'"
  mv clock-before.tmp clock-before.txt || fail 73 "Cannot write to '$state_dir'"
}

# Says whether a chronyd runs that can be talked to.
find_daemon() {
  daemon_runs=false
  run chronyc -n -c tracking >/dev/null 2>&1 && daemon_runs=true
}

# Puts the time of the daemon's last update of its own estimate into REPLY.
read_reference_time() {
  local fields
  IFS=, read -ra fields < <(run chronyc -n -c tracking 2>/dev/null)
  REPLY=${fields[3]-}
}

# Lets the daemon measure four times at once and step by what it found. Its estimate before that is the one that let
# the clock go wrong.
step_by_daemon() {
  local reference said bursts
  read_reference_time
  reference=$REPLY
  said=$(run chronyc burst 4/4 2>&1) || fail 70 "chronyd refuses a burst: $said"
  while true; do
    run sleep 0.5
    check_deadline 'waiting for chronyd to measure'
    IFS=, read -ra bursts < <(run chronyc -c activity 2>/dev/null)
    read_reference_time
    [[ -z $REPLY || $REPLY == "$reference" || ${bursts[2]-1}${bursts[3]-1} != 00 ]] || break
  done
  said=$(run chronyc makestep 2>&1) || fail 70 "chronyd refuses to step: $said"
  stepped=true
}

# Where no daemon runs, a chronyd of ours steps and ends. It keeps the default pid file on purpose: a daemon that only
# does not talk to us holds it, and then nothing is stepped behind its back.
step_alone() {
  local said
  said=$(run chronyd -q -t 10 "server $source_address iburst maxsamples 1" 'bindcmdaddress /' 'cmdport 0' 2>&1) ||
    { read_last_words "$said" && fail 70 "chronyd cannot step: $REPLY"; }
  stepped=true
}

step_until_within() {
  local round
  for ((round = 1; round <= most_steps; round++)); do
    if $daemon_runs; then step_by_daemon; else step_alone; fi
    take_reading
    keep_after
    $within_limit && return
  done
  fail 1 "The clock is not under the limit after $most_steps steps"
}

keep_after() {
  offset_after_us=$offset_us bound_after_us=$bound_us
}

# Reads again and again: a daemon that follows another source would pull the clock away within seconds.
watch_stability() {
  local until_ms said limit
  stable=true
  read_clock
  until_ms=$((REPLY + stable_seconds * 1000))
  while ((REPLY < until_ms)); do
    run sleep "$seconds_between_readings"
    take_reading
    keep_after
    $within_limit || { stable=false && fail 1 'The clock did not stay under the limit'; }
    read_clock
  done
  $daemon_runs || return 0
  printf -v limit '%d.%06d' $((limit_us / 1000000)) $((limit_us % 1000000))
  said=$(run chronyc waitsync 10 "$limit" 0 1 2>&1) ||
    { stable=false && fail 1 "chronyd is not in step within the limit: ${said##*$'\n'}"; }
}

# Writes the hardware clock and reads it back; it counts whole seconds. Some instances have none.
write_hardware_clock() {
  local said shown now
  if ! said=$(run hwclock --systohc 2>&1); then
    if [[ ! -e /sys/class/rtc/rtc0 ]]; then hardware_clock=none && return; fi
    hardware_clock=failed
    fail 70 "Cannot write the hardware clock: ${said//$'\n'/ }"
  fi
  hardware_clock=failed
  said=$(run hwclock --show 2>&1)
  # Before util-linux 2.30 it adds how long the reading took.
  said=${said%%  -*}
  shown=$(date -d "$said" +%s 2>/dev/null) || fail 70 "Cannot read back the hardware clock: ${said//$'\n'/ }"
  now=$(date +%s)
  ((shown - now <= 2 && now - shown <= 2)) || fail 70 "The hardware clock shows '$said' after it was written"
  hardware_clock=written
}

read_parameters
require_tools chronyd chronyc awk timeout flock date sleep mv rm
open_state_dir
take_reading
offset_before_us=$offset_us bound_before_us=$bound_us
if [[ $mode == measure ]]; then
  tell_verdict true
  exit 0
fi
find_daemon
keep_after
note_before
$within_limit || step_until_within
watch_stability
write_hardware_clock
check_deadline 'writing the hardware clock'
tell_verdict true
