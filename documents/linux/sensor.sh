#!/bin/bash
# Publishes clock offset, time zone, zombie connections and logins at night to CloudWatch, started every minute. What
# cannot be read is not published: missing is not fine. Settings come from the unit's EnvironmentFile; the credentials
# of the instance's role never stand on a command line, in a file or in the log.
set -uo pipefail
export LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077
metrics=() offset_seconds=0 known_until=''

# Names what went wrong; the journal keeps it.
say() { echo "connection-fuse-sensor: $*" >&2; }
add_metric() { metrics+=("$*"); }

# By a chronyd of our own beside the running one, as resync-clock does; where it may not write here, from its own
# directory. Published is the size of the offset, as an alarm knows no sign.
measure_offset() {
  local place said wrong='System clock wrong by (-?[0-9]+\.[0-9]+) seconds'
  for place in "$PWD" /var/lib/chrony; do
    said=$(timeout 8 chronyd -Q -t 5 "server $FUSE_TIME_SOURCE iburst maxsamples 1" 'bindcmdaddress /' 'cmdport 0' \
      'user root' "pidfile $place/connection-fuse-sensor.pid" 2>&1)
    [[ $said != *'Fatal error'* ]] && break
  done
  [[ $said =~ $wrong ]] || { say "cannot measure against $FUSE_TIME_SOURCE" && return; }
  offset_seconds=${BASH_REMATCH[1]%.*}
  add_metric ClockOffset Milliseconds "$(awk -v s="${BASH_REMATCH[1]#-}" 'BEGIN { printf "%.3f", s * 1000 }')"
}

# Minutes east of UTC.
read_time_zone() {
  local zone
  zone=$(date +%z)
  add_metric TimeZoneOffset None "$((${zone:0:1}1 * (10#${zone:1:2} * 60 + 10#${zone:3:2})))"
}

# Nothing heard of the peer for so long, neither data nor an acknowledgement, and two retransmissions or probes without
# an answer. A peer that only ever sends and fell silent looks idle; it counts where the settings say so.
count_zombies() {
  local filter="( sport = :${FUSE_PORTS// / or sport = :} )"
  if ! ss -tnHOoei state connected "$filter" >sockets.raw 2>ss.err || [[ -s ss.err ]]; then
    say 'cannot list sockets' && return
  fi
  awk -v silent="${FUSE_ZOMBIE_SECONDS}000" -v quiet="${FUSE_RECEIVE_ONLY_SECONDS}000" '
    function value(name) {
      return match($0, " " name ":[0-9]+") ? substr($0, RSTART + length(name) + 2, RLENGTH - length(name) - 2) + 0 : 0
    }
    {
      heard = value("lastrcv") < value("lastack") ? value("lastrcv") : value("lastack")
      tries = match($0, / timer:\((on|persist|keepalive),[^,)]*,[0-9]+/) ? substr($0, RSTART, RLENGTH) : 0
      sub(/.*,/, "", tries)
      if ((heard > silent && tries + 0 >= 2) || (quiet > 0 && heard > quiet)) print $4, $5, heard
    }' sockets.raw >zombies.new && mv zombies.new zombies && add_metric ZombieConnections Count "$(wc -l <zombies)"
}

# Lists logins by sshd since a moment as lines of time and address; in the journal only root can write in its name.
list_logins() {
  local accepted='^([0-9]+)\.[0-9]+ .*: Accepted [a-z/-]+ for .* from ([0-9a-f.:]+)(%[^ ]+)? port [0-9]+( .*)?$'
  journalctl -q --no-pager -o short-unix --since "@$1" -t sshd -t sshd-session _UID=0 >journal.raw 2>journal.err &&
    [[ ! -s journal.err ]] && sed -nE "s#$accepted#\1 \2#p" journal.raw
}

# Writes an address as 32 hex digits into REPLY; IPv4 as it stands inside IPv6, so that one comparison serves both.
to_hex() {
  local head tail groups=() group digits=''
  if [[ $1 == *.* ]]; then
    IFS=. read -ra groups <<<"${1##*:}"
    printf -v REPLY '%020dffff%02x%02x%02x%02x' 0 "${groups[@]}"
    return
  fi
  IFS=: read -ra head <<<"${1%%::*}"
  IFS=: read -ra tail <<<"$([[ $1 != *::* ]] || echo "${1#*::}")"
  while ((${#head[@]} + ${#tail[@]} < 8)); do head+=(0); done
  for group in "${head[@]}" "${tail[@]}"; do printf -v digits '%s%04x' "$digits" "0x${group:-0}"; done
  REPLY=$digits
}

is_home() {
  local cidr bits whole address
  to_hex "$1" && address=$REPLY
  for cidr in ${FUSE_HOME_CIDRS-}; do
    to_hex "${cidr%/*}"
    bits=128
    [[ $cidr != */* ]] || bits=${cidr#*/}
    [[ $cidr != *.*/* ]] || bits=$((bits + 96))
    whole=$((bits / 4))
    [[ ${address:0:whole} == "${REPLY:0:whole}" ]] || continue
    ((bits % 4 == 0 || (0x${address:whole:1} ^ 0x${REPLY:whole:1}) >> (4 - bits % 4) == 0)) && return
  done
  return 1
}

is_night() {
  local time from=${FUSE_NIGHT_HOURS%-*} until=${FUSE_NIGHT_HOURS#*-}
  time=$(date -d "@$1" +%H:%M)
  [[ $from < $until ]] || { [[ ! $time < $from || $time < $until ]] && return; }
  [[ ! $time < $from && $time < $until ]]
}

# Counts from where the last published reading ended until a moment ago, as the journal is a little behind.
count_night_logins() {
  local until since time address
  until=$(($(date +%s) - 5)) since=$(cat known-until 2>/dev/null)
  { [[ $since =~ ^[0-9]{1,11}$ ]] && ((since <= until && since > until - 86400)); } || since=$((until - 60))
  list_logins "$since" >logins.raw || { say 'cannot read logins' && return; }
  while read -r time address; do
    ((time > since && time <= until)) && is_night "$time" && ! is_home "$address" && echo "$time $address"
  done <logins.raw >night.new
  : >>night-logins
  sort -u night-logins night.new | tail -n 1000 >night-logins.new && mv night-logins.new night-logins
  known_until=$until
  add_metric NightLogins Count "$(wc -l <night.new)"
}

# Asks the instance's metadata service; what must not be seen goes in on stdin.
get_metadata() {
  printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" |
    curl -sf --noproxy '*' -m 5 -K - "${FUSE_METADATA:-http://169.254.169.254}/latest/meta-data/$1"
}

publish() {
  local token id region domain role name unit value member number=0 status signed_at='' keys=()
  local body='Action=PutMetricData&Version=2010-08-01&Namespace=ConnectionFuse%2FHost'
  token=$(curl -sf --noproxy '*' -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' \
    "${FUSE_METADATA:-http://169.254.169.254}/latest/api/token") &&
    id=$(get_metadata instance-id) && region=$(get_metadata placement/region) &&
    domain=$(get_metadata services/domain) && role=$(get_metadata iam/security-credentials/) &&
    role=$(get_metadata "iam/security-credentials/$role")
  for name in AccessKeyId SecretAccessKey Token; do
    [[ ${role-} =~ \"$name\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9+/=]+)\" ]] && keys+=("${BASH_REMATCH[1]}")
  done
  ((${#keys[@]} == 3)) || { say 'the metadata have no credentials of a role' && return 1; }
  while read -r name unit value; do
    member="&MetricData.member.$((++number))"
    body+="$member.MetricName=$name$member.Unit=$unit$member.Value=$value"
    body+="$member.Dimensions.member.1.Name=InstanceId$member.Dimensions.member.1.Value=$id"
  done < <(printf '%s\n' "${metrics[@]}")
  # A signature is good for five minutes around the true time, and a clock that is worse must be heard of too. Else the
  # header is left to curl, which sends it twice before version 8.
  ((offset_seconds > -240 && offset_seconds < 240)) ||
    signed_at=$(date -u -d "@$(($(date +%s) + offset_seconds))" +%Y%m%dT%H%M%SZ)
  status=$(printf '%s = "%s"\n' aws-sigv4 "aws:amz:$region:monitoring" user "${keys[0]}:${keys[1]}" \
    header "X-Amz-Security-Token: ${keys[2]}" ${signed_at:+header "X-Amz-Date: $signed_at"} data "$body" \
    url "${FUSE_ENDPOINT:-https://monitoring.$region.$domain}/" | curl -s -m 10 -o /dev/null -w '%{http_code}' -K -)
  [[ $status == 200 ]] || { say "CloudWatch answers $status" && return 1; }
}

cd "${STATE_DIRECTORY:-/var/lib/connection-fuse/host_sensor}" || exit 73
measure_offset; read_time_zone; count_zombies; count_night_logins; publish || exit 70
[[ -z $known_until ]] || echo "$known_until" >known-until
printf '%s\n' "${metrics[@]}" >published
