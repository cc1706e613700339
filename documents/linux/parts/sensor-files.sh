#!/bin/bash
# The files of the host sensor, as they are installed and removed, and how they are told from somebody else's.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part
readonly sensor_files=(/usr/local/lib/connection-fuse/sensor.sh /etc/connection-fuse/sensor.conf
  /etc/systemd/system/connection-fuse-sensor.service /etc/systemd/system/connection-fuse-sensor.timer)
readonly timer=connection-fuse-sensor.timer service=connection-fuse-sensor.service
# No incident has a `_`, so none shares the directory in which the sensor keeps what it saw.
readonly sensor_dir=host_sensor
digest='' timer_state=''

# Puts the checksums of the files into REPLY, one a line; a missing file has none.
read_sums() {
  local file
  REPLY=''
  for file in "${sensor_files[@]}"; do
    [[ ! -e $file ]] || REPLY+=$(run sha256sum "$file")$'\n'
  done
}

# Puts one digest of checksums into REPLY; of none, nothing.
digest_sums() {
  [[ -n $1 ]] || { REPLY='' && return; }
  REPLY=$(printf %s "$1" | run sha256sum)
  REPLY=${REPLY%% *}
}

# Reads what systemd makes of the timer: `active` when it will start the sensor again.
read_timer() {
  timer_state=$(run systemctl is-active "$timer" 2>/dev/null)
  timer_state=${timer_state//[^a-z-]/}
}
