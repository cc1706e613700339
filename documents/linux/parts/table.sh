#!/bin/bash
# The nft table of one incident. Golden channels and the agent's path stand before every rule that cuts.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one

# Writes a set of addresses; nft refuses an empty `elements`.
print_set() {
  local name=$1 type=$2 elements=$3
  echo "  set $name { type $type; flags interval; auto-merge; ${elements:+elements = { $elements \};} }"
}

# Writes a set for each kind of golden channel.
print_golden_sets() {
  local key direction family port type
  for key in "${golden_keys[@]}"; do
    read -r direction family port <<<"$key"
    if [[ $family == ip ]]; then type=ipv4; else type=ipv6; fi
    print_set "golden_${direction}_${family}_$port" "${type}_addr" "${golden_cidrs[$key]}"
  done
}

# Writes the rules that accept golden channels. `in`: the port is ours, the destination of what arrives and the source
# of what leaves; `out`: the other way.
print_golden_rules() {
  local side=$1 key direction family port address=saddr our=dport
  [[ $side == in ]] || address=daddr
  for key in "${golden_keys[@]}"; do
    read -r direction family port <<<"$key"
    if [[ $side == "$direction" ]]; then our=dport; else our=sport; fi
    echo "    $family $address @golden_${direction}_${family}_$port meta l4proto { tcp, udp } th $our $port accept"
  done
}

# Writes the rules that keep the peers of zombies from coming back to the ports: their new connections alone, because
# behind one address others may be alive.
print_zombie_rules() {
  local side=$1 guard=$2 address
  [[ $side == in ]] || return 0
  for address in 'ip saddr @peers4' 'ip6 saddr @peers6'; do
    echo "    $guard$address tcp dport { $port_list } tcp flags & (syn | ack) == syn goto cut_in"
  done
}

# Writes the rules that say what is cut. `guard` is empty or asks the timer first.
print_cutting_rules() {
  local side=$1 guard=$2 address
  case $scope in
    server)
      # Without neighbour discovery, DHCP and path MTU the golden channels would die of the block, only later.
      echo '    icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept'
      echo '    icmp type destination-unreachable icmp code frag-needed accept'
      echo '    icmpv6 type packet-too-big accept'
      if [[ $side == in ]]; then
        echo '    udp sport 67 udp dport 68 accept'
        echo '    udp sport 547 udp dport 546 accept'
        echo '    ip saddr @resolvers4 meta l4proto { tcp, udp } th sport 53 accept'
        echo '    ip6 saddr @resolvers6 meta l4proto { tcp, udp } th sport 53 accept'
      else
        echo '    udp sport 68 udp dport 67 accept'
        echo '    udp sport 546 udp dport 547 accept'
        echo '    ip daddr @resolvers4 meta l4proto { tcp, udp } th dport 53 accept'
        echo '    ip6 daddr @resolvers6 meta l4proto { tcp, udp } th dport 53 accept'
      fi
      echo "    ${guard}goto cut_$side"
      ;;
    peers | both)
      # Prerouting also sees what containers send on, hence both addresses there.
      for address in 'ip daddr @peers4' 'ip6 daddr @peers6'; do echo "    $guard$address goto cut_$side"; done
      [[ $side == out ]] ||
        for address in 'ip saddr @peers4' 'ip6 saddr @peers6'; do echo "    $guard$address goto cut_$side"; done
      ;;& # the ports as well, where the scope is both
    ports | both)
      if [[ ${only-all} == zombies ]]; then
        print_zombie_rules "$side" "$guard"
        return
      fi
      if [[ $side == in ]]; then address=dport; else address=sport; fi
      echo "    ${guard}tcp $address { $port_list } goto cut_$side"
      ;;
  esac
}

# Answers of a container to a golden peer pass prerouting before their address is translated back. They are told from
# packets out of the network by the interface: the network's are the ones with a device behind them.
print_container_rules() {
  local from='fib daddr type != local'
  ((${#namespaces[@]} > 0)) || return 0
  [[ -z $uplinks ]] || from="iifname != { $uplinks } $from"
  echo "    $from ip daddr @golden4 accept"
  echo "    $from ip6 daddr @golden6 accept"
}

# Loads what was printed, and then what it answers to whom it cuts. Rules come into force at once, but the sets of the
# same transaction a moment later: a rule for golden channels finds nobody in its set then. In that moment everything is
# only dropped, which whoever is golden says again; a reset would end a connection for good. Prints what nft says.
load_table() {
  local chain standing
  standing=$(run nft list table inet "$table" 2>/dev/null)
  for chain in cut_in cut_out refuse; do
    # What stands must not refuse anybody either while its sets go.
    [[ $standing == *"chain $chain {"* ]] || continue
    run nft "flush chain inet $table $chain; add rule inet $table $chain counter drop" 2>&1 || return
  done
  run nft -f table.nft 2>&1 && run nft -f refusals.nft 2>&1
}

# Writes what follows the table: dials are refused, and so is whatever still comes in.
# What leaves is dropped, only a new dial is refused: a reject of anything else would reset our own socket before the
# kill does, and then nobody would send its peer a reset.
print_refusals() {
  echo "insert rule inet $table cut_in meta l4proto tcp counter reject with tcp reset"
  echo "insert rule inet $table cut_out tcp flags & (syn | ack) == syn counter reject with tcp reset"
}

# Writes the whole transaction: nft commits it at once or not at all, so a second run never opens a gap.
print_table() {
  local guard=''
  echo "add table inet $table"
  echo "delete table inet $table"
  echo "table inet $table {"
  if ((ttl > 0)); then
    # The kernel undoes the block by itself: the rules stay as they are, the one timer they ask for runs out.
    echo "  set timer { type nf_proto; flags timeout; elements = { ipv4 timeout ${ttl}s, ipv6 timeout ${ttl}s }; }"
    guard='meta nfproto @timer '
  fi
  print_set spare4 ipv4_addr "$spare4"
  print_set spare6 ipv6_addr "$spare6"
  print_set resolvers4 ipv4_addr "$resolvers4"
  print_set resolvers6 ipv6_addr "$resolvers6"
  print_set peers4 ipv4_addr "$peers4"
  print_set peers6 ipv6_addr "$peers6"
  print_set golden4 ipv4_addr "$golden4"
  print_set golden6 ipv6_addr "$golden6"
  print_golden_sets
  # Marks a table that blocks no more than the peers of zombies.
  [[ ${only-all} == all ]] || echo '  set zombies { type inet_service; }'
  cat <<NFT
  chain cut_in {
    counter drop
  }
  chain cut_out {
    counter drop
  }
  chain prerouting {
    type filter hook prerouting priority -310; policy accept;
    iif lo accept
    ip saddr @spare4 accept
    ip6 saddr @spare6 accept
$(print_golden_rules in)
$(print_container_rules)
$(print_cutting_rules in "$guard")
  }
  chain output {
    type filter hook output priority -310; policy accept;
    tcp flags & rst == rst accept
    oif lo accept
    ip daddr @spare4 accept
    ip6 daddr @spare6 accept
$(print_golden_rules out)
$(print_cutting_rules out "$guard")
  }
}
NFT
}
