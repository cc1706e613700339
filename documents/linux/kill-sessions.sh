#!/bin/bash
# Ends sessions inside a database: list -> hold logins -> kill -> list again. A cut of the connection alone leaves the
# running statement alive, and it commits. What was ended cannot be put back; logins that were held can.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/session-targets.sh
source parts/session-targets.sh
# shellcheck source=parts/database-clients.sh
source parts/database-clients.sh
# shellcheck source=parts/rds-connection.sh
source parts/rds-connection.sh
# shellcheck source=parts/sessions-postgresql.sh
source parts/sessions-postgresql.sh
# shellcheck source=parts/sessions-mysql.sh
source parts/sessions-mysql.sh
# shellcheck source=parts/sessions-oracle.sh
source parts/sessions-oracle.sh
# shellcheck source=parts/sessions-sqlserver.sh
source parts/sessions-sqlserver.sh
# shellcheck source=parts/logins.sh
source parts/logins.sh
readonly document=kill-sessions
readonly most_rounds=3

matched=0 killed=0 survivors=0 spared=0 rolled_back=null list_file='' list_digest='' logins_held=() logins_left=()

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","engine":"%s","mode":"%s","matched":%d,"killed":%d,"survivors":%d,' \
    "$1" "$document" "$incident" "$engine" "$mode" "$matched" "$killed" "$survivors"
  printf '"spared":%d,"rolledBack":%s,%s,%s,"listFile":"%s","listDigest":"%s",' \
    "$spared" "$rolled_back" "$(print_names loginsHeld 1000 "${logins_held[@]}")" \
    "$(print_names loginsLeft 300 "${logins_left[@]}")" "$list_file" "$list_digest"
  printf '"totalMs":%d,"error":"%s"}\n' $((REPLY - started_at_ms)) "$error"
}

require_engine_tools() {
  local tools=(awk timeout flock sha256sum paste)
  case $engine in
    postgresql) tools+=(psql setpriv) ;;
    mariadb | mysql) [[ -x $(type -P mariadb) ]] || tools+=(mysql) ;;
    oracle) tools+=(setpriv) ;;
  esac
  require_tools "${tools[@]}"
  case $engine:$connection in
    *:rds:*) find_rds ;;
    oracle:*) find_oracle_home ;;
    sqlserver:*) find_sqlcmd ;;
  esac
}

start_list() {
  list_file=$state_dir/sessions-$started_at_ms.tsv
  printf '%s\t' choice reason identity user application address port sessionStart transactionStart state >"$list_file"
  echo queryId >>"$list_file"
  : >signalled
}

# Lists into `rows`, adds what was not seen before to the list file, and leaves in `wanted` whom to kill next: the list
# is on the disk before the kill that follows from it.
list_sessions() {
  if ! "list_$engine" >rows; then
    read_complaint
    REPLY="Cannot list sessions: $REPLY"
    return 1
  fi
  : >wanted
  REPLY='Cannot read the list of sessions'
  run awk -F'\t' -v list="$list_file" '
    part == 1 { seen[$1 FS $3]; next }
    NF != 11 || $1 !~ /^(matched|spared)$/ || $3 !~ /^[0-9]+-[0-9a-f:T.-]+$/ { strange = 1; exit }
    $2 == "own" { next }
    !(($1 FS $3) in seen) { seen[$1 FS $3]; print >>list }
    $1 == "matched" { print $3 >"wanted" }
    END { exit strange }' part=1 "$list_file" part=2 rows
}

# Leaves in `alive` which of these identities are still there.
find_alive() {
  : >alive
  [[ -s $1 ]] || return 0
  "find_alive_$engine" "$1" >alive && return 0
  read_complaint
  REPLY="Cannot look for ended sessions: $REPLY"
  return 1
}

# Time is kept back for the last look and the verdict.
has_time() {
  read_clock
  ((deadline_at_ms - REPLY > SSM_deadlineSeconds * 200 + 300))
}

# Looks again until none of the ended sessions is left or the time is nearly over: a rollback may take long.
await_end() {
  while find_alive wanted; do
    [[ -s alive ]] || return 0
    has_time || return 0
    sleep 0.05
  done
  return 1
}

# Fills `chosen` with the users whose logins are to be held. One that golden or other spared sessions work with stays
# open: its holder could not come back.
choose_logins() {
  local choice name
  chosen=()
  while IFS=$'\t' read -r choice name; do
    if [[ ! $name =~ ^[A-Za-z0-9._-]{1,64}$ ]]; then
      error='A login with a name beyond A-Z a-z 0-9 . _ - cannot be held'
    elif [[ $choice == spared ]]; then
      logins_left+=("$name")
    else
      chosen+=("$name")
    fi
  done < <(awk -F'\t' -v users="${users[*]}" -v spare="${spare[*]}" '
    BEGIN {
      split(users, list, " ")
      for (at in list) matched[list[at]]
      split(spare, list, " ")
      for (at in list) never[list[at]]
    }
    $1 == "spared" { spared[$4] }
    $1 == "matched" { matched[$4] }
    END { for (name in matched) print (name in spared || name in never ? "spared" : "matched") "\t" name }' rows | sort)
}

hold_logins() {
  choose_logins
  hold_logins_of "${chosen[@]}" && return 0
  read_complaint
  error="Cannot hold logins: $REPLY"
}

# Repeats for sessions that were opened meanwhile.
kill_sessions() {
  local round
  for ((round = 1; round <= most_rounds; round++)); do
    [[ -s wanted ]] && has_time || return 0
    if ! "kill_$engine" wanted >>signalled; then
      read_complaint
      error="Killing failed: $REPLY"
    fi
    if ! await_end || ! list_sessions; then
      error=$REPLY
      return 0
    fi
  done
}

# Counts from what was seen: listed, found again right before the kill, and still there at the last look. Past the
# deadline too: what became of the sessions must be told.
count_sessions() {
  local counts
  awk -F'\t' '$1 == "matched" { print $3 }' "$list_file" >targets
  if ! find_alive targets; then
    error=${error:-$REPLY}
    # What could not be looked for is not gone.
    cp targets alive
  fi
  cat wanted >>alive
  counts=$(awk -F'\t' '
    part == 1 { alive[$1]; next }
    part == 2 { if (!($1 in alive)) { killed[$1]; if ($2 ~ /^[0-9]+$/) print $2 >"transactions" } next }
    $1 == "matched" { matched++; if ($3 in alive) survivors++ }
    $1 == "spared" { spared++ }
    END { for (id in killed) count++; print matched + 0, spared + 0, count + 0, survivors + 0 }
    ' part=1 alive part=2 signalled part=3 "$list_file") || fail 70 'Cannot count the sessions'
  read -r matched spared killed survivors <<<"$counts"
  list_digest=$(sha256sum "$list_file") || fail 70 "Cannot digest '$list_file'"
  list_digest=${list_digest%% *}
}

# Asks the server what became of the write transactions; only PostgreSQL knows afterwards.
count_rolled_back() {
  [[ $engine == postgresql ]] || return 0
  if [[ ! -s transactions ]]; then
    rolled_back=0
  elif REPLY=$(count_rolled_back_postgresql transactions) && [[ $REPLY =~ ^[0-9]+$ ]]; then
    rolled_back=$REPLY
  fi
}

read_common_parameters
read_session_parameters
require_engine_tools
open_state_dir
start_list
list_sessions || fail 65 "$REPLY"
check_deadline 'listing sessions'
if [[ $mode == kill ]]; then
  [[ $hold_logins == no ]] || hold_logins
  kill_sessions
fi
: >transactions
count_sessions
[[ $mode == list ]] || count_rolled_back
[[ -z $error ]] || fail 70 "$error"
[[ $mode == list ]] || ((survivors == 0)) || fail 1 "$survivors sessions are still there"
check_deadline 'ending sessions'
tell_verdict true
