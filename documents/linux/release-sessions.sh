#!/bin/bash
# Lets the logins go that one incident held. Ended sessions stay ended: what comes back is the freedom to log in.
# shellcheck source-path=SCRIPTDIR
# shellcheck source=parts/prelude.sh
source parts/prelude.sh
# shellcheck source=parts/lists.sh
source parts/lists.sh
# shellcheck source=parts/database-clients.sh
source parts/database-clients.sh
# shellcheck source=parts/sessions-postgresql.sh
source parts/sessions-postgresql.sh
# shellcheck source=parts/sessions-mysql.sh
source parts/sessions-mysql.sh
# shellcheck source=parts/logins.sh
source parts/logins.sh
readonly document=release-sessions

engine='' undone=() already_undone=() drifted=() left=()

print_verdict() {
  read_clock
  printf '{"ok":%s,"document":"%s","incident":"%s","engine":"%s",%s,%s,%s,' \
    "$1" "$document" "$incident" "$engine" "$(print_names undone 400 "${undone[@]}")" \
    "$(print_names alreadyUndone 400 "${already_undone[@]}")" "$(print_names drifted 400 "${drifted[@]}")"
  printf '"totalMs":%d,"error":"%s"}\n' $((REPLY - started_at_ms)) "$error"
}

read_parameters() {
  read_common_parameters
  local wanted=${SSM_engine-} given=${SSM_logins-} item
  [[ $wanted =~ ^(postgresql|mariadb|mysql)$ ]] ||
    fail 64 "Parameter engine must be postgresql, mariadb or mysql, received '${wanted:0:80}'"
  engine=$wanted
  ((${#given} <= 1024)) || fail 64 "Parameter logins has ${#given} characters, at most 1024 are wanted"
  [[ $given != *[!A-Za-z0-9@.:%_/\ -]* && $given != ' '* && $given != *' ' && $given != *'  '* ]] ||
    fail 64 "Parameter logins is not a list separated by single blanks: '${given:0:80}'"
  IFS=' ' read -ra given_tokens <<<"$given"
  for item in "${given_tokens[@]}"; do
    [[ $item =~ $login_token ]] || fail 64 "Parameter logins holds no LOGIN@FORMER: '$item'"
  done
}

# The audit's word comes first; without it, what the hold itself noted on this host is the only other witness.
find_tokens() {
  read_note "logins-$engine"
  ((${#given_tokens[@]} == 0)) || { tokens=("${given_tokens[@]}") && return; }
  ((${#tokens[@]} > 0)) || read_note "released-$engine"
  ((${#tokens[@]} > 0)) || fail 65 'No logins are given, and this host has no note of any'
}

# Says whether another incident on this host holds a login too.
is_held_elsewhere() {
  local note token
  for note in ../*/"logins-$engine"; do
    [[ -r $note && ! $note -ef logins-$engine ]] || continue
    while read -r token; do [[ ${token%@*} != "$1" ]] || return 0; done <"$note"
  done
  return 1
}

# Compares what a login was before, what we set and what it is now, and lets it go where it still is ours. The answer is
# in REPLY; `changed` has to be read back.
release_login() {
  local login=$1 former=$2 now=${now_values[$1]-}
  REPLY=drifted
  if [[ $now == "$former" ]]; then
    REPLY=already-undone
  elif [[ $now == "$held" ]] && ! is_held_elsewhere "$login"; then
    "set_login_$engine" "$login" "$held" "$former"
    REPLY=changed
  fi
}

release_logins() {
  local token names=() put_back=()
  for token in "${tokens[@]}"; do names+=("${token%%@*}"); done
  read_login_values "${names[@]}" || { read_complaint && fail 65 "Cannot read logins: $REPLY"; }
  for token in "${tokens[@]}"; do
    release_login "${token%@*}" "${token##*@}"
    case $REPLY in
      changed) put_back+=("$token") ;;
      already-undone) already_undone+=("$token") ;;
      drifted) drifted+=("$token") ;;
    esac
  done
  ((${#put_back[@]} > 0)) || return 0
  # The exit code is not the proof; the second look is.
  read_login_values "${names[@]}" || { read_complaint && fail 70 "Cannot read logins back: $REPLY"; }
  for token in "${put_back[@]}"; do
    if [[ ${now_values[${token%@*}]-} == "${token##*@}" ]]; then undone+=("$token"); else left+=("$token"); fi
  done
}

# What is done leaves the note, so that no other incident waits for it; it is kept aside for a second run to compare.
update_notes() {
  local token done_tokens=("${undone[@]}" "${already_undone[@]}") kept=()
  read_note "logins-$engine"
  for token in "${tokens[@]}"; do
    [[ " ${done_tokens[*]} " == *" $token "* ]] || kept+=("$token")
  done
  write_note "logins-$engine" "${kept[@]}"
  write_note "released-$engine" "${done_tokens[@]}"
}

given_tokens=()
read_parameters
case $engine in
  postgresql) require_tools psql setpriv timeout flock ;;
  *) require_tools timeout flock ;;
esac
open_state_dir
find_tokens
check_deadline 'comparing logins'
release_logins
update_notes
((${#left[@]} == 0)) || fail 70 "Cannot release ${#left[@]} logins, the first is '${left[0]}'"
((${#drifted[@]} == 0)) || fail 3 "${#drifted[@]} logins are not as they were set, or held by another incident too: left as they are"
check_deadline 'releasing logins'
tell_verdict true
