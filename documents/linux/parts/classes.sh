#!/bin/bash
# Priority classes of connections, lowest first, and which class a connection belongs to: the first that fits.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
readonly most_classes=10
class_names=() entry_classes=() entry_kinds=() entry_values=() scope_options=(-tnHOeio) has_holders=0

# Reads the classes. Entries of one class stand side by side and any of them fits; the order is the priority.
read_classes() {
  local value=${SSM_classes-} item items
  ((${#value} <= 8192)) || fail 64 "Parameter classes has ${#value} characters, at most 8192 are wanted"
  [[ $value =~ ^[a-zA-Z0-9._:/@-]+(\ [a-zA-Z0-9._:/@-]+)*$ ]] ||
    fail 64 "Parameter classes is not a list separated by single blanks: '${value:0:80}'"
  IFS=' ' read -ra items <<<"$value"
  for item in "${items[@]}"; do
    [[ $item =~ ^([a-z0-9][a-z0-9-]{0,47})@(port|peer|process|cgroup):(.+)$ ]] ||
      fail 64 "Parameter classes holds no entry: '${item:0:80}'"
    add_entry "${BASH_REMATCH[@]:1}"
  done
  # The highest is what shedding is for.
  ((${#class_names[@]} > 1)) || fail 64 "Parameter classes holds ${#class_names[@]} class, at least 2 are wanted"
}

# Adds one entry to its class; a class that comes back behind another one would have two priorities.
add_entry() {
  local name=$1 kind=$2 value=$3 known last=$((${#class_names[@]} - 1))
  case $kind in
    port) is_number "$value" 1 65535 ;;
    peer) is_cidr "$value" ;;
    process) [[ $value =~ ^[a-zA-Z0-9._-]{1,15}$ ]] ;;
    cgroup) [[ $value =~ ^(/[a-zA-Z0-9._@:-]{1,100}){1,8}$ ]] ;;
  esac || fail 64 "Parameter classes holds no $kind: '${value:0:80}'"
  if ((last < 0)) || [[ $name != "${class_names[last]}" ]]; then
    for known in "${class_names[@]}"; do
      [[ $known != "$name" ]] || fail 64 "Parameter classes names '$name' again behind another class"
    done
    class_names+=("$name")
    ((${#class_names[@]} <= most_classes)) || fail 64 "Parameter classes names more than $most_classes classes"
  fi
  entry_classes+=($((${#class_names[@]} - 1)))
  entry_kinds+=("$kind")
  entry_values+=("$value")
}

# Notes the classes for awk, and which of them ss has to be asked about: it walks every process for a process.
note_classes() {
  local position kinds=" ${entry_kinds[*]} "
  for position in "${!entry_kinds[@]}"; do
    echo "${entry_classes[position]} ${entry_kinds[position]} ${entry_values[position]}"
  done >classes
  [[ $kinds != *' process '* ]] || { has_holders=1 && scope_options+=(-p); }
  [[ $kinds != *' cgroup '* ]] || { has_holders=1 && scope_options+=(--cgroup); }
}

# Lists what ss alone can tell apart, addresses inside CIDRs, class by class, and who listens where.
list_classes() {
  local class position terms
  for class in "${!class_names[@]}"; do
    terms=()
    for position in "${!entry_kinds[@]}"; do
      [[ ${entry_classes[position]} == "$class" && ${entry_kinds[position]} == peer ]] || continue
      to_ss_term "${entry_values[position]}"
      terms+=("$REPLY")
    done
    ((${#terms[@]} > 0)) || continue
    join_terms "${terms[@]}"
    echo "class $class"
    run ss -tnHOe state established "$REPLY and ${filters[0]}" 2>>ss.err || echo "ss ended with $?" >>ss.err
  done >peers.raw
  : >listening.raw
  ((has_holders == 0)) ||
    run ss -l "${scope_options[@]}" >listening.raw 2>>ss.err || echo "ss ended with $?" >>ss.err
}

# Writes `classed`, a line for each connection that belongs to a class: class, zombie, bytes a second, local end, peer,
# cookie, sheddable. Writes `held`: ports and endpoints that belong to a process or cgroup of a class, and to nobody of
# a higher class or of none: what can be blocked for the class. What cannot be kept out is not worth cutting: those
# connections are not sheddable. Prints how many connections there are, and their bytes a second.
classify() {
  local elapsed_ms=$1
  run awk -v elapsed_ms="$elapsed_ms" -v silent_ms="$silent_ms" -v has_holders="$has_holders" "$zombie_rule"'
    function min(a, b) { return a < b ? a : b }
    function max(a, b) { return a > b ? a : b }
    function key_of(line) { return match(line, / sk:[0-9a-f]+/) ? substr(line, RSTART + 1, RLENGTH - 1) : "" }
    function port_of(end) { sub(/.*:/, "", end); return end }
    function bytes_of(line,   sent) {
      sent = read_value(line, "bytes_sent")
      if (sent < 0) sent = read_value(line, "bytes_acked")
      return max(sent, 0) + max(read_value(line, "bytes_received"), 0)
    }
    # A socket of several processes belongs to the highest of them: cutting it would hit them all.
    function holder_class(line,   class, rest, name, path, n) {
      class = none
      rest = line
      while (match(rest, /\("[^"]*",pid=/)) {
        name = substr(rest, RSTART + 2, RLENGTH - 8)
        class = max(class == none ? -1 : class, name in process ? process[name] : none + 1)
        rest = substr(rest, RSTART + RLENGTH)
      }
      if (class > none) class = none
      path = match(line, / cgroup:[^ ]+/) ? substr(line, RSTART + 8, RLENGTH - 8) : ""
      for (n = 1; n <= cgroups; n++)
        if (path == cgroup[n] || index(path, cgroup[n] "/") == 1) class = min(class, cgroup_class[n])
      return class
    }
    function class_of(local_end, key, line) {
      direct = min(port_of(local_end) in port ? port[port_of(local_end)] : none, key in peer ? peer[key] : none)
      return has_holders ? min(direct, holder_class(line)) : direct
    }
    BEGIN { none = 99 }
    part == 1 && $2 == "port" { if (!($3 in port)) port[$3] = $1 + 0 }
    part == 1 && $2 == "process" { if (!($3 in process)) process[$3] = $1 + 0 }
    part == 1 && $2 == "cgroup" { cgroup[++cgroups] = $3; cgroup_class[cgroups] = $1 + 0 }
    part == 2 && $1 == "class" { class = $2 + 0; next }
    part == 2 { key = key_of($0); if (!(key in peer)) peer[key] = class }
    part == 3 { end = port_of($4); listening[end] = max(end in listening ? listening[end] : -1, holder_class($0)) }
    part == 4 { bytes[key_of($0)] = bytes_of($0) }
    part == 5 && has_holders && !(port_of($3) in listening) {
      dialled[$4] = max($4 in dialled ? dialled[$4] : -1, class_of($3, key_of($0), $0))
    }
    part == 6 {
      key = key_of($0)
      class = class_of($3, key, $0)
      if (class == none || key == "") next
      sheddable = 1
      if (class < direct) {
        if (port_of($3) in listening) sheddable = listening[port_of($3)] <= class
        else if (sheddable = dialled[$4] <= class) print "to", class, $4 >"held"
      }
      rate = max((bytes_of($0) - bytes[key]) * 1000 / elapsed_ms, 0)
      print class, is_zombie($0, silent_ms), sprintf("%.3f", rate), $3, $4, key, sheddable >"classed"
      count++
      total += rate
    }
    END {
      for (end in listening) if (listening[end] < none) print "port", listening[end], end >"held"
      printf "%d %.3f\n", count, total
    }' part=1 classes part=2 peers.raw part=3 listening.raw part=4 first.raw part=5 second.raw part=6 second.raw
}
