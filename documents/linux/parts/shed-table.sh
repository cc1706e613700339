#!/bin/bash
# The nft table of a shedding: new connections of the shed classes are refused, those that stand go on. As a connection
# belongs to the first class that fits, whatever fits an entry of a shed class belongs to it or to a lower one.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
shed_through=-1 blocked_ports='' blocked4='' blocked6='' blocked_to4='' blocked_to6=''

# Looks at the table this incident may have on this host already. A cut must not end up as a mere shedding; a shedding
# that goes on keeps what it has blocked, and the load it began with.
check_shed_table() {
  local noted through kind load_before
  timer_expired=true
  classes_digest=$(run sha256sum <classes) || fail 70 'Cannot digest the classes'
  classes_digest=${classes_digest%% *}
  table_exists && read_table
  if [[ $timer_expired == true ]]; then
    table_digest=''
    : >held.all
    return
  fi
  run nft list set inet "$table" shed_ports >/dev/null 2>&1 ||
    fail 70 "Table '$table' holds another block of this incident: release it first"
  blocked=true
  [[ -r shed.note && -r held.all ]] || fail 70 "Table '$table' sheds, but its note is gone: release it first"
  read -r noted through kind load_before <shed.note
  [[ $noted == "$classes_digest" ]] || fail 70 "Table '$table' sheds other classes: release it first"
  shed_through=$through
  [[ $kind != "$load_kind" ]] || load_noted=$load_before
}

# Writes a set of endpoints, addresses with a port, out of those that hold the given kind.
print_endpoints() {
  local name=$1 type=$2 elements=$3
  echo "  set $name { type $type . inet_service; ${elements:+elements = { $elements \};} }"
}

# Collects what the entries of the shed classes block: ports, CIDRs and endpoints, each as the elements of a set.
collect_blocked() {
  local position kind class value port
  blocked_ports='' blocked4='' blocked6='' blocked_to4='' blocked_to6=''
  for position in "${!entry_kinds[@]}"; do
    ((entry_classes[position] <= shed_through)) || continue
    value=${entry_values[position]}
    case ${entry_kinds[position]} in
      port) blocked_ports+="${blocked_ports:+, }$value" ;;
      peer) if [[ $value == *:* ]]; then blocked6+="${blocked6:+, }$value"; else blocked4+="${blocked4:+, }$value"; fi ;;
    esac
  done
  while read -r kind class value; do
    ((class <= shed_through)) || continue
    if [[ $kind == port ]]; then
      blocked_ports+="${blocked_ports:+, }$value"
      continue
    fi
    port=${value##*:} value=${value%:*} value=${value//[][]/} value=${value%\%*}
    [[ $value != ::ffff:*.* ]] || value=${value#::ffff:}
    if [[ $value == *:* ]]; then
      blocked_to6+="${blocked_to6:+, }$value . $port"
    else
      blocked_to4+="${blocked_to4:+, }$value . $port"
    fi
  done <held.all
}

# Writes what follows the table: only dials come here, and they are refused.
print_shed_refusals() {
  echo "insert rule inet $table refuse counter reject with tcp reset"
}

# Writes the whole transaction, golden channels and the agent's path before every rule that refuses.
print_shed_table() {
  local guard='meta nfproto @timer tcp flags & (syn | ack) == syn' here=''
  # On a host that forwards, the port of a packet that only passes through is no port of this host.
  [[ $(cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding 2>/dev/null) != *1* ]] ||
    here='fib daddr type local '
  echo "add table inet $table"
  echo "delete table inet $table"
  echo "table inet $table {"
  echo "  set timer { type nf_proto; flags timeout; elements = { ipv4 timeout ${ttl}s, ipv6 timeout ${ttl}s }; }"
  print_set spare4 ipv4_addr "$spare4"
  print_set spare6 ipv6_addr "$spare6"
  print_set shed_ports inet_service "$blocked_ports"
  print_set shed4 ipv4_addr "$blocked4"
  print_set shed6 ipv6_addr "$blocked6"
  print_endpoints shed_to4 ipv4_addr "$blocked_to4"
  print_endpoints shed_to6 ipv6_addr "$blocked_to6"
  print_golden_sets
  cat <<NFT
  chain refuse {
    counter drop
  }
  chain prerouting {
    type filter hook prerouting priority -310; policy accept;
    iif lo accept
    ip saddr @spare4 accept
    ip6 saddr @spare6 accept
$(print_golden_rules in)
    $guard ${here}tcp dport @shed_ports goto refuse
    $guard ip saddr @shed4 goto refuse
    $guard ip6 saddr @shed6 goto refuse
  }
  chain output {
    type filter hook output priority -310; policy accept;
    oif lo accept
    ip daddr @spare4 accept
    ip6 daddr @spare6 accept
$(print_golden_rules out)
    $guard ip daddr @shed4 goto refuse
    $guard ip6 daddr @shed6 goto refuse
    $guard ip daddr . tcp dport @shed_to4 goto refuse
    $guard ip6 daddr . tcp dport @shed_to6 goto refuse
  }
}
NFT
}
