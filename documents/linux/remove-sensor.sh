#!/bin/bash
# Removes the sensor of this host, if it is still the one that was installed. What it saw stays on the host.
# shellcheck disable=SC2317 # the clock of the prelude gives way to a steady one
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/steady-time.sh
source parts/steady-time.sh
# shellcheck source=parts/sensor-files.sh
source parts/sensor-files.sh
readonly document=remove-sensor

state='' sums='' noted=''

print_verdict() {
  printf '{"ok":%s,"document":"%s","incident":"%s","state":"%s","sensorDigest":"%s","timer":"%s","error":"%s"}\n' \
    "$1" "$document" "$incident" "$state" "$digest" "$timer_state" "$error"
}

# Says whether every file that is there is as it was installed. Missing ones are no drift: a removal that was
# interrupted must be able to end.
is_ours() {
  local line
  digest_sums "$noted"
  if [[ -z $noted || (-n $expected && $REPLY != "$expected") ]]; then
    [[ -n $expected && $digest == "$expected" ]]
    return
  fi
  while IFS= read -r line; do
    [[ -z $line || $'\n'$noted == *$'\n'"$line"$'\n'* ]] || return 1
  done <<<"$sums"
}

read_common_parameters
expected=${SSM_expectedDigest-}
[[ $expected =~ ^([0-9a-f]{64})?$ ]] ||
  fail 64 "Parameter expectedDigest must be empty or 64 of 0-9 a-f, received '${expected:0:80}'"
require_tools systemctl timeout flock sha256sum rm rmdir
open_state_dir
read_sums
sums=$REPLY
digest_sums "$sums"
digest=$REPLY
noted=$(cat "../$sensor_dir/installed.sums" 2>/dev/null)
[[ -z $noted ]] || noted+=$'\n'
read_timer
if [[ -z $sums && $timer_state != active ]]; then
  state=already-removed
  tell_verdict true
  exit 0
fi
if ! is_ours; then
  state=drifted
  fail 3 "The sensor is not the one that was installed: left as it is"
fi
check_deadline 'comparing the sensor'
said=$(run systemctl disable --now "$timer" 2>&1)
run systemctl stop "$service" >/dev/null 2>&1
rm -f "${sensor_files[@]}" || fail 70 'Cannot remove the files of the sensor'
rmdir "${sensor_files[0]%/*}" "${sensor_files[1]%/*}" 2>/dev/null
run systemctl daemon-reload >/dev/null 2>&1
# Neither exit code is the proof; what is left is.
read_sums
read_timer
[[ -z $REPLY && $timer_state != active ]] || fail 70 "The sensor is still there: $said"
rm -f "../$sensor_dir/installed.sums"
state=removed
tell_verdict true
