#!/bin/bash
# Parameters of a cut, turned into the two languages of the host at once: nft rules and ss terms. One reading of each
# value feeds both, so that what the block accepts and what the kill spares cannot differ.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
spare_terms=() golden_terms=() golden_cidr_terms=() targets=() golden_keys=()
# Golden CIDRs by direction, family and port: one nft set each, because one rule each would outgrow a netlink message.
declare -A golden_cidrs=()
golden4='' golden6='' resolvers4='' resolvers6='' peers4='' peers6='' port_list=''
spare4=169.254.0.0/16 spare6='fe80::/10, fd00:ec2::/32'

# Writes a CIDR as a term of ss into REPLY. There a /0 means every family, so it is spelled out.
to_ss_term() {
  case $1 in
    0.0.0.0/0) REPLY='( dst 0.0.0.0/1 or dst 128.0.0.0/1 )' ;;
    ::/0) REPLY='( dst [2000::/3] or dst [fc00::/7] or dst [64:ff9b::/96] )' ;;
    *:*) REPLY="dst [$1]" ;;
    *) REPLY="dst $1" ;;
  esac
}

# Joins terms with `or` inside brackets, into REPLY. ss binds `or` and `and` unlike other languages: always bracket.
join_terms() {
  local term
  REPLY="( $1"
  for term in "${@:2}"; do REPLY+=" or $term"; done
  REPLY+=' )'
}

# Adds one golden channel to both halves, the nft sets and the ss terms, from one reading of its text.
add_golden() {
  local direction=$1 cidr=$2 port=$3 family=ip key
  if [[ $cidr == *:* ]]; then family=ip6 golden6+="${golden6:+, }$cidr"; else golden4+="${golden4:+, }$cidr"; fi
  to_ss_term "$cidr"
  golden_cidr_terms+=("$REPLY")
  if [[ $port == any ]]; then
    add_spare "$cidr"
    golden_terms+=("$REPLY")
    return
  fi
  key="$direction $family $port"
  [[ -n ${golden_cidrs[$key]-} ]] || golden_keys+=("$key")
  golden_cidrs[$key]+="${golden_cidrs[$key]:+, }$cidr"
  # ss knows sport as our side.
  if [[ $direction == in ]]; then REPLY="( $REPLY and sport = :$port )"; else REPLY="( $REPLY and dport = :$port )"; fi
  spare_terms+=("$REPLY")
  golden_terms+=("$REPLY")
}

# Accepts every packet to and from a CIDR, and spares its sockets.
add_spare() {
  if [[ $1 == *:* ]]; then spare6+=", $1"; else spare4+=", $1"; fi
  to_ss_term "$1"
  spare_terms+=("$REPLY")
}

# Reads what must live on: the agent's path and the golden channels.
read_spared() {
  local item channel
  split_list agent "${SSM_agent-}" 2048
  for item in "${items[@]}"; do
    is_cidr "$item" || fail 64 "Parameter agent holds no CIDR: '$item'"
    add_spare "$item"
  done
  split_list golden "${SSM_golden-}" 8192
  for item in "${items[@]}"; do
    [[ $item =~ ^(in|out)@([^@]+)@(any|[1-9][0-9]{0,4})$ ]] || fail 64 "Parameter golden holds no channel: '$item'"
    channel=("${BASH_REMATCH[@]:1}")
    is_cidr "${channel[1]}" || fail 64 "Parameter golden holds no CIDR: '$item'"
    [[ ${channel[2]} == any ]] || is_number "${channel[2]}" 1 65535 || fail 64 "Parameter golden holds no port: '$item'"
    add_golden "${channel[@]}"
  done
}

# Reads the nameservers this host asks. Security groups never filter them either: without names the agent finds no way
# back to be told of the release, and golden channels that are dialled by name end.
read_resolvers() {
  local file word address
  for file in /etc/resolv.conf /run/systemd/resolve/resolv.conf; do
    [[ -r $file ]] || continue
    while read -r word address _; do
      [[ $word == nameserver && $address != 127.* ]] || continue
      is_cidr "$address" || continue
      if [[ $address == *:* ]]; then resolvers6+="${resolvers6:+, }$address"; else resolvers4+="${resolvers4:+, }$address"; fi
    done <"$file"
  done
}

# Reads what to cut. A list that does not belong to the scope is a misunderstanding, not a detail.
read_targets() {
  local item terms=()
  split_list peers "${SSM_peers-}" 8192
  [[ $scope =~ ^(peers|both)$ ]] || ((${#items[@]} == 0)) || fail 64 "Parameter peers is given, but scope is '$scope'"
  for item in "${items[@]}"; do
    is_cidr "$item" || fail 64 "Parameter peers holds no CIDR: '$item'"
    if [[ $item == *:* ]]; then peers6+="${peers6:+, }$item"; else peers4+="${peers4:+, }$item"; fi
    to_ss_term "$item"
    terms+=("$REPLY")
  done
  split_list ports "${SSM_ports-}" 600
  [[ $scope =~ ^(ports|both)$ ]] || ((${#items[@]} == 0)) || fail 64 "Parameter ports is given, but scope is '$scope'"
  for item in "${items[@]}"; do
    is_number "$item" 1 65535 || fail 64 "Parameter ports holds no port: '$item'"
    port_list+="${port_list:+, }$item"
    terms+=("sport = :$item")
  done
  # An empty filter is every socket of the host to ss.
  [[ $scope == server ]] || ((${#terms[@]} > 0)) || fail 64 "Scope '$scope' needs at least one of $scope"
  targets=("${terms[@]}")
}
