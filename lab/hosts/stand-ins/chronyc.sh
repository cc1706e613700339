#!/bin/bash
# Stands in for chronyc beside the stand-in of chronyd: a daemon that runs, has just measured, and steps when it is told.
# Where the server has time sources, they are lines of a file: name, online or offline, right, wrong or silent, and how
# often it answered. A majority of wrong ones is believed, as by any chronyd, and the clock is 200 ms off by it.
set -u
file=$STAND_IN/time-sources
names=() selected=''
declare -A mode=() answer=() valid=()

is_clock() {
  [[ $1 != *[.:]* ]]
}

is_heard() {
  [[ ${mode[$1]} == online && ${answer[$1]} != silent ]]
}

read_sources() {
  local name state word count wrong='' right='' wrongs=0
  while read -r name state word count; do
    names+=("$name")
    mode[$name]=$state answer[$name]=$word valid[$name]=$count
    is_heard "$name" || continue
    if [[ $word == wrong ]]; then
      wrongs=$((wrongs + 1))
      [[ -n $wrong ]] || wrong=$name
    elif [[ -z $right ]]; then
      right=$name
    fi
  done <"$file"
  selected=$right
  ((wrongs < 2)) || selected=$wrong
}

write_sources() {
  local name
  for name in "${names[@]}"; do echo "$name ${mode[$name]} ${answer[$name]} ${valid[$name]}"; done >"$file.new"
  mv "$file.new" "$file"
}

print_sources() {
  local name sign reach kind
  for name in "${names[@]}"; do
    sign='?' reach=0 kind='^'
    if is_heard "$name"; then
      sign=x reach=377
      [[ ${answer[$name]} != "${answer[$selected]}" ]] || sign='+'
      [[ $name != "$selected" ]] || sign='*'
    fi
    ! is_clock "$name" || kind='#'
    echo "$kind,$sign,$name,1,4,$reach,1,0,0,0"
  done
}

# Without any source the bound grows by one millionth, as chronyd counts it by default.
print_tracking() {
  local offset=0.000020
  [[ -z $selected || ${answer[$selected]} != wrong ]] || offset=0.200000
  awk -v offset="$offset" -v name="$selected" -v up="$(cut -d' ' -f1 /proc/uptime)" -v since="$(<"$file.since")" \
    'BEGIN { printf "7F7F0101,%s,2,1,%s,0,0,0,0,0,0.000010,%.9f,1,Normal\n", name, offset, 0.00001 + (up - since) / 1e6 }'
}

answer_about_sources() {
  local last=${!#} count=0 name
  # A reader may have gone on before its chronyc ended: the next one must not meet a file half written.
  exec 7>"$file.lock" && flock 7
  read_sources
  case " $* " in
    *' sources ') print_sources ;;
    *' tracking ') print_tracking ;;
    *' activity ')
      for name in "${names[@]}"; do [[ ${mode[$name]} != offline ]] || count=$((count + 1)); done
      echo "$((${#names[@]} - count)),$count,0,0,0"
      ;;
    *' ntpdata '*) echo "Total valid RX  : ${valid[$last]:-0}" ;;
    *' burst '*) ! is_heard "$last" || valid[$last]=$((valid[$last] + 1)) ;;
    *' add server '*) names+=("$3") && mode[$3]=online valid[$3]=1 && answer[$3]=$(<"$file.others") ;;
    *' delete '*)
      unset "mode[$last]"
      for name in "${!names[@]}"; do [[ ${names[name]} != "$last" ]] || unset "names[name]"; done
      ;;
    *' online '* | *' offline '*) mode[$last]=$1 ;;
    *) echo '501 Not authorised' && exit 1 ;;
  esac
  write_sources
}

if [[ -e $file ]]; then
  answer_about_sources "$@"
  exit
fi
case " $* " in
  *' tracking '*) echo "A9FEA97B,169.254.169.123,4,$(date +%s.%9N),0,0,0,0,0,0,0,0,0,Normal" ;;
  *' burst '* | *' online '* | *' offline '*) echo '200 OK' ;;
  *' activity '*) echo '1,0,0,0,0' ;;
  *' makestep '*) chronyd -q >/dev/null && echo '200 OK' ;;
  # waitsync TRIES MOST-SECONDS: the offset is whole microseconds.
  *' waitsync '*)
    awk -v offset="$(<"$STAND_IN/clock/offset")" -v most="$3" \
      'BEGIN { exit !(offset < most * 1e6 && -offset < most * 1e6) }'
    ;;
  *) echo '501 Not authorised' && exit 1 ;;
esac
