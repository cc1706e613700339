#!/bin/bash
# Sheds connections of an overloaded host by priority: block the class -> cut -> measure again, the lowest class first,
# until the load is under its low mark. The highest class, golden channels and what belongs to no class stay.
# Connections of containers with a network of their own are not this host's and are not shed.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/targets.sh
source parts/targets.sh
# shellcheck source=parts/sockets.sh
source parts/sockets.sh
# shellcheck source=parts/table.sh
source parts/table.sh
# shellcheck source=parts/zombies.sh
source parts/zombies.sh
# shellcheck source=parts/classes.sh
source parts/classes.sh
# shellcheck source=parts/load.sh
source parts/load.sh
# shellcheck source=parts/shed-table.sh
source parts/shed-table.sh
readonly document=shed-connections
readonly most_tries=2

# The filter of everything that may be cut here: all but golden channels, the agent's path and this host itself.
scope=server
state='' before=0 after=0 rounds=0 zombies=0 cut=0 survivors=0 golden_before=0 golden_lost=0 ttl=0 load_noted=''
blocked=false table_digest='' list_file='' list_digest='' block_ms=0 cut_per_class=() chosen=0 most_rounds=1 percent=1

print_verdict() {
  local class per_class=''
  for class in "${!cut_per_class[@]}"; do
    ((cut_per_class[class] == 0)) || per_class+="${per_class:+,}\"${class_names[class]}\":${cut_per_class[class]}"
  done
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","state":"%s","load":"%s","before":%d,"after":%d,"lowMark":%d,' \
    "$1" "$document" "$incident" "$state" "$load_kind" "$before" "$after" "$low_mark"
  printf '"rounds":%d,"zombies":%d,"cut":%d,"perClass":{%s},"survivors":%d,"goldenBefore":%d,"goldenLost":%d,' \
    "$rounds" "$zombies" "$cut" "$per_class" "$survivors" "$golden_before" "$golden_lost"
  printf '"blocked":%s,"tableDigest":"%s","listFile":"%s","listDigest":"%s","blockMs":%d,"totalMs":%d,"error":"%s"}\n' \
    "$blocked" "$table_digest" "$list_file" "$list_digest" "$block_ms" $((REPLY - started_at_ms)) "$error"
}

read_parameters() {
  local value
  read_common_parameters
  read_classes
  read_load
  value=${SSM_maxRounds-}
  is_number "$value" 1 5 || fail 64 "Parameter maxRounds must be 1 to 5, received '${value:0:80}'"
  most_rounds=$value
  value=${SSM_maxPercentPerRound-}
  is_number "$value" 1 100 || fail 64 "Parameter maxPercentPerRound must be 1 to 100, received '${value:0:80}'"
  percent=$value
  value=${SSM_ttlSeconds-}
  is_number "$value" 1 86400 || fail 64 "Parameter ttlSeconds must be 1 to 86400, received '${value:0:80}'"
  ttl=$value
  read_silence
  read_spared
}

# Puts how many golden connections a list holds into REPLY.
count_golden() {
  list_golden "$1" || fail 65 "Cannot list golden connections: $(<ss.err)"
  REPLY=$(grep -c . "$1")
}

# Writes `victims`: zombies first, then the lowest class, what moves most bytes first; as many as should bring the load
# to the low mark and no more. What one connection costs of the CPU nobody can tell: it counts by half for its share of
# the bytes and by half for being one of so many, and the next look corrects it.
choose_victims() {
  local answer through
  answer=$(run sort -k2,2nr -k1,1n -k3,3nr classed | run awk -v kind="$load_kind" -v now="$load" \
    -v low="$low_mark" -v count="$connections" -v total="$rate" -v percent="$percent" -v top=$((${#class_names[@]} - 1)) '
    function weigh(bytes) {
      if (kind == "connections") return 1
      if (kind == "bytes") return bytes
      return 1 / count + (total > 0 ? bytes / total : 0)
    }
    BEGIN {
      need = kind == "cpu" ? (now - low) / now * (total > 0 ? 2 : 1) : now - low
      most = int(count * percent / 100)
      through = -1
      printf "" >"victims"
    }
    # Who is gone for good needs no keeping out.
    $1 >= top || !($7 || $2) { next }
    sum < need && chosen < most {
      print >"victims"
      chosen++
      sum += weigh($3)
      if (!$2 && $1 > through) through = $1
    }
    END { print chosen + 0, through }') || fail 70 'Cannot choose what to shed'
  read -r chosen through <<<"$answer"
  # Where anything is cut, at least the lowest class stays out.
  ((through >= 0)) || through=0
  ((through <= shed_through || chosen == 0)) || shed_through=$through
}

# Refuses new connections of the shed classes. The note comes first: a run that dies here finds out where it was.
put_block() {
  local said
  echo "$classes_digest $shed_through $load_kind $before" >shed.note
  if ! run sort -u held held.all >held.new || ! mv held.new held.all; then fail 70 'Cannot collect what to block'; fi
  collect_blocked
  print_shed_table >table.nft
  print_shed_refusals >refusals.nft
  if ! said=$(load_table); then
    # A nft stopped midway may have committed: the verdict says what is there, not what was meant.
    deadline_at_ms=$((deadline_at_ms + 1000))
    table_exists && read_table && blocked=true
    fail 70 "Cannot load table '$table': ${said//$'\n'/ }"
  fi
  read_table
  blocked=true
  echo "$table_digest" >table.sha256
  read_clock
  ((block_ms > 0)) || block_ms=$((REPLY - started_at_ms))
}

# Compares the list with the one after the kill, by cookie. Writes what is gone to the list of this run and what is not
# to `ends`; prints how many stay, how many zombies are gone, and how many of each class.
compare_round() {
  run awk -v list="$list_file.round" -v names="${class_names[*]}" '
    part == 1 { if (match($0, / sk:[0-9a-f]+/)) left[substr($0, RSTART + 1, RLENGTH - 1)]; next }
    BEGIN { classes = split(names, name, " "); printf "" >list; printf "" >"ends" }
    $6 in left { survivors++; print $4, $5 >"ends"; next }
    { zombies += $2; gone[$1]++; print $4, $5, name[$1 + 1] ($2 ? " zombie" : ""), $6 >list }
    END {
      printf "%d %d", survivors, zombies
      for (class = 0; class < classes; class++) printf " %d", gone[class]
      print ""
    }' part=1 after.raw part=2 victims
}

# Destroys the victims and lists again; a second try is for those a busy kernel kept.
cut_victims() {
  local try counts class dead gone=()
  list_file=$state_dir/cut-$started_at_ms.txt
  list_golden golden-before.raw || error="Cannot list golden connections: $(<ss.err)"
  run awk '{ print $4, $5 }' victims >ends || error='Cannot read the list of victims'
  for ((try = 1; try <= most_tries; try++)); do
    [[ -n $error ]] || kill_exactly ends || error="Killing failed: $(<ss.err)"
    : >ss.err
    run ss -tnHOe state connected "${filters[0]}" >after.raw 2>>ss.err || echo "ss ended with $?" >>ss.err
    [[ ! -s ss.err ]] || fail 70 "Cannot list sockets after the kill: $(<ss.err)"
    counts=$(compare_round) || fail 70 'Cannot compare the lists of sockets'
    [[ -z $error && -s ends ]] || break
  done
  read -r survivors dead counts <<<"$counts"
  zombies=$((zombies + dead))
  read -ra gone <<<"$counts"
  for class in "${!class_names[@]}"; do
    cut_per_class[class]=$((${cut_per_class[class]-0} + gone[class]))
    cut=$((cut + gone[class]))
  done
  cat "$list_file.round" >>"$list_file" && rm -f "$list_file.round"
  list_digest=$(run sha256sum "$list_file") || fail 70 "Cannot digest '$list_file'"
  list_digest=${list_digest%% *}
  compare_golden
}

# Looks for golden connections only around the kill: over seconds some end by themselves.
compare_golden() {
  list_golden golden-after.raw || fail 70 "Cannot list golden connections after the kill: $(<ss.err)"
  REPLY=$(run awk '
    { key = match($0, / sk:[0-9a-f]+/) ? substr($0, RSTART, RLENGTH) : " " $4 " " $5 }
    part == 1 { golden[key] }
    part == 2 { delete golden[key] }
    END { for (key in golden) lost++; print lost + 0 }' part=1 golden-before.raw part=2 golden-after.raw) ||
    fail 70 'Cannot compare golden connections'
  golden_lost=$((golden_lost + REPLY))
}

# Says why the load stays above its low mark.
explain_load() {
  if ((chosen > 0)); then
    REPLY="after $rounds rounds"
  elif ((connections * percent < 100)); then
    REPLY="maxPercentPerRound $percent leaves nothing to cut of $connections connections"
  else
    REPLY="nothing is left to shed below class '${class_names[-1]}'"
  fi
  REPLY="Load $load_kind is $load, above lowMark $low_mark: $REPLY"
}

read_parameters
require_tools nft ss ip awk grep timeout flock sha256sum sort sleep
open_state_dir
note_classes
find_agent_terms
: >walk.err
build_filters 0 || fail 65 "Cannot read the addresses of this host: $(<walk.err)"
check_shed_table
count_golden golden-before.raw
golden_before=$REPLY
measure_load
before=${load_noted:-$load} after=$load
if ((load <= high_mark)); then
  state=not-overloaded
  tell_verdict true
  exit 0
fi
while ((load > low_mark && rounds < most_rounds)); do
  choose_victims
  ((chosen > 0)) || break
  rounds=$((rounds + 1))
  put_block
  cut_victims
  [[ -z $error ]] || fail 70 "$error"
  ((survivors == 0)) || fail 1 "$survivors sockets survive the kill: the kernel may lack SOCK_DESTROY"
  measure_load
  after=$load
done
if ((load > low_mark)); then
  state=still-overloaded
  explain_load
  fail 1 "$REPLY"
fi
state=shed
tell_verdict true
