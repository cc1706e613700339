#!/bin/bash
# Reads the state of this host: sockets, load, memory, time zone, clock, failed units, our tables, versions, tools, and
# whether sockets can be killed here. Changes nothing; what could not be read is null, never a guess.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
readonly document=collect-state
# A tool that does not answer must not cost the rest of the state.
readonly patience_seconds=3
# What this document cannot do without, and what the others need on top of it.
readonly own_tools=(ss ip awk timeout flock sha256sum sort date uname readlink unshare)
readonly other_tools=(nft grep lsns nsenter systemctl journalctl timedatectl chronyd chronyc hwclock getent setpriv
  curl psql mysql mariadb)

list_file='' list_digest='' troubles=''
listening=null established=null ports='' load=null memory=null offset=null zone=null synchronized=null clock=null
failed_units=null tables=null kernel=null agent=null missing='' socket_destroy=null

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","listening":%s,"established":%s,"ports":[%s],' \
    "$1" "$document" "$incident" "$listening" "$established" "$ports"
  printf '"load":%s,"memoryKib":%s,"timeZone":{"offset":%s,"name":%s,"synchronized":%s},"clockOffsetSeconds":%s,' \
    "$load" "$memory" "$offset" "$zone" "$synchronized" "$clock"
  printf '"failedUnits":%s,"tables":%s,"kernel":%s,"agent":%s,"missing":[%s],"socketDestroy":%s,' \
    "$failed_units" "$tables" "$kernel" "$agent" "$missing" "$socket_destroy"
  printf '"listFile":"%s","listDigest":"%s","totalMs":%d,"error":"%s"}\n' \
    "$list_file" "$list_digest" $((REPLY - started_at_ms)) "$error"
}

# Runs a tool for a short while, and keeps its words in the list under a heading.
consult() {
  local title=$1 code
  shift
  run timeout --foreground -s KILL "$patience_seconds" "$@" >said 2>said.err
  code=$?
  { echo "== $title (exit code $code)" && cat said said.err; } >>"$list_file"
  return $code
}

# Adds to what could not be read although it must be.
trouble() {
  troubles+="${troubles:+; }Cannot read $1"
}

# Puts a text into REPLY as a JSON string, without what could break the line.
quote() {
  local text=${1//[^a-zA-Z0-9 .,:;=_()@\/+\'-]/ }
  REPLY="\"${text:0:64}\""
}

# Puts names into REPLY as a JSON object: how many there are, and the first three; the list has them all.
quote_names() {
  local name names='' count=$#
  for name in "${@:1:3}"; do
    quote "$name"
    names+="${names:+,}$REPLY"
  done
  REPLY="{\"count\":$count,\"names\":[$names]}"
}

read_sockets() {
  # Any word on stderr is a failure: where the kernel cannot tell, ss falls back to what it can get and exits 0.
  if consult 'listening TCP sockets' ss -tlnH && [[ ! -s said.err ]]; then
    listening=$(run awk 'END { print NR }' said) || listening=null
  fi
  if consult 'established TCP connections' ss -tnHO state established && [[ ! -s said.err ]]; then
    established=$(run awk 'END { print NR }' said) || established=null
    # The twenty busiest local ports.
    ports=$(run awk '{ sub(/.*:/, "", $3); count[$3]++ } END { for (port in count) print count[port], port }' said |
      run sort -k1,1nr -k2,2n | run awk 'NR <= 20 { printf "%s[%d,%d]", (NR > 1 ? "," : ""), $2, $1 }')
  fi
  [[ $listening != null && $established != null ]] || trouble 'the sockets'
}

read_load() {
  local one five fifteen key value total='' available=''
  if read -r one five fifteen _ </proc/loadavg && [[ "$one$five$fifteen" =~ ^[0-9.]+$ ]]; then
    load="[$one,$five,$fifteen]"
  else
    trouble 'the load'
  fi
  while read -r key value _; do
    case $key in MemTotal:) total=$value ;; MemAvailable:) available=$value ;; esac
  done </proc/meminfo
  if [[ $total =~ ^[0-9]+$ && $available =~ ^[0-9]+$ ]]; then
    memory="{\"total\":$total,\"available\":$available}"
  else
    trouble 'the memory'
  fi
  { echo '== load and memory' && cat /proc/loadavg /proc/meminfo; } >>"$list_file"
}

read_time() {
  local fields value
  if value=$(run date +%z) && [[ $value =~ ^[+-][0-9]{4}$ ]]; then offset="\"$value\""; else trouble 'the time zone'; fi
  # Some hosts have a copy there instead of a link: then the name of the zone is not known.
  if value=$(run readlink -f /etc/localtime) && [[ $value == */zoneinfo/* ]]; then
    quote "${value#*/zoneinfo/}"
    zone=$REPLY
  fi
  if consult 'time and zone' timedatectl show; then
    case $'\n'$(<said)$'\n' in
      *$'\nNTPSynchronized=yes\n'*) synchronized=true ;;
      *$'\nNTPSynchronized=no\n'*) synchronized=false ;;
    esac
  fi
  if consult 'clock' chronyc -c tracking; then
    IFS=, read -ra fields <said
    # Positive: the clock is slow. Stratum 0 is a chronyd that follows nobody, whose offset means nothing.
    [[ ! ${fields[4]-} =~ ^-?[0-9]{1,9}\.[0-9]{1,12}$ || ${fields[2]-0} == 0 ]] || clock=${fields[4]}
  fi
}

read_units() {
  local names=()
  consult 'failed units' systemctl list-units --failed --plain --no-legend --no-pager || return 0
  readarray -t names < <(run awk '{ print $1 }' said)
  quote_names "${names[@]}"
  failed_units=$REPLY
}

read_tables() {
  local names=() name
  [[ -x $(type -P nft) ]] || return 0
  if ! consult 'nft tables' nft list tables; then
    trouble 'the nft tables'
    return
  fi
  readarray -t names < <(run awk '$1 == "table" && $2 == "inet" && $3 ~ /^connection_fuse_/ { print $3 }' said)
  quote_names "${names[@]}"
  tables=$REPLY
  for name in "${names[@]}"; do consult "table $name" nft list table inet "$name"; done
}

read_versions() {
  local value path
  if value=$(run uname -r); then quote "$value" && kernel=$REPLY; else trouble 'the version of the kernel'; fi
  for path in amazon-ssm-agent /snap/amazon-ssm-agent/current/amazon-ssm-agent; do
    [[ -x $(type -P "$path") ]] || continue
    consult 'version of the agent' "$path" -version || continue
    [[ $(<said) =~ ([0-9]+(\.[0-9]+){3}) ]] && agent="\"${BASH_REMATCH[1]}\"" && return
  done
  return 0
}

read_tools() {
  local tool
  for tool in "${other_tools[@]}"; do
    [[ -x $(type -P "$tool") ]] || missing+="${missing:+,}\"$tool\""
  done
  echo "== missing tools: $missing" >>"$list_file"
}

# Opens a connection to itself and kills it: that proves root, tcp_diag and SOCK_DESTROY at once. It stands in a network
# namespace of its own, where nobody else has a socket. With two ports to choose from, the kernel soon dials from the
# very port that is dialled, and a connection to itself needs no listener.
try_socket_destroy() {
  cat >destroy.sh <<'TEST'
ip link set lo up && echo 40000 40001 >/proc/sys/net/ipv4/ip_local_port_range || exit 70
for port in 40000 40001; do
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null && break
done
echo "before: $(ss -tnHO state established | awk 'END { print NR }')"
ss -tnHK state established "sport = :$port"
echo "after: $(ss -tnHO state connected | awk 'END { print NR }')"
TEST
  if ! consult 'killing a socket of our own' unshare -n bash destroy.sh || [[ $(<said) != *'before: 1'* ]]; then
    trouble 'whether sockets can be killed'
  elif [[ $(<said) == *'after: 0' && ! -s said.err ]]; then
    socket_destroy=true
  else
    socket_destroy=false
  fi
}

read_common_parameters
require_tools "${own_tools[@]}"
open_state_dir
list_file=$state_dir/state-$started_at_ms.txt
: >"$list_file" || fail 73 "Cannot write to state directory '$state_dir'"
read_sockets
read_load
read_time
read_units
read_tables
read_versions
read_tools
try_socket_destroy
check_deadline 'reading the state'
list_digest=$(run sha256sum <"$list_file") || fail 70 "Cannot digest '$list_file'"
list_digest=${list_digest%% *}
[[ -z $troubles ]] || fail 1 "$troubles"
tell_verdict true
