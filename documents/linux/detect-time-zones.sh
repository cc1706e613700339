#!/bin/bash
# Says in which time zones this host, its processes and its database engines count. Changes nothing. Clocks are another
# matter: two hosts can agree to the millisecond and still write times nine hours apart.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/database-clients.sh
source parts/database-clients.sh
# shellcheck source=parts/zones.sh
source parts/zones.sh
readonly document=detect-time-zones
# What one verdict has room for; the list holds all of them.
readonly most_processes=4
# Lists that are kept of one incident: a watch asks under one name every few minutes.
readonly most_lists=20

host_offset=null host_zone='' localtime='' ntp_synchronized='' list_file='' list_digest=''
engine_facts='' process_facts='' process_count=0

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","offsetMinutes":%s,"zone":"%s","localtime":"%s",' \
    "$1" "$document" "$incident" "$host_offset" "${host_zone:0:40}" "$localtime"
  printf '"ntpSynchronized":"%s","engines":[%s],"processes":[%s],"processZones":%d,"listFile":"%s","listDigest":"%s",' \
    "$ntp_synchronized" "$engine_facts" "$process_facts" "$process_count" "$list_file" "$list_digest"
  printf '"totalMs":%d,"error":"%s"}\n' $((REPLY - started_at_ms)) "$error"
}

read_parameters() {
  read_common_parameters
  local given=${SSM_engines-} name='(postgresql|mariadb|mysql|oracle|sqlserver)'
  [[ ${#given} -le 60 && $given =~ ^($name(\ $name)*)?$ ]] ||
    fail 64 "Parameter engines is not a list of engines: '${given:0:80}'"
  IFS=' ' read -ra engines < <(tr ' ' '\n' <<<"$given" | sort -u | paste -sd' ')
}

# Adds one engine's row to the verdict and the list; an engine that does not answer is no engine that agrees.
read_engine() {
  local engine=$1 zone source offset
  : >database.err
  if IFS=$'\t' read -r zone source offset < <("ask_$engine") && [[ $offset =~ ^[[:space:]]*(-?[0-9]{1,4})[[:space:]]*$ ]]; then
    offset=${BASH_REMATCH[1]}
    clean "$zone" && zone=$REPLY
    clean "$source" && source=${REPLY:0:24}
  else
    read_complaint
    error=${error:-"Cannot read the zone of $engine: $REPLY"}
    zone='' source='' offset=null
  fi
  engine_facts+="${engine_facts:+,}{\"engine\":\"$engine\",\"zone\":\"$zone\",\"source\":\"$source\",\"offsetMinutes\":$offset}"
  printf 'engine\t%s\t%s\t%s\t%s\n' "$engine" "$source" "$zone" "$offset" >>"$list_file"
}

# Adds one line per name, source and zone of processes, the ones that differ from the host first: they are the news.
read_processes() {
  local name source zone count same
  list_process_zones | sort | uniq -c >processes
  while read -r count name; do
    IFS=$'\t' read -r name source zone <<<"$name"
    if [[ $source == TZ ]]; then read_zone_offset "$zone"; else read_java_offset "$zone"; fi
    if [[ $REPLY == "$host_offset" ]]; then same=1; else same=0; fi
    printf '%d\t%s\t%s\t%s\t%s\t%d\n' "$same" "$name" "$source" "$zone" "$REPLY" "$count"
  done <processes | sort >process-zones
  while IFS=$'\t' read -r _ name source zone REPLY count; do
    printf 'process\t%s\t%s\t%s\t%s\n' "$name" "$source" "$zone" "$REPLY" >>"$list_file"
    ((++process_count <= most_processes)) || continue
    process_facts+="${process_facts:+,}{\"name\":\"$name\",\"source\":\"$source\",\"zone\":\"$zone\",\"offsetMinutes\":$REPLY,\"count\":$count}"
  done <process-zones
}

# Takes away the oldest lists; their names hold the time, and sort by it.
prune_lists() {
  local lists=(time-zones-*.tsv) index
  for ((index = 0; index < ${#lists[@]} - most_lists; index++)); do rm -f "${lists[index]}"; done
}

read_parameters
require_tools date readlink grep sort uniq paste timeout flock sha256sum head tr
open_state_dir
list_file=$state_dir/time-zones-$started_at_ms.tsv
printf 'kind\tname\tsource\tzone\toffsetMinutes\n' >"$list_file"
read_host_zone || error='Cannot read the offset of this host'
printf 'host\t-\t%s\t%s\t%s\n' "$localtime" "$host_zone" "$host_offset" >>"$list_file"
((${#engines[@]} > 0)) || find_engines
for wanted in "${engines[@]}"; do read_engine "$wanted"; done
read_processes
list_digest=$(sha256sum "$list_file") || fail 70 "Cannot digest '$list_file'"
list_digest=${list_digest%% *}
prune_lists
[[ -z $error ]] || fail 65 "$error"
check_deadline 'reading time zones'
tell_verdict true
