#!/bin/bash
# Walks the sockets of this host with ss: the host's own network namespace and those of its containers.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
# ss falls back to a walk that kills nothing when a filter passes 64 KB of bytecode: about 3,000 terms.
readonly terms_per_filter=200
filters=() namespaces=() agent_terms=() uplinks=''

# Looks for container namespaces, only where this script stands on the host itself (the namespace of process 1):
# from anywhere else the namespaces it can see are not below it.
find_namespaces() {
  local inode pid device
  [[ /proc/1/ns/net -ef /proc/self/ns/net ]] || return 0
  while read -r inode pid; do
    [[ $pid -eq 0 || /proc/$pid/ns/net -ef /proc/self/ns/net ]] || namespaces+=("$inode:$pid")
  done < <(run lsns -t net -n -o NS,PID 2>/dev/null)
  for device in /sys/class/net/*/device; do
    [[ ! -e $device ]] || { device=${device%/device} && uplinks+="${uplinks:+, }\"${device##*/}\""; }
  done
}

# Fills `filters` for one network namespace. What runs over loopback never crosses the block, so it is spared here
# too, under every address the namespace owns.
build_filters() {
  local own=() addresses address elsewhere=$1 spare position
  shift
  addresses=$(run "$@" ip -o addr show 2>>walk.err) || return 1
  while read -r _ _ _ address _; do
    to_ss_term "${address%/*}"
    own+=("$REPLY")
  done <<<"$addresses"
  local all=('dst 127.0.0.0/8' 'dst [::1]' 'dst 169.254.0.0/16' 'dst [fe80::/10]' 'dst [fd00:ec2::/32]'
    "${own[@]}" "${spare_terms[@]}" "${agent_terms[@]}")
  # Behind a port mapping the container's port is not the golden port: there the address alone is golden.
  ((elsewhere == 0)) || all+=("${golden_cidr_terms[@]}")
  join_terms "${all[@]}"
  spare=$REPLY
  if [[ $scope == server ]]; then
    filters=("not $spare")
    return
  fi
  filters=()
  for ((position = 0; position < ${#targets[@]}; position += terms_per_filter)); do
    join_terms "${targets[@]:position:terms_per_filter}"
    filters+=("$REPLY and not $spare")
  done
}

# The agent's own sockets, by cgroup, where ss and the kernel can tell; the addresses in `agent` hold everywhere.
find_agent_terms() {
  local path said
  agent_terms=()
  for path in /sys/fs/cgroup/{,unified/}system.slice/{,snap.amazon-ssm-agent.}amazon-ssm-agent.service; do
    [[ -d $path ]] || continue
    said=$(run ss -tnH state established "cgroup = $path" 2>&1 >/dev/null) && [[ -z $said ]] &&
      agent_terms+=("cgroup = $path")
  done
}

# Walks one namespace, every filter of it; the options of ss come first, then how to enter the namespace.
walk_namespace() {
  local options=$1 filter
  shift
  build_filters "$(($# > 0))" "$@" || return 1
  for filter in "${filters[@]}"; do
    run "$@" ss "$options" state connected "$filter" 2>>walk.err || return 1
  done
}

# Walks the host's namespace and its containers' into a file. Any word on stderr is a failure: ss says on stderr, and
# nowhere else, that it could not kill.
walk_sockets() {
  local options=$1 file=$2 namespace path
  : >ss.err
  for namespace in '' "${namespaces[@]}"; do
    # A published port is another port inside the container: by ports alone nothing can be told there.
    [[ -z $namespace || $scope != ports ]] || continue
    path=/proc/${namespace#*:}/ns/net
    : >walk.err
    echo "namespace ${namespace%:*}"
    if walk_namespace "$options" ${namespace:+nsenter "--net=$path"} && [[ ! -s walk.err ]]; then continue; fi
    # A container that ended meanwhile took its sockets along.
    [[ -n $namespace && ! -e $path ]] || { echo 'ss failed:' && cat walk.err; } >>ss.err
  done >"$file"
  [[ ! -s ss.err ]]
}

# Lists established golden connections, so that the verdict can say what became of them.
list_golden() {
  : >"$1"
  : >ss.err
  ((${#golden_terms[@]} > 0)) || return 0
  join_terms "${golden_terms[@]}"
  run ss -tnHOe state connected "$REPLY" 2>>ss.err | grep '^ESTAB' >"$1"
  [[ ! -s ss.err ]]
}
