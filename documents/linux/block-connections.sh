#!/bin/bash
# Blocks peers and local ports of this host, and kills nothing: what is open stays open and silent until a kill follows
# or release-connections lifts the block. The table is the incident's own, the same one that kill-connections takes.
# Needs bash 4.4, nft 0.9.3 and Linux 5.9 (reject in prerouting).
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/targets.sh
source parts/targets.sh
# shellcheck source=parts/sockets.sh
source parts/sockets.sh
# shellcheck source=parts/table.sh
source parts/table.sh
readonly document=block-connections

scope='' ttl=0 state='' goal=blocked blocked=false table_digest='' timer_expired=false

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","state":"%s","blocked":%s,"tableDigest":"%s",' \
    "$1" "$document" "$incident" "$state" "$blocked" "$table_digest"
  printf '"totalMs":%d,"error":"%s"}\n' $((REPLY - started_at_ms)) "$error"
}

read_parameters() {
  read_common_parameters
  local seconds=${SSM_ttlSeconds-}
  is_number "$seconds" 0 604800 || fail 64 "Parameter ttlSeconds must be 0 to 604800, received '${seconds:0:80}'"
  ttl=$seconds
  # The scope follows from the lists; an empty block is a misunderstanding, not a detail.
  case ${SSM_peers:+peers}${SSM_ports:+ports} in
    peers) scope=peers ;;
    ports) scope=ports ;;
    peersports) scope=both ;;
    *) fail 64 'Parameters peers and ports are both empty: wanted at least one address or port' ;;
  esac
  read_spared
  read_targets
  read_resolvers
}

# Says whether the table that stands is the one this document set last. A kill notes its table in the same file, but
# not in ours; what it set is never replaced by less.
is_own_table() {
  [[ -r table.nft && -r block.nft && $(<table.nft) == "$(<block.nft)" ]]
}

# Looks at what is there before anything changes.
inspect_table() {
  local noted=''
  print_table >wanted.nft || fail 73 "Cannot write to state directory '$state_dir'"
  table_exists || return 0
  read_table
  # A table whose time is over still stands, but the kernel asks it no more.
  $timer_expired || blocked=true
  [[ ! -r table.sha256 ]] || read -r noted <table.sha256
  if [[ $table_digest == "$noted" && -r table.nft && $(<table.nft) == "$(<wanted.nft)" ]]; then
    ! $blocked || goal=already-blocked
  elif ! is_own_table; then
    state=taken
    fail 1 "Table '$table' was set by another document of this incident: left as it is"
  fi
}

# Loads the table, at once or not at all, and reads it back. The copies come first: a run that ends in between must
# find its own table again.
put_block() {
  local said
  { cp wanted.nft block.nft && cp wanted.nft table.nft; } || fail 73 "Cannot write to state directory '$state_dir'"
  print_refusals >refusals.nft
  if ! said=$(load_table); then
    # A nft stopped midway may have committed: the verdict says what is there, not what was meant.
    deadline_at_ms=$((deadline_at_ms + 1000))
    blocked=false
    table_exists && read_table && blocked=true
    fail 70 "Cannot load table '$table': ${said//$'\n'/ }"
  fi
  blocked=false
  table_exists || fail 1 "Table '$table' is not there after its loading"
  read_table
  blocked=true
  echo "$table_digest" >table.sha256 || fail 73 "Cannot write to state directory '$state_dir'"
  state=$goal
}

read_parameters
require_tools nft timeout flock sha256sum lsns cp
open_state_dir
find_namespaces
inspect_table
check_deadline 'reading the table'
put_block
tell_verdict true
