#!/bin/bash
# How loaded this host is: CPU, connections of the classes, or their bytes a second. Each look takes a second.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
load_kind='' high_mark=0 low_mark=0 load=0 connections=0 rate=0

# Reads a mark of the load. As the load is rounded up, a whole number compares like the exact one.
read_mark() {
  [[ $2 =~ ^(0|[1-9][0-9]{0,11})$ && ($load_kind != cpu || $2 -le 100) ]] ||
    fail 64 "Parameter $1 must be a whole number, at most 100 for cpu, received '${2:0:80}'"
  REPLY=$2
}

# Reads what load is, and where shedding starts and ends.
read_load() {
  local wanted=${SSM_load-}
  [[ $wanted =~ ^(cpu|connections|bytes)$ ]] ||
    fail 64 "Parameter load must be cpu, connections or bytes, received '${wanted:0:80}'"
  load_kind=$wanted
  read_mark highMark "${SSM_highMark-}"
  high_mark=$REPLY
  read_mark lowMark "${SSM_lowMark-}"
  low_mark=$REPLY
  ((low_mark <= high_mark)) || fail 64 "Parameter lowMark is $low_mark, above highMark $high_mark"
}

# Puts busy and all clock ticks of every CPU into REPLY. What the hypervisor steals was wanted here and is no idling.
read_ticks() {
  local user nice system idle iowait irq softirq steal busy
  read -r _ user nice system idle iowait irq softirq steal _ </proc/stat
  busy=$((user + nice + system + irq + softirq + steal))
  REPLY="$busy $((busy + idle + iowait))"
}

# Looks twice, a second apart, and puts the load, rounded up, into `load`.
measure_load() {
  local first_ms second_ms ticks_before ticks_after totals
  : >ss.err
  : >classed
  : >held
  read_clock
  first_ms=$REPLY
  run ss "${scope_options[@]}" state established "${filters[0]}" >first.raw 2>>ss.err || echo "ss ended with $?" >>ss.err
  read_ticks
  ticks_before=$REPLY
  run sleep 1
  read_ticks
  ticks_after=$REPLY
  read_clock
  second_ms=$REPLY
  run ss "${scope_options[@]}" state established "${filters[0]}" >second.raw 2>>ss.err || echo "ss ended with $?" >>ss.err
  list_classes
  check_deadline 'measuring the load'
  [[ ! -s ss.err ]] || fail 65 "Cannot list sockets: $(<ss.err)"
  totals=$(classify $((second_ms - first_ms))) || fail 70 'Cannot tell the classes of sockets'
  read -r connections rate <<<"$totals"
  case $load_kind in
    connections) load=$connections ;;
    bytes) load=${rate%.*} && [[ $rate == *.000 ]] || load=$((load + 1)) ;;
    cpu) load=$(to_percent "$ticks_before" "$ticks_after") ;;
  esac
}

# Says how busy the CPUs were between two looks, in percent, rounded up.
to_percent() {
  local busy_before all_before busy_after all_after all
  read -r busy_before all_before <<<"$1"
  read -r busy_after all_after <<<"$2"
  all=$((all_after - all_before))
  ((all > 0)) || all=1
  echo $(((100 * (busy_after - busy_before) + all - 1) / all))
}
