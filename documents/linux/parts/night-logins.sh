#!/bin/bash
# Takes the peers of a cut from what the sensor of this host noted: logins at night from elsewhere, a line of Unix time
# and address each. The signal tells how many there were and no more.
# shellcheck disable=SC2034,SC2154 # read and set by the parts around this one
# What one verdict has room for; all of them stand in `night-peers`.
readonly most_named_peers=16
peers_from='' since_seconds=0 night_peers=() spared_cidrs=() odd_login=''

# Reads where the peers come from, and who of them is at home. Loopback and link-local never cross the block.
read_peers_source() {
  local wanted=${SSM_peersFrom-} seconds=${SSM_sinceSeconds-900} item
  [[ $wanted =~ ^(night-logins)?$ ]] ||
    fail 64 "Parameter peersFrom must be empty or night-logins, received '${wanted:0:80}'"
  is_number "$seconds" 1 86400 || fail 64 "Parameter sinceSeconds must be 1 to 86400, received '${seconds:0:80}'"
  split_list homeCidrs "${SSM_homeCidrs-}" 2048
  for item in "${items[@]}"; do is_cidr "$item" || fail 64 "Parameter homeCidrs holds no CIDR: '$item'"; done
  spared_cidrs=(127.0.0.0/8 169.254.0.0/16 fe80::/10 "${items[@]}")
  [[ -n $wanted ]] || return 0
  [[ $scope == peers ]] || fail 64 "Parameter peersFrom is '$wanted', but scope is '$scope': wanted peers"
  [[ -z ${SSM_peers-} ]] || fail 64 "Parameter peers is given, but peersFrom is '$wanted': wanted one of them"
  peers_from=$wanted since_seconds=$seconds
}

# Writes an address as 32 hex digits into REPLY, IPv4 as it stands inside IPv6; the sensor compares the same way.
to_hex() {
  local head tail groups=() group digits=''
  if [[ $1 == *.* ]]; then
    IFS=. read -ra groups <<<"$1"
    printf -v REPLY '%020dffff%02x%02x%02x%02x' 0 "${groups[@]}"
    return
  fi
  IFS=: read -ra head <<<"${1%%::*}"
  IFS=: read -ra tail <<<"$([[ $1 != *::* ]] || echo "${1#*::}")"
  while ((${#head[@]} + ${#tail[@]} < 8)); do head+=(0); done
  for group in "${head[@]}" "${tail[@]}"; do printf -v digits '%s%04x' "$digits" "0x${group:-0}"; done
  REPLY=$digits
}

# Says whether an address lies in one of the CIDRs after it.
lies_in() {
  local address cidr bits whole
  to_hex "$1" && address=$REPLY
  for cidr in "${@:2}"; do
    # Every IPv6 address is no IPv4 one, though their digits would fit.
    [[ $cidr$1 != *:* || $cidr == *:* && $1 == *:* ]] || continue
    to_hex "${cidr%/*}"
    bits=128
    [[ $cidr != */* ]] || bits=${cidr#*/}
    [[ $cidr != *.*/* ]] || bits=$((bits + 96))
    whole=$((bits / 4))
    [[ ${address:0:whole} == "${REPLY:0:whole}" ]] || continue
    ((bits % 4 == 0 || (0x${address:whole:1} ^ 0x${REPLY:whole:1}) >> (4 - bits % 4) == 0)) && return 0
  done
  return 1
}

# Prints the addresses of the logins that are fresh, each once. A time to come is no login: the clock was set back.
list_fresh_logins() {
  local time address now
  now=$(date +%s)
  while read -r time address _; do
    [[ $time =~ ^[1-9][0-9]{0,10}$ ]] || continue
    ((time > now - since_seconds && time <= now + 60)) || continue
    [[ $address != ::ffff:*.* ]] || address=${address#::ffff:}
    echo "$address"
  done < <(tail -n 1000 "$1") | sort -u
}

# Fills `night_peers`, and hands them over as the parameter they stand for. Those this incident blocks already stay among
# them: a later run finds their logins too old and must not let them back in.
find_night_peers() {
  local logins=${state_dir%/*}/host_sensor/night-logins address item at_home=0
  [[ -f $logins && ! -L $logins && -r $logins ]] || fail 66 "No sensor notes logins on this host: '$logins' is not there"
  for item in ${SSM_golden-} ${SSM_agent-}; do
    item=${item#*@}
    spared_cidrs+=("${item%@*}")
  done
  timer_expired=true
  if table_exists; then
    read_table
    table_digest=''
  fi
  [[ $timer_expired == false && -f night-peers ]] || : >night-peers
  list_fresh_logins "$logins" >fresh-peers || fail 70 "Cannot read '$logins'"
  while read -r address; do
    if ! is_cidr "$address" || [[ $address == */* ]]; then
      odd_login=${odd_login:-$address}
    elif lies_in "$address" "${spared_cidrs[@]}"; then
      at_home=$((at_home + 1))
    else
      night_peers+=("$address")
    fi
  done < <(sort -u fresh-peers night-peers)
  ((${#night_peers[@]} > 0)) ||
    fail 66 "Nobody to cut: '$logins' has no login from elsewhere within $since_seconds s, but $at_home of home or golden peers $odd_login"
  printf '%s\n' "${night_peers[@]}" >night-peers || fail 73 "Cannot write to '$state_dir'"
  SSM_peers=${night_peers[*]}
}

# Prints the peers for the verdict; their grammar knows nothing that JSON would quote.
print_night_peers() {
  local text
  [[ -n $peers_from ]] || return 0
  printf -v text '"%s",' "${night_peers[@]:0:most_named_peers}"
  ((${#night_peers[@]} > 0)) || text=''
  printf '"peers":[%s],"peersFound":%d,' "${text%,}" ${#night_peers[@]}
}
