#!/bin/bash
# Common ground of our Linux documents. The builder puts this text in the place of the line that sources it, so that
# the agent gets one file. Values arrive as SSM_<name> in the environment only and are never evaluated.
# shellcheck disable=SC2034,SC2154 # some variables are set by the agent, others are read by the script around this text
set -uo pipefail
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077

# The same grammar as the document's allowedPattern: an old agent or a caller past the API meets it a second time.
# Addresses in 0.0.0.0/8 and ::/8 are left out on purpose: there ss and nft disagree (wildcards, v4-mapped, ::1).
byte='(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
ipv4_cidr="^(0\.0\.0\.0/0|(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9][0-9]?)(\.$byte){3}(/(3[0-2]|[12][0-9]|[1-9]))?)$"
ipv6_cidr='^(::/0|[1-9a-fA-F][0-9a-fA-F]{2,3}:[0-9a-fA-F:]{1,34}(/(12[0-8]|1[01][0-9]|[1-9][0-9]|[89]))?)$'

# Puts the Unix time in milliseconds into REPLY; no process where bash is 5 or newer.
read_clock() {
  if [[ -n ${EPOCHREALTIME-} ]]; then
    REPLY=$((${EPOCHREALTIME//[!0-9]/} / 1000))
  else
    REPLY=$(date +%s%3N)
  fi
}

# Systems Manager cuts off what is printed at 2,500 characters, with what the agent adds: half a verdict is none.
readonly most_verdict_characters=2000
is_cut=false

# Prints the one line that counts. What would be too long is kept whole in a file; the line then has the first of each
# list and how many there are, as much of the error as fits, and the digest of the file.
tell_verdict() {
  # Names of their own: print_verdict sees these, and has a `digest` to print.
  local told whole_file='' whole_digest='' ending room
  told=$(print_verdict "$1")
  if ((${#told} > most_verdict_characters)); then
    if [[ -d ${state_dir-} ]]; then
      whole_file=$state_dir/verdict-$document-$started_at_ms.json
      { printf '%s\n' "$told" >"$whole_file" && whole_digest=$(sha256sum "$whole_file"); } 2>/dev/null ||
        whole_file='' whole_digest=''
    fi
    is_cut=true
    told=$(print_verdict "$1")
    told=${told%\"error\":*}
    printf -v ending '","wholeFile":"%s","wholeDigest":"%s"}' "$whole_file" "${whole_digest%% *}"
    room=$((most_verdict_characters - ${#told} - ${#ending} - 9))
    told+="\"error\":\"${error:0:room > 0 ? room : 0}$ending"
  fi
  printf '%s\n' "$told"
}

# Ends the script with a verdict. Every text that came from outside loses what could break the JSON line.
fail() {
  local exit_code=$1 text=$2
  error=${text//[^a-zA-Z0-9 .,:;=_()@\/+\'-]/ }
  error=${error:0:300}
  tell_verdict false
  exit "$exit_code"
}

# Runs a tool for no longer than the time that is left. --foreground keeps it in the agent's process group, so that
# the agent's own kill reaches it too.
run() {
  local left_ms left
  read_clock
  left_ms=$((deadline_at_ms - REPLY))
  ((left_ms > 0)) || return 137
  printf -v left '%d.%03d' $((left_ms / 1000)) $((left_ms % 1000))
  timeout --foreground -s KILL "$left" "$@"
}

# Refuses to go on when the deadline has passed, whatever the last tool said.
check_deadline() {
  read_clock
  ((REPLY < deadline_at_ms)) || fail 75 "Deadline of $SSM_deadlineSeconds s passed while $1"
}

# Reads a whole number from minimum to maximum out of a value without leading zeros.
is_number() {
  [[ $1 =~ ^(0|[1-9][0-9]{0,5})$ ]] && (($1 >= $2 && $1 <= $3))
}

# Accepts an address or CIDR of either family, as text that ss and nft read alike.
is_cidr() {
  [[ $1 =~ $ipv4_cidr || $1 == ::/0 ]] && return 0
  [[ $1 =~ $ipv6_cidr ]] || return 1
  local address=${1%/*} group='[0-9a-fA-F]{1,4}' colons
  [[ $address =~ ^($group:){7}$group$ ]] && return 0
  [[ $address =~ ^$group(:$group)*::($group(:$group)*)?$ ]] || return 1
  colons=${address//[!:]/}
  ((${#colons} <= 7))
}

# Splits a value at single blanks into the array `items`; refuses doubled, leading or trailing blanks.
split_list() {
  local name=$1 value=$2 longest=$3
  items=()
  ((${#value} <= longest)) || fail 64 "Parameter $name has ${#value} characters, at most $longest are wanted"
  [[ $value =~ ^[0-9a-zA-Z:./@]*(\ [0-9a-zA-Z:./@]+)*$ && $value != ' '* ]] ||
    fail 64 "Parameter $name is not a list separated by single blanks: '${value:0:80}'"
  IFS=' ' read -ra items <<<"$value"
}

# Checks what both documents take, and fixes the deadline and the names that follow from the incident.
read_common_parameters() {
  read_clock
  started_at_ms=$REPLY
  incident='' error=''
  # An agent that knows no ENV_VAR leaves everything unset: that must be refused, not die of `set -u`.
  local wanted=${SSM_incident-} seconds=${SSM_deadlineSeconds-}
  [[ $wanted =~ ^[a-z0-9-]{1,48}$ ]] ||
    fail 64 "Parameter incident must be 1 to 48 of a-z 0-9 -, received '${wanted:0:80}'"
  incident=$wanted
  is_number "$seconds" 1 120 || fail 64 "Parameter deadlineSeconds must be 1 to 120, received '${seconds:0:80}'"
  deadline_at_ms=$((started_at_ms + seconds * 1000))
  # One table per incident: two incidents on one host must not undo each other. `_` is no character of an incident.
  table=connection_fuse_${incident//-/_}
  state_dir=${CF_STATE_DIR:-/var/lib/connection-fuse}/$incident
}

# Refuses to start half equipped: a tool that is missed midway would leave a block without a kill.
require_tools() {
  local tool
  for tool in "$@"; do
    [[ -x $(type -P "$tool") ]] || fail 69 "Tool '$tool' is missing on this host"
  done
  # Bit 12 is CAP_NET_ADMIN. Without it ss prints sockets as killed, kills none and exits 0.
  local key value
  while read -r key value; do
    [[ $key != CapEff: ]] || (((16#$value >> 12) & 1)) || fail 77 'CAP_NET_ADMIN is missing: run as root'
  done </proc/self/status
}

# One document of an incident at a time: the agent may deliver a kill and a release together.
open_state_dir() {
  if ! mkdir -p "$state_dir" 2>/dev/null || ! cd "$state_dir" || ! : 2>/dev/null >lock; then
    fail 73 "Cannot write to state directory '$state_dir'"
  fi
  exec 9>lock
  run flock 9 || fail 75 'Another document of this incident holds the lock'
}

# Says whether our table is there: 0 yes, 1 no; ends the script when nft cannot tell.
table_exists() {
  local tables
  tables=$(run nft list tables 2>&1) || fail 70 "Cannot list nft tables: $tables"
  [[ $'\n'$tables$'\n' == *$'\n'"table inet $table"$'\n'* ]]
}

# Reads the table back into `table_digest` and `timer_expired`. The timer's elements vanish when the kernel lets them
# expire, and that is no drift: the digest covers the listing without them.
read_table() {
  local text
  text=$(run nft -s list table inet "$table" 2>&1) || fail 70 "Cannot read back table '$table': $text"
  timer_expired=false
  if [[ $text == *$'\tset timer {'* ]]; then
    local before=${text%%$'\tset timer {'*} rest=${text#*$'\tset timer {'}
    local timer=${rest%%$'\n\t}'*} after=${rest#*$'\n\t}'}
    [[ $timer == *'elements = {'* ]] || timer_expired=true
    text=$before$'\tset timer {'${timer%%$'\n\t\telements'*}$'\n\t}'$after
  fi
  table_digest=$(printf '%s\n' "$text" | run sha256sum) || fail 70 'Cannot digest the table'
  table_digest=${table_digest%% *}
}
