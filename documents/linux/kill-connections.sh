#!/bin/bash
# Cuts connections of this host and keeps them cut: list -> block -> kill -> list again.
# The block comes before the kill, or clients are back before the verdict; exit codes of ss prove nothing, so the
# verdict rests on the lists alone. Needs bash 4.4, nft 0.9.3 and Linux 5.9 (reject in prerouting).
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
# shellcheck source=parts/night-logins.sh
source parts/night-logins.sh
readonly document=kill-connections
readonly most_rounds=3

scope='' only=all ttl=0 blocked=false table_digest='' list_file='' list_digest='' block_ms=0 kill_ms=0
selected=0 cut=0 survivors=0 golden_before=0 golden_lost=0

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","scope":"%s","selected":%d,"cut":%d,"survivors":%d,' \
    "$1" "$document" "$incident" "$scope" "$selected" "$cut" "$survivors"
  print_night_peers
  printf '"goldenBefore":%d,"goldenLost":%d,"blocked":%s,"tableDigest":"%s","listFile":"%s","listDigest":"%s",' \
    "$golden_before" "$golden_lost" "$blocked" "$table_digest" "$list_file" "$list_digest"
  printf '"blockMs":%d,"killMs":%d,"totalMs":%d,"error":"%s"}\n' \
    "$block_ms" "$kill_ms" $((REPLY - started_at_ms)) "$error"
}

read_parameters() {
  read_common_parameters
  local wanted=${SSM_scope-} seconds=${SSM_ttlSeconds-}
  [[ $wanted =~ ^(server|peers|ports)$ ]] ||
    fail 64 "Parameter scope must be server, peers or ports, received '${wanted:0:80}'"
  scope=$wanted
  is_number "$seconds" 0 604800 || fail 64 "Parameter ttlSeconds must be 0 to 604800, received '${seconds:0:80}'"
  ttl=$seconds
  read_choice
  read_peers_source
  read_spared
  [[ -n $peers_from ]] || read_targets
  read_resolvers
}

# Reads whether everything in scope is cut, or only what is dead already.
read_choice() {
  # A caller from before there was a choice does not hand it over.
  local wanted=${SSM_only-all}
  [[ $wanted =~ ^(all|zombies)$ ]] || fail 64 "Parameter only must be all or zombies, received '${wanted:0:80}'"
  only=$wanted
  [[ $only == all || $scope == ports ]] || fail 64 "Parameter only is zombies, but scope is '$scope': wanted ports"
  read_silence
}

list_before() {
  local options=-tnHOe
  [[ $only == all ]] || options+=io
  walk_sockets "$options" before.raw || fail 65 "Cannot list sockets: $(<ss.err)"
  list_golden golden-before.raw || fail 65 "Cannot list golden connections: $(<ss.err)"
  check_deadline 'listing sockets'
}

put_block() {
  local said
  print_table >table.nft
  print_refusals >refusals.nft
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
  block_ms=$((REPLY - started_at_ms))
}

# Repeats for sockets that were born while the first walk went on; a kernel that cannot destroy shows after each.
kill_sockets() {
  local round killing_since_ms
  read_clock
  killing_since_ms=$REPLY
  : >killed.raw
  for ((round = 1; round <= most_rounds; round++)); do
    # What ss prints here only tells which sockets were there; that they are gone is read from the next list.
    walk_sockets -tnHKOe round.raw || error="Killing failed: $(<ss.err)"
    cat round.raw >>killed.raw
    read_clock
    kill_ms=$((REPLY - killing_since_ms))
    walk_sockets -tnHOe after.raw || error="Cannot list sockets after the kill: $(<ss.err)"
    [[ -z $error ]] || break
    grep -qv '^namespace' after.raw || break
  done
  list_golden golden-after.raw || error="Cannot list golden connections after the kill: $(<ss.err)"
}

# Compares the lists by socket cookie and writes the exact list of what is gone.
compare_lists() {
  local counts
  list_file=$state_dir/cut-$started_at_ms.txt
  counts=$(run awk -v list="$list_file" '
    $1 == "namespace" { namespace = $2; next }
    { key = namespace (match($0, / sk:[0-9a-f]+/) ? substr($0, RSTART, RLENGTH) : " " $4 " " $5) }
    part == 1 { if (!(key in seen)) selected++; seen[key] = $4 " " $5 " " $1 key; next }
    part == 2 { if (!(key in left)) survivors++; left[key]; next }
    part == 3 { if (!(key in golden)) before++; golden[key]; next }
    part == 4 { delete golden[key] }
    END {
      printf "" >list
      for (key in seen) if (!(key in left)) { cut++; print seen[key] >list }
      for (key in golden) lost++
      print selected + 0, cut + 0, survivors + 0, before + 0, lost + 0
    }' part=1 before.raw killed.raw part=2 after.raw part=3 golden-before.raw part=4 golden-after.raw) ||
    fail 70 'Cannot compare the lists of sockets'
  read -r selected cut survivors golden_before golden_lost <<<"$counts"
  list_digest=$(run sha256sum "$list_file") || fail 70 "Cannot digest '$list_file'"
  list_digest=${list_digest%% *}
}

read_parameters
require_tools nft ss ip awk grep timeout flock sha256sum lsns nsenter
open_state_dir
[[ -z $peers_from ]] || { find_night_peers && read_targets; }
find_namespaces
find_agent_terms
list_before
[[ $only == all ]] || select_zombies
put_block
if [[ $only == all ]]; then kill_sockets; else kill_zombies; fi
compare_lists
[[ -z $error ]] || fail 70 "$error"
((survivors == 0)) || fail 1 "$survivors sockets survive the kill: the kernel may lack SOCK_DESTROY"
check_deadline 'killing sockets'
# The others are cut; whoever cannot be given to a firewall is for a person.
[[ -z $odd_login ]] || fail 1 "A login at night came from '$odd_login', which no firewall can be given"
tell_verdict true
