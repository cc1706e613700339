#!/bin/bash
# What every document about time needs: a clock that nobody sets, and the addresses of time sources.
# shellcheck disable=SC2034,SC2154 # read and set by the scripts around this part

# Puts milliseconds since boot into REPLY, in the place of the prelude's reading: deadlines must outlive a step.
read_clock() {
  local uptime
  read -r uptime _ </proc/uptime
  REPLY=$((10#${uptime//./} * 10))
}

# Reads the address of a time source. Loopback is this host: measured against itself every clock is right.
read_source() {
  local name=$1 value=$2
  { [[ $value != */* ]] && is_cidr "$value"; } ||
    fail 64 "Parameter $name must be one address, received '${value:0:80}'"
  [[ $value != 127.* ]] || fail 64 "Parameter $name must be another host, received '$value'"
}
