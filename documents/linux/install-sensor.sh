#!/bin/bash
# Installs the sensor of this host: files -> timer -> one run to see that it publishes. Installing the same again
# changes nothing; another version or other settings replace what is there.
# shellcheck disable=SC2317 # the clock of the prelude gives way to a steady one
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/steady-time.sh
source parts/steady-time.sh
# shellcheck source=parts/sensor-files.sh
source parts/sensor-files.sh
readonly document=install-sensor

state='' former_digest='' first_run=not-run published=()

print_verdict() {
  printf '{"ok":%s,"document":"%s","incident":"%s","state":"%s","sensorDigest":"%s","formerDigest":"%s",' \
    "$1" "$document" "$incident" "$state" "$digest" "$former_digest"
  printf '"timer":"%s","firstRun":"%s",%s,"error":"%s"}\n' \
    "$timer_state" "$first_run" "$(print_list metrics 600 "${published[@]}")" "$error"
}

read_parameters() {
  read_common_parameters
  local item hours=${SSM_nightHours-} zombie=${SSM_zombieSeconds-} quiet=${SSM_receiveOnlySeconds-}
  read_source source "${SSM_source-}"
  split_list homeCidrs "${SSM_homeCidrs-}" 2048
  for item in "${items[@]}"; do is_cidr "$item" || fail 64 "Parameter homeCidrs holds no CIDR: '$item'"; done
  split_list ports "${SSM_ports-}" 600
  for item in "${items[@]}"; do
    is_number "$item" 1 65535 || fail 64 "Parameter ports holds no port: '$item'"
  done
  ((${#items[@]} > 0)) || fail 64 'Parameter ports names nothing'
  [[ $hours =~ ^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$ && ${hours%-*} != "${hours#*-}" ]] ||
    fail 64 "Parameter nightHours must be two times as 22:00-05:00, received '${hours:0:80}'"
  is_number "$zombie" 1 9999 || fail 64 "Parameter zombieSeconds must be 1 to 9999, received '${zombie:0:80}'"
  is_number "$quiet" 0 604800 || fail 64 "Parameter receiveOnlySeconds must be 0 to 604800, received '${quiet:0:80}'"
  read_endpoint "${SSM_endpoint-}"
}

# A session token goes there: nowhere but to AWS, or to this host itself.
read_endpoint() {
  local aws='https://([a-z0-9-]{1,63}\.){1,8}(amazonaws\.com|amazonaws\.com\.cn|api\.aws)'
  [[ $1 =~ ^($aws|http://127\.0\.0\.1:[1-9][0-9]{0,4})?$ ]] ||
    fail 64 "Parameter endpoint must be empty or one of AWS, received '${1:0:80}'"
}

print_sensor() {
  cat <<'SENSOR'
#!/bin/bash
source sensor.sh
SENSOR
}

print_settings() {
  cat <<SETTINGS
FUSE_TIME_SOURCE="$SSM_source"
FUSE_HOME_CIDRS="${SSM_homeCidrs-}"
FUSE_NIGHT_HOURS="$SSM_nightHours"
FUSE_PORTS="$SSM_ports"
FUSE_ZOMBIE_SECONDS="$SSM_zombieSeconds"
FUSE_RECEIVE_ONLY_SECONDS="$SSM_receiveOnlySeconds"
FUSE_ENDPOINT="${SSM_endpoint-}"
SETTINGS
}

# Root, but with hardly anything that makes it one: what it reads belongs to root, and it writes in one place. Into
# chrony's own directory it must where chronyd is confined to it.
print_service() {
  cat <<SERVICE
[Unit]
Description=Host sensor of connection-fuse

[Service]
Type=oneshot
EnvironmentFile=${sensor_files[1]}
ExecStart=/bin/bash ${sensor_files[0]}
StateDirectory=connection-fuse/$sensor_dir
StateDirectoryMode=0700
TimeoutStartSec=50
CapabilityBoundingSet=CAP_DAC_OVERRIDE
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=-/var/lib/chrony
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
SERVICE
}

# Counted from the last run, not by the calendar: the clock may be stepped.
print_timer() {
  cat <<TIMER
[Unit]
Description=Starts the host sensor of connection-fuse every minute

[Timer]
OnBootSec=60
OnUnitActiveSec=60
AccuracySec=1s

[Install]
WantedBy=timers.target
TIMER
}

# Keeps the files that are there before they are replaced; a second run keeps those of the first.
keep_former() {
  local file
  [[ ! -e sensor-before.txt ]] || return 0
  for file in "${sensor_files[@]}"; do
    [[ ! -e $file ]] || cp "$file" "before-${file##*/}" || fail 73 "Cannot keep '$file' in '$state_dir'"
  done
  echo "$former_digest" >sensor-before.tmp || fail 73 "Cannot write to '$state_dir'"
  mv sensor-before.tmp sensor-before.txt || fail 73 "Cannot write to '$state_dir'"
}

# Writes one file so that nobody ever reads half of it.
put_file() {
  umask 022
  mkdir -p "${1%/*}" && cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1"
}

put_files() {
  print_sensor | put_file "${sensor_files[0]}" 755 || fail 73 "Cannot write '${sensor_files[0]}'"
  print_settings | put_file "${sensor_files[1]}" 600 || fail 73 "Cannot write '${sensor_files[1]}'"
  print_service | put_file "${sensor_files[2]}" 644 || fail 73 "Cannot write '${sensor_files[2]}'"
  print_timer | put_file "${sensor_files[3]}" 644 || fail 73 "Cannot write '${sensor_files[3]}'"
}

# Notes what was installed, for the removal.
note_installed() {
  read_sums
  mkdir -p "../$sensor_dir" || fail 73 "Cannot write '$sensor_dir'"
  printf %s "$REPLY" >"../$sensor_dir/installed.sums" || fail 73 "Cannot write '$sensor_dir'"
  digest_sums "$REPLY"
  digest=$REPLY
}

start_timer() {
  local said
  said=$(run systemctl daemon-reload 2>&1) && said=$(run systemctl enable --now "$timer" 2>&1)
  read_timer
  [[ $timer_state == active && $(run systemctl is-enabled "$timer" 2>/dev/null) == enabled ]] ||
    fail 70 "The timer does not run: $said"
}

# Lets the sensor run once: that the host can publish is known when it has.
run_once() {
  local name
  rm -f "../$sensor_dir/published"
  first_run=failed
  run systemctl start "$service" >/dev/null 2>&1 ||
    fail 1 "The sensor does not publish: $(run journalctl -q -u "$service" -n 1 -o cat 2>/dev/null)"
  while read -r name _; do published+=("\"${name//[^A-Za-z]/}\""); done <"../$sensor_dir/published"
  ((${#published[@]} > 0)) || fail 1 'The sensor ran and says nothing of what it published'
  first_run=published
}

read_parameters
require_tools systemctl journalctl curl ss awk sed sort date timeout flock sha256sum cp mv mkdir chmod cat
[[ $(run curl --help all 2>/dev/null) == *--aws-sigv4* ]] || fail 69 'curl is older than 7.75: it cannot sign'
open_state_dir
read_sums
digest_sums "$REPLY"
before_digest=$REPLY former_digest=$REPLY
[[ ! -s sensor-before.txt ]] || read -r former_digest <sensor-before.txt
read_timer
keep_former
put_files
note_installed
state=installed
[[ -z $before_digest ]] || state=replaced
[[ $before_digest != "$digest" || $timer_state != active ]] || state=already-installed
start_timer
run_once
check_deadline 'letting the sensor run once'
tell_verdict true
