#!/bin/bash
# Zombies: sockets whose peer is gone while this host still holds them, and the sockets that are killed one by one.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
# A zombie: for longer than the given silence nothing was heard of the peer, neither data nor an acknowledgement, and
# meanwhile it was asked: retransmissions went on for as long, or two probes in a row stay without an answer. Less
# proves nothing: a live peer that is just being talked to has data in flight, one that only downloads sends none for
# hours, and one that reads slowly answers the probes of a full window.
readonly zombie_rule='
function read_value(line, name) {
  return match(line, " " name ":[0-9]+") ? substr(line, RSTART + length(name) + 2, RLENGTH - length(name) - 2) + 0 : -1
}
function is_zombie(line, silent_ms,   timer) {
  if (read_value(line, "lastrcv") <= silent_ms || read_value(line, "lastack") <= silent_ms) return 0
  if (!match(line, / timer:\((on|persist|keepalive),[^,)]*,[0-9]+\)/)) return 0
  split(substr(line, RSTART, RLENGTH), timer, /[(,)]/)
  if (timer[4] + 0 < 2) return 0
  # Each time-out was half of the next: together they are the current one without its own part.
  return timer[2] != "on" || read_value(line, "rto") * (1 - 1 / 2 ^ timer[4]) > silent_ms
}'
# Much above it, each term is asked of so many sockets that the kill slows down; above 3,000 ss kills nothing at all.
readonly exact_terms=500
silent_ms=0

# Reads for how long nothing may have been heard of a zombie.
read_silence() {
  # A caller from before there were zombies does not hand it over.
  local seconds=${SSM_silentSeconds-10}
  is_number "$seconds" 1 3600 || fail 64 "Parameter silentSeconds must be 1 to 3600, received '${seconds:0:80}'"
  silent_ms=$((seconds * 1000))
}

# Writes filters for exactly the sockets whose ends stand in a file, local and peer, to `exact-<run>-<n>`. Many share
# one end, which is asked first: pairs of ends would be asked of every socket, pair by pair.
print_exact_filters() {
  run awk -v prefix="exact-$1" -v most="$exact_terms" '
    function close_file() {
      if (file == "") return
      print ") )" >file
      print ")" >file
      close(file)
      file = ""
    }
    function open_group(group) {
      if (file != "" && terms < most) print ") ) or ( " group " and (" >file
      else {
        close_file()
        file = prefix "-" ++files
        terms = 0
        print "( ( " group " and (" >file
      }
    }
    # A socket that is bound to a device shows its name behind the address; a filter takes none.
    { gsub(/%[^]:]+/, ""); locals[$1]++; peers[$2]++; mine[NR] = $1; theirs[NR] = $2 }
    END {
      for (n = 1; n <= NR; n++) {
        byLocal = locals[mine[n]] >= peers[theirs[n]]
        group = byLocal ? "src " mine[n] : "dst " theirs[n]
        members[group, ++sizes[group]] = byLocal ? "dst " theirs[n] : "src " mine[n]
      }
      for (group in sizes)
        for (n = 1; n <= sizes[group]; n++) {
          isFirst = n == 1 || terms >= most
          if (isFirst) open_group(group)
          print (isFirst ? "" : "or ") members[group, n] >file
          terms++
        }
      close_file()
    }' "$2"
}

# Destroys exactly the sockets whose ends stand in a file. Any word of ss on stderr is a failure.
kill_exactly() {
  local ends=$1 filter prefix
  read_clock
  # A name of its own for each call: a filter that was left behind would kill what is no target any more.
  prefix=$REPLY
  : >ss.err
  print_exact_filters "$prefix" "$ends" || { echo 'awk failed' >ss.err && return 1; }
  for filter in "exact-$prefix"-*; do
    # An empty filter is every socket of the host to ss.
    [[ -s $filter ]] || continue
    run ss -tnHKOe -F "$filter" state connected >/dev/null 2>>ss.err || echo "ss ended with $?" >>ss.err
    rm -f "$filter"
  done
  [[ ! -s ss.err ]]
}

# Keeps in `before.raw` the zombies alone. Their addresses become `peers4` and `peers6`, together with those this
# incident blocks already: a second run finds no zombies and must not let the first ones' peers back in.
select_zombies() {
  local address
  run awk -v silent_ms="$silent_ms" "$zombie_rule"'
    $1 == "namespace" || is_zombie($0, silent_ms)' before.raw >zombies.raw || fail 70 'Cannot select zombies'
  check_zombie_table
  run awk '
    FILENAME == "zombies.raw" {
      if ($1 == "namespace") next
      $0 = $5
      sub(/:[0-9]+$/, "")
      gsub(/[][]|%.*/, "")
      # A dual-stack listener shows IPv4 peers as mapped addresses; on the wire they are IPv4.
      if (/\./) sub(/^::ffff:/, "")
    }
    !($0 in seen) { seen[$0]; print }' zombies.raw zombie-peers >addresses || fail 70 'Cannot read zombie addresses'
  if ! mv addresses zombie-peers || ! mv zombies.raw before.raw; then fail 73 "Cannot write to '$state_dir'"; fi
  while read -r address; do
    if [[ $address == *:* ]]; then peers6+="${peers6:+, }$address"; else peers4+="${peers4:+, }$address"; fi
  done <zombie-peers
}

# Looks at the table this incident may have on this host. Whoever blocked more, or other ports, must not find less
# blocked afterwards; the set `zombies` marks a table of zombies' peers. Of one that has run out nothing is kept.
check_zombie_table() {
  timer_expired=true
  if table_exists; then
    read_table
    table_digest=''
  fi
  if [[ $timer_expired == true ]]; then
    echo "$port_list" >zombie-ports
    : >zombie-peers
    return
  fi
  [[ -e zombie-peers && -r zombie-ports && $(<zombie-ports) == "$port_list" ]] &&
    run nft list set inet "$table" zombies >/dev/null 2>&1 && return
  fail 70 "Table '$table' holds another block of this incident: release it first"
}

# Destroys the zombies and lists again. What lives on by right is no survivor.
kill_zombies() {
  local round killing_since_ms
  read_clock
  killing_since_ms=$REPLY
  : >killed.raw
  run awk '$1 != "namespace" { print $4, $5 }' before.raw >ends || error='Cannot read the list of zombies'
  for ((round = 1; round <= most_rounds; round++)); do
    kill_exactly ends || error="Killing failed: $(<ss.err)"
    read_clock
    kill_ms=$((REPLY - killing_since_ms))
    walk_sockets -tnHOe all.raw || error="Cannot list sockets after the kill: $(<ss.err)"
    run awk '
      { key = match($0, / sk:[0-9a-f]+/) ? substr($0, RSTART, RLENGTH) : $1 }
      part == 1 { zombies[key]; next }
      $1 == "namespace" || key in zombies' part=1 before.raw part=2 all.raw >after.raw || error='Cannot compare lists'
    [[ -z $error ]] || break
    grep -qv '^namespace' after.raw || break
  done
  list_golden golden-after.raw || error="Cannot list golden connections after the kill: $(<ss.err)"
}
